"""Accepted offers, and how much each helper carries."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Child, Helper
from backend.vault.ids import PublicIdField
from matching.models.offers import Offer
from matching.models.schemes import Scheme, Slot

OPEN_STATES = ("ACTIVE", "SUSPENDED")


class Pairing(models.Model):
    """A helper who looks after a child, in one place of one scheme; `leader`: the teacher who leads a classmate."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("结对中")
        SUSPENDED = "SUSPENDED", _("暂停")
        ENDED = "ENDED", _("已结束")

    public_id = PublicIdField()
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="pairings")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="pairings")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, related_name="pairings")
    leader = models.ForeignKey(Helper, on_delete=models.PROTECT, null=True, blank=True, related_name="led_pairings")
    stand_in = models.ForeignKey(
        Helper, on_delete=models.PROTECT, null=True, blank=True, related_name="stood_in_for", help_text="for a while"
    )
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="pairing")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    suspended_until = models.DateField(null=True, help_text="the first day on which it is taken up again by itself")
    suspend_reason = models.CharField(max_length=200, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)
    took_over_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="handed_to"
    )  # fmt: skip
    handover_note = models.CharField(max_length=300, blank=True, help_text="for whoever took over, no medical history")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(state__in=OPEN_STATES), name="pairing_one_holder_per_slot"
            ),
            models.UniqueConstraint(
                fields=["child", "helper"], condition=Q(state__in=OPEN_STATES), name="pairing_once_per_child_and_helper"
            ),
        ]
        indexes = [
            models.Index(fields=["helper", "state"], name="pairing_by_helper"),
            models.Index(fields=["suspended_until"], name="pairing_resting", condition=Q(state="SUSPENDED")),
        ]

    @property
    def answering(self) -> Helper:
        """Who visits and sees the child at present: the stand-in, the teacher who leads a classmate, or the helper."""
        return self.stand_in or self.held_by

    @property
    def held_by(self) -> Helper:
        """For whom the place is kept, whoever stands in: the teacher who leads a classmate, or the helper."""
        return self.leader or self.helper

    @property
    def answering_id(self) -> int:
        return self.stand_in_id or self.leader_id or self.helper_id


class HelperLoad(models.Model):
    """
    What one helper holds, in total (`scheme` null) or within one scheme.

    A place is claimed by a conditional update of this row: `active < limit` when accepting,
    `active + offered < limit` when offering. The limit stands in the row itself, so that the database compares
    the row it has locked with nothing older.
    """

    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="loads")
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, null=True, related_name="loads")
    active = models.PositiveIntegerField(default=0)
    offered = models.PositiveIntegerField(default=0)
    limit = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["helper", "scheme"], name="load_once_per_scheme"),
            models.UniqueConstraint(fields=["helper"], condition=Q(scheme=None), name="load_one_total"),
        ]
