"""A pairing owes its first visit; the helper sets the time, and the calendar follows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from activities.models import BusyCalendar, Duty
from activities.services.duties import (
    BusyThen,
    DutyNotOpen,
    NotUsuallyFree,
    OutsideWindow,
    TwoPlacesAtOnce,
    WrongTimes,
    cancel_duties_of,
    mark_duty_done,
    owe_first_visit,
    set_duty_time,
)
from backend.accounts.models import Role
from backend.roster.access import Reader
from backend.roster.models import CareLink, WeeklyHours
from notifications.feed_services import create_feed, fresh_feed, outdate_feeds, outdate_feeds_of_last_week
from notifications.feeds import render_feed
from notifications.models import Feed
from tests.factories.matching import a_pairing
from tests.factories.roster import NOW, TODAY, a_coordinator, a_helper

pytestmark = pytest.mark.django_db


def a_duty(**columns) -> Duty:
    return owe_first_visit(pairing=a_pairing(**columns), accepted_at=NOW)


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour - 8, tzinfo=UTC)


def its_reader(duty) -> Reader:
    return Reader(user=duty.helper.user, role=Role.TEACHER, helper_id=duty.helper_id)


def its_calendar(duty) -> bytes:
    return render_feed(Feed(kind="MINE", helper=duty.helper), its_reader(duty), today=TODAY)


def the_event(duty):
    return Calendar.from_ical(its_calendar(duty)).walk("VEVENT")[0]


def test_the_first_visit_is_owed_within_fourteen_days_and_once():
    duty = a_duty()
    again = owe_first_visit(pairing=duty.pairing, accepted_at=NOW)

    assert again == duty
    assert (duty.earliest_date, duty.latest_date) == (date(2026, 11, 23), date(2026, 12, 7))
    assert duty.shown_date == date(2026, 12, 7)


def test_without_a_time_it_stands_on_the_latest_working_day():
    pairing = a_pairing()
    duty = owe_first_visit(pairing=pairing, accepted_at=datetime(2026, 11, 22, 2, tzinfo=UTC))  # ends on a Sunday

    event = the_event(duty)

    assert duty.latest_date == date(2026, 12, 6)
    assert event.decoded("DTSTART") == date(2026, 12, 4)
    assert event["SEQUENCE"] == 0


def test_setting_a_time_raises_the_sequence_and_keeps_the_uid():
    duty = a_duty()
    before = the_event(duty)

    set_duty_time(duty=duty, start_at=at(date(2026, 12, 1), 14), end_at=at(date(2026, 12, 1), 15), actor=None, now=NOW)
    set_duty_time(duty=duty, start_at=at(date(2026, 12, 2), 14), end_at=at(date(2026, 12, 2), 15), actor=None, now=NOW)

    after = the_event(duty)
    assert (str(after["UID"]), after["SEQUENCE"]) == (str(before["UID"]), 2)
    assert after.decoded("DTSTART") == at(date(2026, 12, 2), 14)
    assert CareLink.objects.get().next_visit_date == date(2026, 12, 2)


def test_no_child_is_in_the_calendar():
    duty = a_duty()
    text = its_calendar(duty).decode().replace("\r\n ", "")

    assert "水狮坝村" in text
    for secret in (duty.child.name, duty.child.name[1:], duty.child.id_number, duty.child.public_id, "土城小学"):
        assert secret not in text


@pytest.mark.parametrize(
    ("start", "end", "refusal"),
    [
        (at(date(2026, 11, 22), 14), at(date(2026, 11, 22), 15), OutsideWindow),
        (at(date(2026, 12, 8), 14), at(date(2026, 12, 8), 15), OutsideWindow),
        (at(date(2026, 12, 1), 15), at(date(2026, 12, 1), 15), WrongTimes),
        (at(date(2026, 12, 1), 15), at(date(2026, 12, 2), 15), WrongTimes),
    ],
)
def test_a_time_outside_the_window_is_refused(start, end, refusal):
    duty = a_duty()

    with pytest.raises(refusal):
        set_duty_time(duty=duty, start_at=start, end_at=end, actor=None, now=NOW)
    assert Duty.objects.get().sequence == 0


def test_a_helper_is_never_in_two_places_and_visits_may_touch():
    helper = a_helper()
    first, second = a_duty(helper=helper), a_duty(helper=helper)
    day = date(2026, 12, 1)
    set_duty_time(duty=first, start_at=at(day, 14), end_at=at(day, 15), actor=None, now=NOW)

    with pytest.raises(TwoPlacesAtOnce):
        set_duty_time(duty=second, start_at=at(day, 15) - timedelta(minutes=1), end_at=at(day, 16), actor=None, now=NOW)
    set_duty_time(duty=second, start_at=at(day, 15), end_at=at(day, 16), actor=None, now=NOW)

    assert Duty.objects.get(pk=second.pk).start_at == at(day, 15)


def test_what_is_done_or_cancelled_does_not_move():
    done, cancelled = a_duty(), a_duty()
    mark_duty_done(duty=done, actor=None, now=NOW)
    cancel_duties_of(pairing_id=cancelled.pairing_id, now=NOW)

    for duty in (done, cancelled):
        with pytest.raises(DutyNotOpen):
            set_duty_time(
                duty=duty, start_at=at(date(2026, 12, 1), 14), end_at=at(date(2026, 12, 1), 15), actor=None, now=NOW
            )
    event = the_event(cancelled)
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 1)


def test_a_feed_is_rendered_once_per_change():
    duty = a_duty()
    feed, _url = create_feed(reader=its_reader(duty), label="手机", now=NOW)

    first = fresh_feed(feed, its_reader(duty), today=TODAY, now=NOW)
    body, rendered_at = bytes(first.body), first.rendered_at
    outdate_feeds(helper_id=duty.helper_id)
    feed.refresh_from_db()
    same = fresh_feed(feed, its_reader(duty), today=TODAY, now=NOW + timedelta(hours=1))

    assert bytes(same.body) == body
    assert same.rendered_at == rendered_at  # nothing differs, so Last-Modified stays


def test_the_windows_edge_moves_on_mondays_only():
    duty = a_duty()
    feed, _url = create_feed(reader=its_reader(duty), label="手机", now=NOW)
    fresh_feed(feed, its_reader(duty), today=TODAY, now=NOW)
    version = feed.version

    assert outdate_feeds_of_last_week(monday=date(2026, 11, 23)) == 0
    assert outdate_feeds_of_last_week(monday=date(2026, 11, 30)) == 1
    feed.refresh_from_db()
    assert feed.version == version + 1


def test_a_visit_is_not_set_where_ones_own_calendar_has_something_else():
    duty, day = a_duty(), date(2026, 12, 1)
    row = BusyCalendar.objects.create(
        helper=duty.helper, kind="FILE", state="LIVE", from_date=TODAY, until_date=day, read_at=NOW
    )
    row.spans.create(start_at=at(day, 14), end_at=at(day, 15))
    with pytest.raises(BusyThen) as refused:
        set_duty_time(duty=duty, start_at=at(day, 13), end_at=at(day, 15), actor=None, now=NOW)
    assert refused.value.facts == {"start": "2026-12-01 14:00", "end": "15:00"}
    duty.refresh_from_db()
    assert duty.start_at is None
    set_duty_time(duty=duty, start_at=at(day, 13), end_at=at(day, 14), actor=None, now=NOW)
    assert Duty.objects.get(pk=duty.pk).start_at == at(day, 13)


def test_somebody_else_asks_before_they_choose_a_time_the_helper_is_not_usually_free_at():
    duty, day = a_duty(), date(2026, 12, 1)
    WeeklyHours.objects.create(helper=duty.helper, weekday=2, start_minute=14 * 60, end_minute=15 * 60)
    other = {"start_at": at(day, 15), "end_at": at(day, 16)}
    with pytest.raises(NotUsuallyFree) as refused:
        set_duty_time(duty=duty, **other, actor=a_coordinator(), now=NOW)
    assert refused.value.facts == {"start": "2026-12-01 15:00", "end": "16:00"}
    assert Duty.objects.get().start_at is None
    set_duty_time(duty=duty, start_at=at(day, 14), end_at=at(day, 15), actor=a_coordinator(), now=NOW)
    set_duty_time(duty=duty, **other, actor=a_coordinator(), now=NOW, is_agreed=True)
    assert Duty.objects.get().start_at == at(day, 15)


def test_helpers_choose_any_time_themselves():
    duty, day = a_duty(), date(2026, 12, 1)
    WeeklyHours.objects.create(helper=duty.helper, weekday=1, start_minute=14 * 60, end_minute=15 * 60)
    set_duty_time(duty=duty, start_at=at(day, 15), end_at=at(day, 16), actor=duty.helper.user, now=NOW)
    assert Duty.objects.get().start_at == at(day, 15)
