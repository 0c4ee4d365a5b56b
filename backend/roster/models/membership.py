"""Which user belongs where, in which role, until when, and what two administrators are about to grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Role
from backend.roster.models.periods import AtMostDays
from backend.roster.models.places import Area, Organisation
from backend.vault.ids import PublicIdField

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_DAYS = 366


class CheckingBody(models.TextChoices):
    """The bodies in whose name people of the county check an application; a grant says for which one, if any."""

    ASSOCIATION = "ASSOCIATION", _("志愿者协会")
    BUREAU = "BUREAU", _("教育局")


_ONLY_THE_COUNTY = Q(body="") | Q(role=Role.COUNTY_COORDINATOR)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Questions about grants."""

    def held_at(self, now: datetime) -> MembershipQuerySet:
        """Grants that are valid at one moment."""
        return self.filter(starts_at__lte=now, expires_at__gt=now, revoked_at=None)

    def standing_at(self, now: datetime) -> MembershipQuerySet:
        """Grants that are valid or still to begin."""
        return self.filter(expires_at__gt=now, revoked_at=None)


class Membership(models.Model):
    """
    A user's role over an area or an organisation. The grant itself is the approval that the law asks for:
    who gave it, who confirmed it, why, and when it ends (twelve months at most).
    """

    public_id = PublicIdField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=24, choices=Role)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    body = models.CharField(_("代表单位"), max_length=12, choices=CheckingBody, blank=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    revoke_reason = models.CharField(max_length=200, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("starts_at")), name="membership_ends_later"),
            models.CheckConstraint(condition=Q(area=None) | Q(organisation=None), name="membership_one_place"),
            models.CheckConstraint(condition=_ONLY_THE_COUNTY, name="membership_body_of_county"),
            models.CheckConstraint(
                condition=AtMostDays("starts_at", "expires_at", days=LONGEST_DAYS), name="membership_twelve_months"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("granted_by")), name="membership_second_person"
            ),
        ]
        indexes = [models.Index(fields=["user", "expires_at"], name="membership_user")]


class GrantProposal(models.Model):
    """A role one administrator wants to grant; it becomes a membership once another says yes."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("等第二个人")
        CONFIRMED = "CONFIRMED", _("已授予")
        REFUSED = "REFUSED", _("没有同意")

    public_id = PublicIdField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grant_proposals")
    role = models.CharField(max_length=24, choices=Role)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    body = models.CharField(_("代表单位"), max_length=12, choices=CheckingBody, blank=True)
    reason = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer_reason = models.CharField(max_length=200, blank=True)
    membership = models.OneToOneField(
        Membership, on_delete=models.SET_NULL, null=True, related_name="proposal", help_text="what it became"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("starts_at")), name="grant_proposal_ends_later"),
            models.CheckConstraint(condition=Q(area=None) | Q(organisation=None), name="grant_proposal_one_place"),
            models.CheckConstraint(condition=_ONLY_THE_COUNTY, name="grant_proposal_body_of_county"),
            models.CheckConstraint(
                condition=AtMostDays("starts_at", "expires_at", days=LONGEST_DAYS), name="grant_proposal_twelve_months"
            ),
            # Saying no to one's own proposal takes it back; saying yes needs somebody else.
            models.CheckConstraint(
                condition=~Q(state="CONFIRMED") | ~Q(answered_by=F("proposed_by")), name="grant_proposal_second_person"
            ),
            models.UniqueConstraint(
                F("user"),
                F("role"),
                Coalesce("area", 0),
                Coalesce("organisation", 0),
                condition=Q(state="PROPOSED"),
                name="grant_proposal_once",
            ),
        ]
        indexes = [models.Index(fields=["state", "proposed_at"], name="grant_proposal_state")]
