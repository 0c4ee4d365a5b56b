"""What hands changed in a draft, so that it can be undone."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from backend.vault.ids import PublicIdField
from matching.models.proposals import ProposedPair


class PairEdit(models.Model):
    """
    One change of one place by hand. Undone while the place is still as the change left it.

    `batch`: changes made together, such as the two of a swap, share one and are undone together. `before`: the columns
    the place had. `version`: the place's version after the change. `reason`: why, in the words of who made it.
    """

    public_id = PublicIdField()
    batch = models.CharField(max_length=16)
    pair = models.ForeignKey(ProposedPair, on_delete=models.CASCADE, related_name="edits")
    verb = models.CharField(max_length=24)
    before = models.JSONField()
    version = models.PositiveIntegerField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["batch"], name="pair_edit_by_batch")]
        constraints = [models.UniqueConstraint(fields=["pair", "version"], name="pair_edit_once_per_version")]
