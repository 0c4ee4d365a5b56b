"""Somebody who looks after a child for a while in another's stead, and questions about an offer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Helper
from backend.vault.ids import PublicIdField
from matching.models.offers import Offer
from matching.models.pairings import Pairing


class StandIn(models.Model):
    """
    From the first day to the last, both counted. While it runs, `Pairing.stand_in` names the same helper: access,
    duties and feed are theirs. It takes no place of their limit. What rested when it began rests again afterwards:
    `rested_at` says since when, with the reason and the day it was to be taken up.
    """

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("还没开始")
        RUNNING = "RUNNING", _("正在替")
        OVER = "OVER", _("已结束")
        CANCELLED = "CANCELLED", _("已取消")

    public_id = PublicIdField()
    pairing = models.ForeignKey(Pairing, on_delete=models.CASCADE, related_name="stand_ins")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, related_name="stand_ins")
    from_date = models.DateField()
    until_date = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.PLANNED)
    rested_at = models.DateTimeField(null=True)
    rested_until = models.DateField(null=True)
    rest_reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(from_date__lte=F("until_date")), name="stand_in_days"),
            models.UniqueConstraint(fields=["pairing"], condition=Q(state="RUNNING"), name="stand_in_one_at_a_time"),
        ]
        indexes = [models.Index(fields=["state", "from_date"], name="stand_in_by_state")]


class OfferQuestion(models.Model):
    """What somebody who was asked wants to know before answering, and what a coordinator says to it."""

    public_id = PublicIdField()
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="questions")
    text = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["offer"], condition=Q(answered_at=None), name="offer_one_open_question"
            ),
        ]  # fmt: skip
