"""A published proposal, put to one helper for one place."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Child, Helper
from backend.vault.ids import PublicIdField
from matching.models.proposals import Proposal
from matching.models.schemes import Slot


class Offer(models.Model):
    """
    Answered once: accepted, declined, lapsed at its deadline, or withdrawn by a coordinator.

    `leader`: where the helper is a classmate, the teacher who is asked in their stead and answers for both children.
    """

    class State(models.TextChoices):
        SENT = "SENT", _("待答复")
        ACCEPTED = "ACCEPTED", _("已接受")
        DECLINED = "DECLINED", _("已谢绝")
        LAPSED = "LAPSED", _("已失效")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    class DeclineReason(models.TextChoices):
        KIN = "KIN", _("孩子是我的亲属")
        TOO_FAR = "TOO_FAR", _("离得太远")
        TOO_MANY = "TOO_MANY", _("手上太多了")
        HEALTH = "HEALTH", _("身体原因")
        UNFIT = "UNFIT", _("这两个孩子不合适")
        OTHER = "OTHER", _("其他")

    # Why an offer was taken back (in `note`): somebody looks after the child on this place by now.
    FILLED = "slot.filled"

    public_id = PublicIdField()
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="offers")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="offers")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, related_name="offers")
    leader = models.ForeignKey(Helper, on_delete=models.PROTECT, null=True, blank=True, related_name="led_offers")
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="offers")
    state = models.CharField(max_length=10, choices=State, default=State.SENT)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decline_reason = models.CharField(max_length=10, choices=DeclineReason, blank=True)
    note = models.CharField(max_length=200, blank=True)
    reasons = models.JSONField(default=list, help_text="[[code, points]] copied from the proposed pair")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slot"], condition=Q(state="SENT"), name="offer_one_open_per_slot"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("sent_at")), name="offer_deadline_after_sending"),
        ]
        indexes = [
            models.Index(fields=["helper", "state"], name="offer_by_helper"),
            models.Index(fields=["proposal", "state"], name="offer_by_proposal"),
            models.Index(fields=["expires_at"], name="offer_due", condition=Q(state="SENT")),
        ]

    @property
    def asked(self) -> Helper:
        """Who is asked and told: the helper, or the teacher who leads a classmate."""
        return self.leader or self.helper

    @property
    def asked_id(self) -> int:
        return self.leader_id or self.helper_id
