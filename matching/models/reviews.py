"""What townships and schools say about a draft before the county publishes it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Area, Organisation
from backend.vault.ids import PublicIdField
from matching.models.proposals import Proposal, ProposedPair


class Review(models.Model):
    """A coordinator of a township or a school has looked through its part of a draft."""

    public_id = PublicIdField()
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="reviews")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "area"], condition=Q(organisation=None), name="review_once_per_area"
            ),
            models.UniqueConstraint(
                fields=["proposal", "organisation"], condition=Q(area=None), name="review_once_per_school"
            ),
            models.CheckConstraint(
                condition=Q(area=None, organisation__isnull=False) | Q(area__isnull=False, organisation=None),
                name="review_of_one_part",
            ),
        ]


class Objection(models.Model):
    """Somebody who knows the two says that a proposed pair should not be; the county decides."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("等县里定")
        OVERRULED = "OVERRULED", _("仍然请")
        UPHELD = "UPHELD", _("不配这一对")
        TAKEN_BACK = "TAKEN_BACK", _("已收回")

    public_id = PublicIdField()
    pair = models.ForeignKey(ProposedPair, on_delete=models.CASCADE, related_name="objections")
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pair"], condition=Q(state="OPEN"), name="objection_one_open_per_pair")
        ]
