"""A day whose last child of a school or village is gone: their calendar says that it is off, instead of forgetting it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from icalendar import Calendar

from activities.models import DayListing, DayPart
from activities.services.event_calendar_parts import call_parts_off
from activities.services.event_listings import list_days_again
from activities.services.event_seats import (
    Guest,
    leave,
    put_places,
    record_consent,
    sign_up,
    sign_up_guests,
    withdraw_consent,
)
from backend.accounts.models import Role
from backend.outbox.services import publish
from backend.outbox.sweeper import sweep
from backend.roster.access import reader_in_role
from backend.roster.events import ChildLeft, ChildMoved
from backend.roster.models import Child
from notifications.feed_services import create_feed, fresh_feed, outdate_places_of
from notifications.selectors import live_feed
from tests.factories.events import a_planned_day, an_event_day, fresh, published, with_a_child
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_school, a_township, a_village

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + DAY
AFTERWARDS = datetime(2026, 12, 6, 1, tzinfo=UTC)


@pytest.fixture
def school():
    return a_school(a_village(), name="水狮坝小学")


@pytest.fixture
def other():
    far = a_village(a_township(number=102, name="桑木镇"), number=202, name="青杠坡村")
    return a_school(far, name="桑木小学")


@pytest.fixture
def event(school):
    """A published day of the county with one child of the school and its village."""
    return with_a_child(an_event_day(), a_child("冉欣怡", village=school.area, school=school))


def follow(kind, about):
    """What a subscriber gets, asked for as often as wanted: status and number of each event, and the text."""
    reader = reader_in_role(a_coordinator(), Role.COUNTY_COORDINATOR, NOW)
    _feed, url = create_feed(reader=reader, kind=kind, about=about, label="手机", now=NOW)

    def fetch(*, now=LATER):
        sweep(now=now)
        feed, current = live_feed(url.split("/")[-2], now=now)
        body = bytes(fresh_feed(feed, current, today=now.date(), now=now).body)
        return [(str(one["STATUS"]), one["SEQUENCE"]) for one in Calendar.from_ical(body).walk("VEVENT")], body

    return fetch


def move(child, school, *, county="529901"):
    Child.objects.filter(pk=child.pk).update(school=school, village=school.area)
    publish(ChildMoved(child_id=child.pk, from_county=county))


def the_seat(event):
    return event.seats.select_related("event").get()


def everywhere(school):
    return follow("SCHOOL", school), follow("VILLAGE", school.area)


def shown(feeds, **at):
    return [fetch(**at)[0] for fetch in feeds]


ON, OFF, ON_AGAIN = [("CONFIRMED", 0)], [("CANCELLED", 1)], [("CONFIRMED", 2)]


def test_a_child_moves_and_its_old_places_say_that_the_day_is_off(event, school, other):
    old, new = everywhere(school), everywhere(other)
    assert (shown(old), shown(new)) == ([ON, ON], [[], []])
    move(the_seat(event).child, other)
    assert (shown(old), shown(new)) == ([OFF, OFF], [ON, ON])


def test_a_child_who_comes_back_makes_it_stand_again_with_a_higher_number(event, school, other):
    old, new = everywhere(school), everywhere(other)
    child = the_seat(event).child
    for to in (other, school):
        move(child, to)
        sweep(now=LATER)
    assert (shown(old), shown(new)) == ([ON_AGAIN, ON_AGAIN], [OFF, OFF])
    move(child, other)
    assert (shown(old), shown(new)) == ([[("CANCELLED", 3)]] * 2, [ON_AGAIN, ON_AGAIN])


def test_the_last_child_leaves_the_list_and_the_day_is_off_at_its_places(event, school):
    feeds = everywhere(school)
    sign_up(event=event, children=[a_child(village=school.area, school=school)], actor=None, now=NOW)
    first, last = event.seats.select_related("event").order_by("pk")
    leave(seat=first, actor=None)
    assert shown(feeds) == [ON, ON]
    leave(seat=last, actor=None)
    assert shown(feeds) == [OFF, OFF]


def test_a_child_who_left_the_roster_and_one_whose_guardian_says_no_count_as_gone(event, school):
    feeds = everywhere(school)
    seat = the_seat(event)
    record_consent(seat=seat, purpose="TAKE_PART", given_by="冉奶奶", given_date=NOW.date(), actor=None)
    withdraw_consent(seat=seat, purpose="TAKE_PART", actor=None, now=LATER)
    assert shown(feeds) == [OFF, OFF]
    sign_up(event=event, children=[seat.child], actor=None, now=LATER)
    assert shown(feeds) == [ON_AGAIN, ON_AGAIN]
    Child.objects.filter(pk=seat.child_id).update(state="MOVED_AWAY")
    publish(ChildLeft(child_id=seat.child_id, state="MOVED_AWAY"))
    assert shown(feeds) == [[("CANCELLED", 3)]] * 2


def test_guests_of_a_school_keep_the_day_in_its_calendar(event, school, other):
    feeds = everywhere(school)
    guest = Guest("越小一", "水狮坝村")
    sign_up_guests(event=event, guests=[guest], school=school, actor=None, now=NOW)
    move(event.seats.exclude(child=None).get().child, other)
    assert shown(feeds) == [ON, OFF]


def test_it_says_when_it_left_and_nothing_newer(event, school, other):
    fetch, whole = follow("SCHOOL", school), follow("SCHOOL", other)
    before = fetch()[1]
    move(the_seat(event).child, other)
    sweep(now=LATER)
    part = DayPart.objects.filter(event=event, kind="DAY")
    part.update(start_at=part.get().start_at + DAY, end_at=part.get().end_at + DAY, sequence=1, place_name="新馆")
    outdate_places_of("529901")
    [event_then], [event_now] = (Calendar.from_ical(body).walk("VEVENT") for body in (before, fetch()[1]))
    assert [event_now.decoded(key) for key in ("UID", "DTSTART", "DTEND")] == [
        event_then.decoded(key) for key in ("UID", "DTSTART", "DTEND")
    ]
    assert event_now.decoded("LAST-MODIFIED") == event_now.decoded("DTSTAMP") == LATER
    assert (str(event_now["LOCATION"]), str(event_now["TRANSP"])) == (str(event_then["LOCATION"]), "TRANSPARENT")
    assert "冉欣怡" not in fetch()[1].decode().replace("\r\n ", "")
    assert "新馆" in whole()[1].decode()


def test_publishing_lists_a_day_at_once(school):
    day = a_planned_day()
    put_places(event=day, places=10, quotas={}, actor=None, now=NOW)
    sign_up(event=fresh(day), children=[a_child(village=school.area, school=school)], actor=None, now=NOW)
    published(day)
    assert shown(everywhere(school)) == [ON, ON]


def test_calendars_of_nobody_else_change(event, school, other):
    sign_up(event=event, children=[a_child(village=other.area, school=other)], actor=None, now=NOW)
    theirs, programme = follow("SCHOOL", other), follow("ACTIVITY", event)
    before = theirs()[1], programme()[1]
    leave(seat=event.seats.select_related("event").get(child__school=school), actor=None)
    assert (theirs()[1], programme()[1]) == before


def test_it_is_forgotten_thirty_days_after_its_day(event, school, other):
    feeds = everywhere(school)
    move(the_seat(event).child, other)
    sweep(now=LATER)
    for days, expected in ((30, [OFF, OFF]), (37, [[], []])):
        outdate_places_of("529901")
        assert shown(feeds, now=datetime(2026, 12, 5, 1, tzinfo=UTC) + days * DAY) == expected


def test_a_day_that_is_over_took_place_wherever_its_children_live_now(event, school, other):
    feeds = everywhere(school)
    assert shown(feeds) == [ON, ON]
    move(the_seat(event).child, other)
    assert shown(feeds, now=AFTERWARDS) == [ON, ON]
    assert shown(everywhere(other), now=AFTERWARDS) == [[], []]


def test_a_school_keeps_its_own_day_whoever_leaves_it(school):
    own = with_a_child(an_event_day(organisation=school), a_child(village=school.area, school=school))
    feeds = everywhere(school)
    leave(seat=the_seat(own), actor=None)
    assert shown(feeds) == [ON, ON]


def test_a_day_called_off_is_off_for_all_and_stays_so_when_a_child_moves(event, school, other):
    old, new = everywhere(school), everywhere(other)
    call_parts_off(event, LATER)
    outdate_places_of("529901")
    move(the_seat(event).child, other)
    assert (shown(old), shown(new)) == ([OFF, OFF], [[], []])


def test_telling_it_twice_changes_nothing(event, school, other):
    child = the_seat(event).child
    for _twice in range(2):
        move(child, other)
        sweep(now=LATER)
    assert DayListing.objects.exclude(left_at=None).count() == 2
    assert DayPart.objects.get(event=event, kind="DAY").sequence == 0


def test_a_day_nobody_listed_is_listed_within_a_day_and_called_off_like_any_other(event, school):
    feeds = everywhere(school)
    sign_up_guests(event=event, guests=[Guest("越小一", "土城镇")], school=a_school(), actor=None, now=NOW)
    sweep(now=NOW)
    DayListing.objects.all().delete()

    assert [list_days_again(now=LATER) for _twice in range(2)] == [1, 0]

    assert shown([*feeds, follow("SCHOOL", a_school())]) == [ON, ON, ON]
    leave(seat=event.seats.select_related("event").exclude(child=None).get(), actor=None)
    assert shown([*feeds, follow("SCHOOL", a_school())]) == [OFF, OFF, ON]


def test_a_day_that_stands_where_its_child_lived_is_off_there_within_a_day(event, school, other):
    old, new = everywhere(school), everywhere(other)
    Child.objects.update(school=other, village=other.area)
    assert [list_days_again(now=LATER) for _twice in range(2)] == [1, 0]
    assert (shown(old), shown(new)) == ([OFF, OFF], [ON, ON])


@pytest.mark.parametrize("days", [1, 3])
def test_looking_for_days_to_list_takes_two_queries(event, school, days, django_assert_num_queries):
    for _more in range(days - 1):
        with_a_child(an_event_day(), a_child(village=school.area, school=school))
    with django_assert_num_queries(2):
        assert list_days_again(now=NOW) == 0


def test_days_over_or_called_off_are_not_listed_again(event):
    DayListing.objects.all().delete()
    assert list_days_again(now=AFTERWARDS) == 0
    call_parts_off(event, LATER)
    assert list_days_again(now=LATER) == 0


def test_a_village_of_another_county_hears_of_it_too(event, school):
    far = a_school(a_village(a_township(a_county("529902", "云河县"))), name="云河小学")
    feed = follow("SCHOOL", school)
    move(the_seat(event).child, far)
    assert feed()[0] == OFF
    assert {one.organisation or one.area for one in DayListing.objects.filter(left_at=None)} == {far, far.area}


@pytest.mark.django_db(transaction=True)
def test_days_published_before_stand_where_they_stood(event, school):
    feeds = everywhere(school)
    sign_up_guests(event=event, guests=[Guest("越小一", "土城镇")], school=a_school(), actor=None, now=NOW)
    for name in ("0015_duties_passed_on", "0016_listings_of_days"):
        MigrationExecutor(connection).migrate([("activities", name)])
    listed = DayListing.objects.filter(left_at=None, part__event=event)
    assert {one.organisation or one.area for one in listed} == {school, school.area, a_school()}
    outdate_places_of("529901")
    assert shown(feeds) == [ON, ON]
