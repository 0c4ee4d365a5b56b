"""A guardian who withdraws the consent to visits at home: nobody comes any more, and everybody knows why."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from activities.models import Duty
from activities.services.duties import VisitsTakenBack, mark_duty_done, set_duty_time
from activities.services.visit_consents import stop_unwanted_visits
from backend.accounts.models import Role
from backend.outbox.services import publish
from backend.outbox.sweeper import sweep
from backend.roster.access import reader_in_role
from backend.roster.events import ConsentWithdrawn
from backend.roster.models import CareLink, Consent
from backend.roster.services.children import record_consent, withdraw_consent
from matching.models import Pairing
from matching.services.pairings import resume_pairing, suspend_pairing
from matching.services.stand_ins import plan_stand_in
from notifications.feeds import render_feed
from notifications.models import Feed, Message
from notifications.texts import facts_of
from tests.factories.matching import a_pairing
from tests.factories.roster import NOW, TODAY, a_child, a_coordinator, a_guardian, a_helper, a_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + DAY
START, END = (datetime(2026, 11, 30, hour, tzinfo=UTC) for hour in (6, 7))


@pytest.fixture
def duty():
    """A visit with a time, of a child whose guardian signed for visits and has an account."""
    child = a_child("冉欣怡")
    a_guardian(child, user=a_user())
    agree(child)
    a_pairing(child)
    sweep(now=NOW)
    return set_duty_time(duty=Duty.objects.get(), start_at=START, end_at=END, actor=None, now=NOW)


def agree(child, purpose="VISITS"):
    record_consent(child=child, purpose=purpose, text_version="2026", given_by="冉奶奶", given_date=TODAY, actor=None)
    return Consent.objects.get(child=child, purpose=purpose, withdrawn_at=None)


def withdraw(child, *, purpose="VISITS", at=LATER):
    consent = Consent.objects.get(child=child, purpose=purpose, withdrawn_at=None)
    withdraw_consent(consent=consent, actor=None, now=at)
    sweep(now=at)


def in_calendar(pairing):
    feed = Feed(kind="MINE", helper=pairing.helper)
    body = render_feed(feed, reader_in_role(pairing.helper.user, Role.TEACHER, NOW), today=TODAY)
    events = Calendar.from_ical(body).walk("VEVENT")
    return [(str(one["STATUS"]), one["SEQUENCE"], one.decoded("LAST-MODIFIED")) for one in events]


def told():
    found = Message.objects.filter(kind__contains="VISITS_").values_list("kind", "helper", "guardian")
    return {(kind, bool(helper), bool(guardian)) for kind, helper, guardian in found}


def test_what_is_planned_is_off_in_the_calendar_and_both_are_told(duty):
    assert in_calendar(duty.pairing) == [("CONFIRMED", 1, NOW)]
    withdraw(duty.child)
    assert in_calendar(duty.pairing) == [("CANCELLED", 2, LATER)]
    assert told() == {("VISITS_STOPPED", True, False), ("GUARDIAN_VISITS_STOPPED", False, True)}
    assert Pairing.objects.get().state == "ACTIVE"
    assert CareLink.objects.get().next_visit_date is None


def test_telling_it_twice_changes_nothing(duty):
    withdraw(duty.child)
    count = Message.objects.count()
    publish(ConsentWithdrawn(child_id=duty.child_id, purpose="VISITS"))
    sweep(now=LATER)
    assert Duty.objects.get().sequence == 2
    assert Message.objects.count() == count


def test_a_second_withdrawal_is_told_again(duty):
    withdraw(duty.child)
    count = Message.objects.count()
    agree(duty.child)
    withdraw(duty.child, at=LATER + DAY)
    kinds = Message.objects.filter(channel="inbox", guardian__isnull=False).values_list("kind", flat=True)
    assert Counter(kinds)["GUARDIAN_VISITS_STOPPED"] == 2
    assert Message.objects.count() > count


def test_what_was_withdrawn_before_anybody_was_told_stops_its_visits_once(duty):
    Consent.objects.filter(child=duty.child, purpose="VISITS").update(withdrawn_at=NOW - 30 * DAY)
    assert [stop_unwanted_visits(now=LATER) for _twice in range(2)] == [1, 0]
    sweep(now=LATER)
    assert (Duty.objects.get().state, CareLink.objects.get().next_visit_date) == ("CANCELLED", None)
    assert told() == {("VISITS_STOPPED", True, False), ("GUARDIAN_VISITS_STOPPED", False, True)}
    count = Message.objects.count()
    assert stop_unwanted_visits(now=LATER + DAY) == 0
    sweep(now=LATER + DAY)
    assert Message.objects.count() == count


def test_visits_that_are_wanted_are_not_looked_for(duty):
    """Agreed to again, never asked about, about something else, or of two classmates who meet at school."""
    Consent.objects.filter(child=duty.child, purpose="VISITS").update(withdrawn_at=NOW - 30 * DAY)
    agree(duty.child)
    other = a_child()
    agree(other, "PHOTO")
    a_pairing(other)
    sweep(now=NOW)
    Consent.objects.filter(child=other, purpose="PHOTO").update(withdrawn_at=NOW)
    assert stop_unwanted_visits(now=LATER) == 0
    withdraw_consent(
        consent=Consent.objects.get(child=duty.child, purpose="VISITS", withdrawn_at=None), actor=None, now=LATER
    )
    Duty.objects.filter(child=duty.child).update(kind="FIRST_MEETING")
    assert stop_unwanted_visits(now=LATER) == 0


@pytest.mark.parametrize("purpose", ["PHOTO", "MEDICAL"])
def test_other_purposes_stop_no_visit(duty, purpose):
    agree(duty.child, purpose)
    withdraw(duty.child, purpose=purpose)
    assert (Duty.objects.get().state, told()) == ("OPEN", set())


def test_no_time_can_be_set_even_before_the_fact_is_told(duty):
    consent = Consent.objects.get(child=duty.child, purpose="VISITS")
    withdraw_consent(consent=consent, actor=None, now=LATER)
    for actor in (None, duty.helper.user, a_coordinator()):
        with pytest.raises(VisitsTakenBack):
            set_duty_time(duty=duty, start_at=START + DAY, end_at=END + DAY, actor=actor, now=LATER)


def test_no_new_visit_is_owed_by_who_takes_over_or_comes_back(duty):
    withdraw(duty.child)
    pairing = Pairing.objects.get()
    suspend_pairing(pairing=pairing, reason="病了", until=None, actor=None, now=LATER)
    resume_pairing(pairing=pairing, actor=None, now=LATER + DAY)
    sweep(now=LATER + DAY)
    assert Duty.objects.exclude(state="CANCELLED").count() == 0


def test_a_child_nobody_was_asked_about_is_visited_as_before():
    """The signature under the pairing covers its visits; only who says no to them apart is not visited."""
    a_pairing()
    sweep(now=NOW)
    assert Duty.objects.get().state == "OPEN"


def test_whoever_stands_in_is_told_too(duty):
    plan_stand_in(
        pairing=duty.pairing, helper=a_helper(), from_date=TODAY, until_date=TODAY + 20 * DAY, actor=None, now=NOW
    )
    sweep(now=NOW)
    withdraw(duty.child)
    stopped = Message.objects.filter(kind="VISITS_STOPPED").values_list("helper_id", flat=True)
    assert set(stopped) == {duty.pairing.helper_id, Duty.objects.get().helper_id}
    assert len(set(stopped)) == 2


def test_whoever_stands_in_is_greeted_by_their_own_name(duty):
    other = a_helper()
    plan_stand_in(pairing=duty.pairing, helper=other, from_date=TODAY, until_date=TODAY + 20 * DAY, actor=None, now=NOW)
    withdraw(duty.child)
    agree(duty.child)
    sweep(now=LATER)
    greeted = {(one.helper_id, facts["helper"]) for one, facts in again_facts()}
    assert greeted == {(one.pk, one.name) for one in (duty.pairing.helper, other)}


def test_that_visits_are_welcome_is_not_said_once_they_are_not(duty):
    withdraw(duty.child)
    agree(duty.child)
    sweep(now=LATER)
    assert all(facts for _message, facts in again_facts())
    withdraw(duty.child, at=LATER + DAY)
    assert {facts for _message, facts in again_facts()} == {None}


def again_facts():
    messages = Message.objects.filter(kind="VISITS_AGAIN").order_by("pk")
    return [(one, facts_of(one, language="zh-hans", now=LATER)) for one in messages]


def test_a_new_signature_makes_the_visit_owed_again_once(duty):
    withdraw(duty.child)
    for _twice in range(2):
        Consent.objects.filter(child=duty.child, purpose="VISITS").update(withdrawn_at=LATER)
        agree(duty.child)
        sweep(now=LATER + DAY)
    [again] = Duty.objects.filter(state="OPEN")
    assert (again.start_at, again.pairing_id) == (None, duty.pairing_id)
    assert ("VISITS_AGAIN", True, False) in told()


def test_a_new_signature_on_the_same_day_opens_the_same_visit_again_without_its_time(duty):
    withdraw(duty.child, at=NOW)
    agree(duty.child)
    sweep(now=NOW)
    assert [(one.state, one.start_at, one.end_at, one.sequence) for one in Duty.objects.all()] == [
        ("OPEN", None, None, 3)
    ]
    assert CareLink.objects.get().next_visit_date is None


def test_a_pause_of_less_than_a_day_takes_the_time_too(duty):
    """Its address was closed meanwhile, and everybody was told that the visit is off."""
    suspend_pairing(pairing=duty.pairing, reason="病了", until=None, actor=None, now=NOW)
    sweep(now=NOW)
    resume_pairing(pairing=Pairing.objects.get(), actor=None, now=NOW)
    sweep(now=NOW)
    assert [(one.state, one.start_at) for one in Duty.objects.all()] == [("OPEN", None)]


def test_what_was_done_is_not_owed_again(duty):
    mark_duty_done(duty=duty, actor=None, now=LATER)
    withdraw(duty.child)
    assert ("VISITS_STOPPED", True, False) in told()
    agree(duty.child)
    sweep(now=LATER)
    assert [one.state for one in Duty.objects.all()] == ["DONE"]


def test_two_classmates_still_meet_at_school(duty):
    leader = a_helper()
    Pairing.objects.update(leader=leader)
    Duty.objects.update(kind="FIRST_MEETING", helper=leader)
    withdraw(duty.child)
    assert ([one.state for one in Duty.objects.all()], told()) == (["OPEN"], set())


def test_its_page_says_why_and_what_to_do_until_they_agree_again(duty, client):
    withdraw(duty.child)
    client.force_login(a_coordinator())
    address, why = f"/pairings/{duty.pairing.public_id}/", "监护人撤回了家访的同意"
    assert why in client.get(address).content.decode()
    agree(duty.child)
    assert why not in client.get(address).content.decode()
