"""Granting a role: where, until when, by whom."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.models import Membership
from backend.roster.services import memberships
from backend.roster.services.memberships import grant_membership
from tests.factories.roster import (
    NOW,
    a_county,
    a_school,
    a_township,
    a_user,
    a_village,
    timedelta,
)

pytestmark = pytest.mark.django_db


def grant(role, **options):
    facts = {"user": a_user(), "granted_by": a_user(), "reason": "县里的任命", "now": NOW}
    facts |= {"starts_at": NOW, "expires_at": NOW + timedelta(days=365)}
    return grant_membership(role=role, **facts | options)


def test_a_grant_says_who_gave_it_and_is_noted():
    giver = a_user()
    row = grant(Role.COUNTY_COORDINATOR, area=a_county(), granted_by=giver)
    assert (row.granted_by, row.reason, row.area) == (giver, "县里的任命", a_county())
    entry = AuditEntry.objects.get(verb="membership.granted")
    assert (entry.actor_id, entry.subject_id, entry.reason) == (giver.public_id, row.public_id, "县里的任命")
    assert entry.after["role"] == "COUNTY_COORDINATOR"


@pytest.mark.parametrize(("role", "asks"), [(Role.AUDITOR, True), (Role.VILLAGE_DIRECTOR, False)])
def test_a_role_that_needs_a_second_factor_says_so_on_the_account(role, asks):
    row = grant(role, area=a_village() if role == Role.VILLAGE_DIRECTOR else None)
    row.user.refresh_from_db()
    assert row.user.needs_second_factor is asks


def test_a_second_factor_once_needed_stays_needed():
    user = a_user(needs_second_factor=True)
    grant(Role.VILLAGE_DIRECTOR, user=user, area=a_village())
    user.refresh_from_db()
    assert user.needs_second_factor


@pytest.mark.parametrize(("days", "is_fine"), [(366, True), (367, False), (0, False), (-1, False)])
def test_a_grant_ends_within_twelve_months(days, is_fine):
    wanted = {"area": a_county(), "expires_at": NOW + timedelta(days=days)}
    if is_fine:
        assert grant(Role.COUNTY_COORDINATOR, **wanted).pk
        return
    with pytest.raises(memberships.GrantTooLong if days > 0 else memberships.GrantOver):
        grant(Role.COUNTY_COORDINATOR, **wanted)
    assert not Membership.objects.exists()


def test_a_grant_that_is_over_already_is_refused():
    with pytest.raises(memberships.GrantOver):
        grant(Role.AUDITOR, starts_at=NOW - timedelta(days=9), expires_at=NOW - timedelta(days=1))


PLACES = {
    "county": lambda: {"area": a_county()},
    "township": lambda: {"area": a_township()},
    "village": lambda: {"area": a_village()},
    "school": lambda: {"organisation": a_school()},
    "nowhere": dict,
    "both": lambda: {"area": a_county(), "organisation": a_school()},
}
FITS = {
    Role.ADMIN: {"nowhere"},
    Role.AUDITOR: {"nowhere"},
    Role.COUNTY_COORDINATOR: {"county"},
    Role.TOWNSHIP_COORDINATOR: {"township"},
    Role.SCHOOL_COORDINATOR: {"school"},
    Role.VILLAGE_DIRECTOR: {"village"},
    Role.API_CLIENT: {"county", "township", "village"},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("place", PLACES)
def test_each_role_belongs_to_its_kind_of_place(role, place):
    if place in FITS.get(role, set()):
        assert grant(role, **PLACES[place]()).role == role
        return
    with pytest.raises(memberships.GrantWrongPlace):
        grant(role, **PLACES[place]())


def test_nobody_grants_themselves():
    user = a_user()
    with pytest.raises(memberships.GrantToOneself):
        grant(Role.AUDITOR, user=user, granted_by=user)


def test_a_grant_has_a_reason():
    with pytest.raises(memberships.GrantNeedsReason):
        grant(Role.AUDITOR, reason="  ")


def test_a_closed_account_gets_nothing():
    with pytest.raises(memberships.AccountClosed):
        grant(Role.AUDITOR, user=a_user(is_active=False))


def test_the_same_grant_twice_at_once_is_refused_and_its_renewal_is_not():
    user = a_user()
    grant(Role.AUDITOR, user=user)
    with pytest.raises(memberships.GrantStands):
        grant(Role.AUDITOR, user=user)
    later = NOW + timedelta(days=365)
    assert grant(Role.AUDITOR, user=user, starts_at=later, expires_at=later + timedelta(days=365)).pk
