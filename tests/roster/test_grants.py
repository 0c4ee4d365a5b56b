"""Two administrators grant, one takes back: who may not, what the database itself refuses, and what takes effect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from backend.accounts.models import Role, User
from backend.audit.models import AuditEntry
from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.access import children_visible_to, reader_for
from backend.roster.models import GrantProposal, Membership
from backend.roster.models.membership import CheckingBody
from backend.roster.services import grants, memberships
from backend.roster.services.grants import confirm_grant, propose_grant, refuse_grant, revoke_membership
from tests.factories.roster import (
    NOW,
    a_child,
    a_county,
    a_member,
    a_school,
    a_township,
    a_user,
    a_village,
    timedelta,
)

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


class Admins:
    def __init__(self):
        self.first, self.second = a_member(Role.ADMIN), a_member(Role.ADMIN)

    def who(self, user, now=NOW):
        return {"actor": user, "reader": reader_for(user, now), "now": now}

    def propose(self, **options):
        facts = {"user": a_user(), "role": Role.COUNTY_COORDINATOR, "area": a_county(), "reason": "县里的任命"}
        return propose_grant(**facts | {"expires_at": NOW + YEAR, **self.who(self.first)} | options)


@pytest.fixture
def admins():
    return Admins()


def test_what_one_proposes_holds_once_another_confirms(admins):
    proposal = admins.propose()
    assert reader_for(proposal.user, NOW).role is None

    row = confirm_grant(proposal=proposal, **admins.who(admins.second))

    assert reader_for(proposal.user, NOW).role == Role.COUNTY_COORDINATOR
    assert (row.granted_by, row.confirmed_by, row.reason) == (admins.first, admins.second, "县里的任命")
    assert (proposal.state, proposal.membership) == ("CONFIRMED", row)
    proposal.user.refresh_from_db()
    assert proposal.user.needs_second_factor
    notes = list(AuditEntry.objects.order_by("pk").values_list("verb", "actor_id"))
    assert notes == [
        ("membership.proposed", admins.first.public_id),
        ("membership.granted", admins.second.public_id),
    ]


def test_whoever_proposed_does_not_confirm(admins):
    proposal = admins.propose()
    with pytest.raises(grants.SecondAdministratorNeeded):
        confirm_grant(proposal=proposal, **admins.who(admins.first))
    assert not proposal.user.memberships.exists()


def test_nobody_proposes_or_confirms_what_they_would_receive(admins):
    with pytest.raises(memberships.GrantToOneself):
        admins.propose(user=admins.first)
    proposal = admins.propose(user=admins.second, role=Role.AUDITOR, area=None)
    with pytest.raises(memberships.GrantToOneself):
        confirm_grant(proposal=proposal, **admins.who(admins.second))
    proposal.refresh_from_db()
    assert proposal.state == "PROPOSED"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN and role in memberships.PLACES])
def test_only_administrators_grant(admins, role):
    place = {
        Role.SCHOOL_COORDINATOR: lambda: {"organisation": a_school()},
        Role.AUDITOR: dict,
        Role.VILLAGE_DIRECTOR: lambda: {"area": a_village()},
    }.get(role, lambda: {"area": a_county()})()
    other, proposal = a_member(role, **place), admins.propose()
    row = confirm_grant(proposal=admins.propose(), **admins.who(admins.second))
    for act in (
        lambda who: admins.propose(**who),
        lambda who: confirm_grant(proposal=proposal, **who),
        lambda who: refuse_grant(proposal=proposal, reason="不要", **who),
        lambda who: revoke_membership(membership=row, reason="不要", **who),
    ):
        with pytest.raises(NotAllowed):
            act(admins.who(other))


def test_a_refused_proposal_grants_nothing_and_is_not_confirmed_later(admins):
    proposal = admins.propose()
    refuse_grant(proposal=proposal, reason="人已调走", **admins.who(admins.second))
    assert (proposal.state, proposal.answered_by, proposal.answer_reason) == ("REFUSED", admins.second, "人已调走")
    with pytest.raises(grants.GrantAnswered):
        confirm_grant(proposal=proposal, **admins.who(admins.second))
    assert not proposal.user.memberships.exists()


def test_whoever_proposed_takes_it_back_with_a_reason(admins):
    proposal = admins.propose()
    with pytest.raises(memberships.GrantNeedsReason):
        refuse_grant(proposal=proposal, reason=" ", **admins.who(admins.first))
    refuse_grant(proposal=proposal, reason="写错了人", **admins.who(admins.first))
    assert admins.propose(user=proposal.user).pk  # and it can be proposed anew


def test_the_same_is_proposed_once(admins):
    user = a_user()
    admins.propose(user=user, role=Role.AUDITOR, area=None)
    with pytest.raises(grants.GrantProposed):
        admins.propose(user=user, role=Role.AUDITOR, area=None, **admins.who(admins.second))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"expires_at": NOW + timedelta(days=367)}, memberships.GrantTooLong),
        ({"expires_at": NOW}, memberships.GrantOver),
        ({"area": None}, memberships.GrantWrongPlace),
        ({"reason": " "}, memberships.GrantNeedsReason),
        ({"role": Role.TEACHER}, memberships.GrantWrongPlace),
    ],
)
def test_what_could_not_be_granted_is_not_proposed(admins, options, error):
    with pytest.raises(error):
        admins.propose(**options)
    assert not GrantProposal.objects.exists()


def test_a_closed_account_is_offered_nothing(admins):
    with pytest.raises(memberships.AccountClosed):
        admins.propose(user=a_user(is_active=False))


def test_a_proposal_that_waited_begins_with_its_yes(admins):
    proposal = admins.propose()
    later = NOW + timedelta(days=3)
    assert confirm_grant(proposal=proposal, **admins.who(admins.second, later)).starts_at == later


def test_a_renewal_begins_when_the_grant_before_it_ends(admins):
    user = a_user()
    first = confirm_grant(proposal=admins.propose(user=user), **admins.who(admins.second))
    again = admins.propose(user=user, expires_at=first.expires_at + YEAR)
    row = confirm_grant(proposal=again, **admins.who(admins.second))

    assert (row.starts_at, row.expires_at) == (first.expires_at, first.expires_at + YEAR)
    assert reader_for(user, first.expires_at + timedelta(days=1)).role == Role.COUNTY_COORDINATOR


def test_a_revoked_grant_opens_nothing_from_then_on(admins):
    child = a_child()
    row = confirm_grant(proposal=admins.propose(), **admins.who(admins.second))
    assert children_visible_to(reader_for(row.user, NOW)).get() == child

    revoke_membership(membership=row, reason="已经调走", **admins.who(admins.first))

    assert reader_for(row.user, NOW).role is None
    assert not children_visible_to(reader_for(row.user, NOW)).exists()
    assert (row.revoked_by, row.revoke_reason) == (admins.first, "已经调走")
    assert AuditEntry.objects.get(verb="membership.revoked").reason == "已经调走"
    with pytest.raises(grants.GrantOverAlready):
        revoke_membership(membership=row, reason="再一次", **admins.who(admins.first))
    assert confirm_grant(proposal=admins.propose(user=row.user), **admins.who(admins.second)).pk  # not in the way


def test_revoking_needs_a_reason(admins):
    row = Membership.objects.get(user=admins.second)
    with pytest.raises(memberships.GrantNeedsReason):
        revoke_membership(membership=row, reason="", **admins.who(admins.first))


def test_the_last_administrator_stays(admins):
    revoke_membership(membership=Membership.objects.get(user=admins.second), reason="退休", **admins.who(admins.first))
    with pytest.raises(grants.LastAdministrator):
        revoke_membership(
            membership=Membership.objects.get(user=admins.first), reason="退休", **admins.who(admins.first)
        )


@pytest.mark.parametrize("model", [Membership, GrantProposal])
@pytest.mark.parametrize(
    ("length", "is_fine"),
    [(timedelta(days=366), True), (timedelta(days=366, seconds=2), False), (timedelta(days=400), False)],
)
def test_the_database_itself_knows_twelve_months(model, length, is_fine):
    columns = {"user": a_user(), "role": Role.AUDITOR, "starts_at": NOW, "expires_at": NOW + length, "reason": "测试"}
    if model is GrantProposal:
        columns |= {"proposed_by": a_user(), "proposed_at": NOW}
    if is_fine:
        assert model.objects.create(**columns).pk
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**columns)
    row = model.objects.create(**columns | {"expires_at": NOW + timedelta(days=30)})
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(expires_at=NOW + length)


def test_the_database_itself_knows_the_second_person(admins):
    proposal = admins.propose()
    with pytest.raises(IntegrityError), transaction.atomic():
        GrantProposal.objects.filter(pk=proposal.pk).update(state="CONFIRMED", answered_by=admins.first)
    row = confirm_grant(proposal=proposal, **admins.who(admins.second))
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(pk=row.pk).update(confirmed_by=admins.first)


def _at_once(*calls):
    gate = Barrier(len(calls))

    def worker(call):
        gate.wait()
        try:
            call()
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(worker, calls))


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_two_who_confirm_at_once_grant_once():
    admins, third = Admins(), a_member(Role.ADMIN)
    proposal = admins.propose()
    answers = _at_once(
        lambda: confirm_grant(proposal=proposal, **admins.who(admins.second)),
        lambda: confirm_grant(proposal=GrantProposal.objects.get(), **admins.who(third)),
    )
    assert answers == ["done", "grant.answered"]
    assert proposal.user.memberships.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_two_administrators_who_revoke_each_other_leave_one():
    admins = Admins()
    rows = {user: Membership.objects.get(user=user) for user in (admins.first, admins.second)}
    who = {user: admins.who(user) for user in rows}
    answers = _at_once(
        lambda: revoke_membership(membership=rows[admins.second], reason="不和", **who[admins.first]),
        lambda: revoke_membership(membership=rows[admins.first], reason="不和", **who[admins.second]),
    )
    assert answers == ["done", "grant.last_administrator"]
    assert Membership.objects.held_at(NOW).filter(role=Role.ADMIN).count() == 1


def test_the_last_role_that_asks_for_two_factors_takes_the_duty_with_it(admins):
    row = confirm_grant(proposal=admins.propose(), **admins.who(admins.second))
    assert User.objects.get(pk=row.user_id).needs_second_factor

    revoke_membership(membership=row, reason="已经调走", **admins.who(admins.first))

    assert not User.objects.get(pk=row.user_id).needs_second_factor
    assert AuditEntry.objects.get(verb="membership.revoked").after == {"needs_second_factor": False}


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_a_grant_made_while_another_is_revoked_keeps_the_duty_of_two_factors():
    admins, third = Admins(), a_member(Role.ADMIN)
    old = confirm_grant(proposal=admins.propose(), **admins.who(admins.second))
    wish = admins.propose(user=old.user, role=Role.TOWNSHIP_COORDINATOR, area=a_township())
    answers = _at_once(
        lambda: revoke_membership(membership=old, reason="已经调走", **admins.who(third)),
        lambda: confirm_grant(proposal=wish, **admins.who(admins.second)),
    )
    assert answers == ["done", "done"]
    assert User.objects.get(pk=old.user_id).needs_second_factor


def test_another_body_takes_the_place_of_the_one_before(admins):
    """Whoever holds a role may be given a body's word, or lose it, without being revoked first."""
    user = a_user()
    plain = confirm_grant(proposal=admins.propose(user=user), **admins.who(admins.second))
    for body in (CheckingBody.BUREAU, CheckingBody.ASSOCIATION, ""):
        row = confirm_grant(proposal=admins.propose(user=user, body=body), **admins.who(admins.second))
        (standing,) = Membership.objects.standing_at(NOW).filter(user=user)
        assert (standing.pk, standing.body, standing.starts_at) == (row.pk, body, NOW)
    plain.refresh_from_db()
    assert (plain.revoked_at, plain.revoked_by) == (NOW, admins.second)
    revoked = AuditEntry.objects.filter(verb="membership.revoked").order_by("pk")
    assert [entry.before["body"] for entry in revoked] == ["", "BUREAU", "ASSOCIATION"]


def test_the_same_body_again_begins_when_the_first_ends(admins):
    first = confirm_grant(proposal=admins.propose(body=CheckingBody.BUREAU), **admins.who(admins.second))
    again = admins.propose(user=first.user, body=CheckingBody.BUREAU, expires_at=NOW + 2 * YEAR)
    second = confirm_grant(proposal=again, **admins.who(admins.second))
    assert second.starts_at == first.expires_at
    first.refresh_from_db()
    assert first.revoked_at is None
