"""Which user belongs where, in which role, until when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.accounts.models import Role
from backend.roster.models.places import Area, Organisation
from backend.vault.ids import PublicIdField


class Membership(models.Model):
    """
    A user's role over an area or an organisation. The grant itself is the approval that the law asks for:
    who gave it, why, and when it ends (twelve months at most).
    """

    public_id = PublicIdField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=24, choices=Role)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("starts_at")), name="membership_ends_later"),
            models.CheckConstraint(condition=Q(area=None) | Q(organisation=None), name="membership_one_place"),
        ]
        indexes = [models.Index(fields=["user", "expires_at"], name="membership_user")]
