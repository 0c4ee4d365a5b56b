"""Rooms of homes as places of a day: as large and as long open as they are, held while the day is published."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.models import BookedSlot, Booking, EventDay
from activities.services import event_edits, event_publishing, homes
from activities.services.event_rooms import DayRoomTaken, RoomThere, use_room
from tests.activities.test_homes import a_room, at
from tests.factories.events import SATURDAY, an_event_day, fresh
from tests.factories.roster import NOW, a_coordinator

pytestmark = pytest.mark.django_db


def a_day_in(room, start="09:00", minutes=50):
    """A day of one segment in one room, planned."""
    event = use_room(event=an_event_day(), version=1, room=room, actor=None, now=NOW)
    key = event.draft["places"][-1]["key"]
    draft = {
        "begin": "08:00", "end": "12:00", "title": "看书", "date": SATURDAY.isoformat(),
        "groups": [{"key": "g1", "size": 12}], "places": event.draft["places"],
        "segments": [{"key": "a", "name": "看书", "minutes": [10, 90], "places": [key]}],
    }  # fmt: skip
    EventDay.objects.filter(pk=event.pk).update(draft=draft)
    return planned(event, key, start, minutes)


def planned(event, key, start, minutes=50):
    plan = {"segments": [{"key": "a", "start": start, "minutes": minutes, "posts": [{"place": key}]}]}
    EventDay.objects.filter(pk=event.pk).update(plan=plan, draft_version=fresh(event).draft_version + 1)
    return fresh(event)


def publish(event, later=0):
    event = fresh(event)
    return event_publishing.publish_day(
        event=event, version=event.draft_version, actor=a_coordinator(), now=NOW + timedelta(seconds=later)
    )


def held(room):
    rows = Booking.objects.filter(room=room, state="ON").order_by("start_at")
    return [(one.start_at, one.end_at, one.purpose) for one in rows]


def span(start, end):
    return (at(start, SATURDAY), at(end, SATURDAY), "ACTIVITY")


def test_a_room_becomes_a_place_as_large_and_as_long_open_as_it_is():
    room = a_room()
    event = use_room(event=an_event_day(), version=1, room=room, actor=None, now=NOW)
    place = event.draft["places"][-1]
    assert place | {"key": ""} == {
        "key": "", "name": "水狮坝之家·阅览室", "capacity": 20, "hours": [["08:00", "18:00"]]
    }  # fmt: skip
    assert event.rooms.get().key == place["key"]
    with pytest.raises(RoomThere):
        use_room(event=event, version=event.draft_version, room=room, actor=None, now=NOW)
    assert fresh(event).draft == event.draft


def test_a_home_that_is_closed_that_day_is_open_at_no_hour():
    room = a_room()
    homes.set_opening_hours(home=room.home, hours={1: (480, 1080)}, actor=None)
    event = use_room(event=an_event_day(), version=1, room=room, actor=None, now=NOW)
    assert event.draft["places"][-1]["hours"] == []


def test_removing_the_place_lets_the_room_go_and_taking_that_back_brings_it_back():
    room = a_room()
    event = use_room(event=an_event_day(), version=1, room=room, actor=None, now=NOW)
    key = event.draft["places"][-1]["key"]
    event = event_edits.remove(event=event, version=event.draft_version, part="places", key=key, actor=None, now=NOW)
    assert not event.rooms.exists()
    event = event_edits.undo(event=event, version=event.draft_version, actor=None, now=NOW)
    assert event.rooms.get().room == room
    event = event_edits.undo(event=event, version=event.draft_version, actor=None, now=NOW)
    assert not event.rooms.exists()


def test_publishing_holds_the_room_from_first_to_last_use_in_whole_quarters():
    room = a_room()
    event = a_day_in(room, "09:05", 50)
    publish(event)
    assert held(room) == [span("09:00", "10:00")]
    publish(planned(event, event.rooms.get().key, "10:20", 25), 1)
    assert held(room) == [span("10:15", "10:45")]
    assert BookedSlot.objects.count() == 2
    event_publishing.call_off(event=fresh(event), reason="台风要来", actor=None, now=NOW)
    assert (held(room), BookedSlot.objects.count()) == ([], 0)


def test_what_stays_as_it_was_is_not_booked_anew():
    room = a_room()
    event = a_day_in(room)
    publish(event)
    before = Booking.objects.get().pk
    event = fresh(event)
    event_edits.put_bounds(event=event, version=event.draft_version, values={"notes": ["带水"]}, actor=None, now=NOW)
    publish(event, 1)
    assert Booking.objects.get().pk == before


def test_rooms_for_rain_are_held_too(monkeypatch):
    room = a_room()
    event = a_day_in(room, "09:00", 50)
    wet = {"segments": [{**event.plan["segments"][0], "start": "10:00"}]}
    monkeypatch.setattr(event_publishing, "is_rain_ready", lambda _event: True)
    EventDay.objects.filter(pk=event.pk).update(rain_plan=wet)
    publish(event)
    assert held(room) == [span("09:00", "11:00")]


def test_a_room_somebody_else_has_keeps_the_day_from_being_published():
    room, other = a_room(), a_coordinator()
    homes.book_room(
        room=room, purpose="READING", start_at=at("09:30", SATURDAY), end_at=at("10:30", SATURDAY), actor=other, now=NOW
    )
    event = a_day_in(room)
    [taken] = event_publishing.preview(event).taken
    facts = {"room": "水狮坝之家·阅览室", "start": "09:30", "end": "10:30", "who": other.display_name}
    assert taken.facts == facts
    with pytest.raises(DayRoomTaken):
        publish(event)
    assert (fresh(event).latest_number, Booking.objects.count()) == (0, 1)
    assert event_publishing.preview(planned(event, event.rooms.get().key, "10:30")).taken == ()


def test_who_came_first_by_a_moment_has_it(monkeypatch):
    """The preview saw a free room; the constraint decides."""
    room = a_room()
    event = a_day_in(room)
    monkeypatch.setattr(event_publishing, "rooms_taken", lambda _event, _plans: ())
    homes.book_room(
        room=room, purpose="READING", start_at=at("09:30", SATURDAY), end_at=at("10:30", SATURDAY), actor=None, now=NOW
    )
    with pytest.raises(DayRoomTaken):
        publish(event)
    assert (fresh(event).latest_number, event.parts.count()) == (0, 0)


def test_what_a_day_holds_is_given_back_by_the_day_only():
    room = a_room()
    publish(a_day_in(room))
    with pytest.raises(homes.HeldForDay):
        homes.cancel_booking(booking=Booking.objects.get(), actor=None, now=NOW)
    assert held(room) == [span("09:00", "10:00")]
    with pytest.raises(homes.RoomTaken):
        homes.book_room(
            room=room, purpose="READING", start_at=at("09:30", SATURDAY), end_at=at("10:30", SATURDAY), actor=None,
            now=NOW,
        )  # fmt: skip
