"""Apply, check together, assign: by different people, once, and nobody is matched without it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.accounts.models import Role
from backend.kernel.errors import InvalidMove, NotAllowed
from backend.outbox.models import OutboxEvent
from backend.roster.access import reader_for
from backend.roster.models import Area, Membership
from matching.handlers import on_application_moved
from matching.models import Application, Offer, ProposedPair, Scheme
from matching.selectors import applications_visible_to
from matching.services.applications import (
    AppliedAlready,
    CheckedAlready,
    NothingToApplyFor,
    NotTheirBody,
    OwnApplication,
    apply_for,
    check_application,
    withdraw_application,
)
from matching.services.offers import ChildNotFree, accept_offer
from matching.services.pairings import end_pairing
from matching.services.proposals import plan_publication
from matching.translation import target_children
from tests.factories.matching import a_proposal, a_scheme, a_slot
from tests.factories.roster import (
    NOW,
    a_checker,
    a_child,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_township,
    a_village,
)
from tests.matching.test_publishing import LATER, publish
from tests.matching.test_races import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheme():
    a_scheme()
    return Scheme.objects.select_related("term", "county").get(key="daily-guardian")


def reader_of(user):
    return reader_for(user, NOW)


def director(village=None):
    return a_member(Role.VILLAGE_DIRECTOR, area=village or a_village())


def single(**columns):
    return a_child(categories=["单亲家庭"], **columns)


def applied(scheme, child=None, user=None):
    user = user or director()
    return apply_for(
        child=child or single(), scheme=scheme, reason="单亲，奶奶病重", actor=user, reader=reader_of(user), now=NOW
    )


def check(application, body, user=None, *, is_fine=True):
    user = user or a_checker(body)
    return check_application(
        application=application,
        body=body,
        is_fine=is_fine,
        note="上门看过",
        actor=user,
        reader=reader_of(user),
        now=NOW,
    )


def checked(scheme, child=None):
    one = applied(scheme, child)
    check(one, "ASSOCIATION")
    return check(one, "BUREAU")


def test_the_yes_of_both_bodies_by_two_people_passes(scheme):
    one = applied(scheme)

    assert check(one, "ASSOCIATION").state == "APPLIED"
    assert check(one, "BUREAU").state == "CHECKED"
    events = OutboxEvent.objects.filter(name="application.moved").order_by("pk")
    assert [event.payload["state"] for event in events] == ["APPLIED", "CHECKED"]


def test_one_no_refuses_and_the_child_may_be_applied_for_again(scheme):
    one = applied(scheme)

    assert check(one, "BUREAU", is_fine=False).state == "REFUSED"
    with pytest.raises(InvalidMove):
        check(one, "ASSOCIATION")
    applied(scheme, one.child)


def test_nobody_checks_twice_or_what_they_applied_for_and_no_body_speaks_twice(scheme):
    user = a_checker("ASSOCIATION")
    one = applied(scheme)
    check(one, "ASSOCIATION", user)

    Membership.objects.filter(user=user).update(body="BUREAU")
    with pytest.raises(CheckedAlready):
        check(one, "BUREAU", user)
    with pytest.raises(CheckedAlready):
        check(one, "ASSOCIATION")
    Application.objects.filter(pk=one.pk).update(applied_by=user)
    with pytest.raises(OwnApplication):
        check(Application.objects.get(pk=one.pk), "BUREAU", user)
    assert one.checks.count() == 1


def test_one_open_application_per_child_and_only_where_one_is_asked_for(scheme):
    one = applied(scheme)

    with pytest.raises(AppliedAlready):
        applied(scheme, one.child)
    with pytest.raises(NothingToApplyFor):
        applied(a_scheme(), single())
    with pytest.raises(NothingToApplyFor):
        applied(scheme, single(state="MOVED"))


def test_villages_and_townships_apply_and_the_county_checks(scheme):
    county, village = a_coordinator(), director()

    with pytest.raises(NotAllowed):
        applied(scheme, user=county)
    one = applied(scheme, user=a_coordinator(a_township()))
    for body, user in (("ASSOCIATION", county), ("ASSOCIATION", a_checker("BUREAU"))):
        with pytest.raises(NotTheirBody):
            check(one, body, user)
    for body in ("ASSOCIATION", "BUREAU"):
        with pytest.raises(NotAllowed):
            check(one, body, village)


def test_who_speaks_for_a_body_in_one_county_does_not_in_another(scheme):
    user = a_coordinator()
    Membership.objects.create(
        user=user, role=Role.COUNTY_COORDINATOR, area=Area.objects.create(code="529902", name="邻县", kind="COUNTY"),
        body="BUREAU", reason="测试", starts_at=NOW - timedelta(days=1), expires_at=NOW + timedelta(days=9),
    )  # fmt: skip
    with pytest.raises(NotTheirBody):
        check(applied(scheme), "BUREAU", user)


def test_a_director_sees_the_applications_of_the_own_village_only(scheme):
    one = applied(scheme)
    elsewhere = a_village(number=202, name="别的村")

    assert list(applications_visible_to(reader_of(director()))) == [one]
    for user in (director(elsewhere), a_coordinator(a_township(number=102, name="别的镇")), a_helper().user):
        assert not applications_visible_to(reader_of(user)).exists()


def test_a_run_solves_only_children_whose_application_is_checked(scheme):
    ready, waiting, none, without = single(), single(), single(), single(has_consent=False)
    checked(scheme, ready)
    applied(scheme, waiting)
    checked(scheme, without)

    assert target_children(scheme, a_county(), NOW.date()) == (
        [ready.pk],
        [(waiting.pk, "NOT_APPLIED"), (none.pk, "NOT_APPLIED"), (without.pk, "NO_CONSENT")],
    )


def offered(scheme):
    child = single()
    one = checked(scheme, child)
    helper = a_helper(role=Role.VOLUNTEER)
    draft = a_proposal(scheme)
    slot = a_slot(child, kind="guardian", scheme=scheme)
    ProposedPair.objects.create(proposal=draft, slot=slot, child=child, helper=helper, fit=500)
    return one, draft


def test_a_yes_assigns_and_an_end_puts_the_child_back(scheme):
    one, draft = offered(scheme)
    publish(draft)
    pairing = accept_offer(offer=Offer.objects.get(), actor=None, now=LATER)
    one.refresh_from_db()
    assert one.state == "ASSIGNED"
    with pytest.raises(InvalidMove):
        user = director()
        withdraw_application(application=one, actor=user, reader=reader_of(user), now=LATER)

    end_pairing(pairing=pairing, reason="搬走了", actor=None, now=LATER)

    one.refresh_from_db()
    assert one.state == "CHECKED"


def test_nobody_is_asked_or_accepts_for_an_application_taken_back(scheme):
    one, draft = offered(scheme)
    publish(draft)
    user = director()
    withdraw_application(application=one, actor=user, reader=reader_of(user), now=LATER)

    with pytest.raises(ChildNotFree):
        accept_offer(offer=Offer.objects.get(), actor=None, now=LATER)
    Offer.objects.all().delete()
    plan = plan_publication(proposal=draft, reader=reader_of(a_coordinator()), now=LATER + timedelta(hours=1))
    assert [code for _pair, code in plan.broken] == ["not_applied"]


def test_an_open_offer_is_taken_back_with_its_application(scheme):
    one, draft = offered(scheme)
    publish(draft)
    on_application_moved(event_id=1, payload={"application_id": one.pk, "state": "CHECKED"}, now=LATER)
    assert Offer.objects.get().state == "SENT"
    user = director()
    withdraw_application(application=one, actor=user, reader=reader_of(user), now=LATER)

    event = OutboxEvent.objects.filter(name="application.moved").latest("pk")
    on_application_moved(event_id=event.pk, payload=event.payload, now=LATER)

    assert Offer.objects.get().state == "WITHDRAWN"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_checks_at_once_leave_one_of_each_body(scheme):
    one = applied(scheme)
    users = [(a_checker(body), body) for body in ("ASSOCIATION", "BUREAU") * 20]

    answers = all_at_once(lambda job: check(one, job[1], job[0]).state, users)

    assert sorted(one.checks.values_list("body", flat=True)) == ["ASSOCIATION", "BUREAU"]
    assert Application.objects.get().state == "CHECKED"
    assert answers.count("CHECKED") >= 1


def test_a_withdrawal_heard_late_takes_no_offer_of_a_newer_application(scheme):
    one, draft = offered(scheme)
    user = director()
    withdraw_application(application=one, actor=user, reader=reader_of(user), now=LATER)
    checked(scheme, one.child)
    publish(draft)

    on_application_moved(event_id=1, payload={"application_id": one.pk, "state": "WITHDRAWN"}, now=LATER)

    assert Offer.objects.get().state == "SENT"
