"""A visit that becomes somebody else's: the former helper's calendar says that it is off, instead of forgetting it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from activities.models import Duty, DutyPassedOn
from activities.services.duties import set_duty_time
from backend.accounts.models import Role
from backend.outbox.sweeper import sweep
from backend.roster.access import reader_in_role
from backend.roster.models import Child, WeeklyHours
from matching.services.pairings import end_pairing
from matching.services.stand_ins import cancel_stand_in, end_due, plan_stand_in
from notifications.feed_services import create_feed, fresh_feed, outdate_feeds
from notifications.selectors import live_feed
from tests.factories.events import a_planned_day, published, with_hosts
from tests.factories.matching import a_pairing
from tests.factories.roster import NOW, TODAY, a_child, a_coordinator, a_helper, a_village

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
START, END = (datetime(2026, 11, 25, hour, tzinfo=UTC) for hour in (6, 7))


@pytest.fixture
def pairing():
    one = a_pairing(a_child("冉欣怡"))
    sweep(now=NOW)
    set_duty_time(duty=Duty.objects.get(), start_at=START, end_at=END, actor=None, now=NOW)
    return one


@pytest.fixture
def other():
    return a_helper()


def follow(user, role=Role.TEACHER, kind="MINE", about=None):
    """What a subscriber gets, asked for as often as wanted: uid -> event."""
    reader = reader_in_role(user, role, NOW)
    _feed, url = create_feed(reader=reader, kind=kind, about=about, label="手机", now=NOW)

    def fetch(*, now=NOW):
        sweep(now=now)
        feed, current = live_feed(url.split("/")[-2], now=now)
        body = bytes(fresh_feed(feed, current, today=now.date(), now=now).body)
        return [(str(one["STATUS"]), one["SEQUENCE"]) for one in Calendar.from_ical(body).walk("VEVENT")], body

    return fetch


def stands_in(pairing, other):
    return plan_stand_in(
        pairing=pairing, helper=other, from_date=TODAY, until_date=TODAY + 6 * DAY, actor=None, now=NOW
    )


def test_a_stand_in_takes_it_and_gives_it_back_and_each_calendar_says_so(pairing, other):
    mine, theirs = follow(pairing.helper.user), follow(other.user)
    assert (mine()[0], theirs()[0]) == ([("CONFIRMED", 1)], [])

    stands_in(pairing, other)
    assert (mine()[0], theirs()[0]) == ([("CANCELLED", 2)], [("CONFIRMED", 2)])

    later = NOW + 7 * DAY
    end_due(now=later)
    assert (mine(now=later)[0], theirs(now=later)[0]) == ([("CONFIRMED", 3)], [("CANCELLED", 3)])


def test_a_second_stand_in_raises_the_number_again(pairing, other):
    mine = follow(pairing.helper.user)
    cancel_stand_in(stand_in=stands_in(pairing, other), actor=None, now=NOW)
    assert mine()[0] == [("CONFIRMED", 3)]
    stands_in(pairing, a_helper())
    assert mine()[0] == [("CANCELLED", 4)]
    assert DutyPassedOn.objects.count() == 2


def test_a_time_outside_the_usual_week_comes_back_as_it_was_agreed(pairing, other):
    """Whoever chose it does not lose it to somebody's standing in for a few days; a time set meanwhile is another."""
    WeeklyHours.objects.create(helper=pairing.helper, weekday=1, start_minute=8 * 60, end_minute=9 * 60)
    cancel_stand_in(stand_in=stands_in(pairing, other), actor=None, now=NOW)
    sweep(now=NOW)
    assert Duty.objects.values_list("helper_id", "start_at", "end_at").get() == (pairing.helper_id, START, END)

    second = stands_in(pairing, a_helper())
    sweep(now=NOW)
    set_duty_time(duty=Duty.objects.get(), start_at=START + DAY, end_at=END + DAY, actor=None, now=NOW)
    cancel_stand_in(stand_in=second, actor=None, now=NOW)
    sweep(now=NOW)
    assert Duty.objects.values_list("helper_id", "start_at").get() == (pairing.helper_id, None)


def test_a_pairing_that_ends_meanwhile_is_off_for_both(pairing, other):
    mine, theirs = follow(pairing.helper.user), follow(other.user)
    stands_in(pairing, other)
    sweep(now=NOW)
    end_pairing(pairing=pairing, reason="MOVED", actor=None, now=NOW)
    assert [[status for status, _number in each()[0]] for each in (mine, theirs)] == [["CANCELLED"], ["CANCELLED"]]


def test_it_is_shown_as_it_was_known_and_nothing_newer(pairing, other):
    mine = follow(pairing.helper.user)
    stands_in(pairing, other)
    sweep(now=NOW)
    set_duty_time(duty=Duty.objects.get(), start_at=START + DAY, end_at=END + DAY, actor=None, now=NOW)
    Child.objects.update(village=a_village(number=202, name="青杠坡村"))

    shown, body = mine()

    [event] = Calendar.from_ical(body).walk("VEVENT")
    assert shown == [("CANCELLED", 2)]
    assert (event.decoded("DTSTART"), str(event["LOCATION"])) == (START, "水狮坝村")
    assert "冉欣怡" not in body.decode().replace("\r\n ", "")


def test_it_is_forgotten_thirty_days_after_its_day(pairing, other):
    mine = follow(pairing.helper.user)
    stands_in(pairing, other)
    sweep(now=NOW)
    for days, expected in ((32, [("CANCELLED", 2)]), (39, [])):
        later = NOW + days * DAY
        outdate_feeds(helper_id=pairing.helper_id)
        assert mine(now=later)[0] == expected


def test_the_calendar_of_the_village_has_it_once(pairing, other):
    village = follow(a_coordinator(), Role.COUNTY_COORDINATOR, "VILLAGE", pairing.child.village)
    stands_in(pairing, other)
    assert village()[0] == [("CONFIRMED", 2)]


def test_a_host_who_is_replaced_sees_the_part_as_off_and_the_other_one_as_new():
    event = a_planned_day()
    first = with_hosts(event, "palace1")["palace1"]
    second = a_helper()
    mine, theirs = follow(first.user), follow(second.user)
    published(event)
    before = mine()[0]
    assert {status for status, _number in before} == {"CONFIRMED"}

    event.hosts.filter(key="palace1").update(helper=second)
    type(event).objects.filter(pk=event.pk).update(draft_version=event.draft_version + 5)
    published(event)

    assert mine()[0] == [("CANCELLED", number + 1) for _status, number in before]
    assert len(theirs()[0]) == len(before)
