"""Rooms of homes as places of a day: taken into the draft, held once the day is published, given back with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from activities.core.day.clock import clock
from activities.models import Booking, DayRoom, Room
from activities.services.event_edits import key_for, put
from activities.services.homes import SLOT, RoomTaken, free_room, take_room
from backend.kernel.calendar import SHANGHAI, clean_line, moment
from backend.kernel.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from activities.core.day.plans import DayPlan
    from activities.models import EventDay

_QUARTER = SLOT // timedelta(minutes=1)
_LONGEST_NAME = 60
Span = tuple["datetime", "datetime"]


class RoomThere(DomainError):
    code = "event_day.room_there"
    message = "This room is one of the places of this day already."


class DayRoomTaken(DomainError):
    code = "event_day.room_taken"
    message = "%(room)s is taken from %(start)s to %(end)s by %(who)s. Choose another place or time."


def name_of(room: Room) -> str:
    """What a room is called where its home is not known."""
    return clean_line(f"{room.home.name}·{room.name}", _LONGEST_NAME)


def use_room(*, event: EventDay, version: int, room: Room, actor: Any, now: datetime) -> EventDay:
    """
    Make a room of a home a place of the day, as large as it is and open as long as it is on that weekday.

    Raises:
        RoomThere: it is one already.
        DayMalformed, ChildNamed, DayChanged, DayCalledOff: nothing was changed.
    """
    key = key_for(event, "places")
    place = {"key": key, "name": name_of(room), "capacity": room.seats, "hours": _hours(event, room)}
    try:
        with transaction.atomic():
            changed = put(event=event, version=version, part="places", value=place, actor=actor, now=now)
            DayRoom.objects.create(event=event, key=key, room=room)
    except IntegrityError as error:
        raise RoomThere from error
    return changed


def _hours(event: EventDay, room: Room) -> list[list[str]]:
    """As the planner reads them; none at all on a day the home is closed."""
    rows = room.home.opening_hours.filter(weekday=event.date.isoweekday())
    return [[clock(row.start_minute), clock(row.end_minute)] for row in rows]


def spans_of(event: EventDay, plans: Iterable[DayPlan]) -> dict[Room, Span]:
    """Room -> from its first use to its last in any of the plans, in whole quarters of an hour."""
    rooms = {one.key: one.room for one in event.rooms.select_related("room__home")}
    minutes: dict[Room, tuple[int, int]] = {}
    for placed in (placed for plan in plans for placed in plan.segments):
        for room in {rooms[post.place] for post in placed.posts if post.place in rooms}:
            start, end = minutes.get(room, (placed.start, placed.end))
            minutes[room] = min(start, placed.start), max(end, placed.end)
    return {
        room: (moment(event.date, start - start % _QUARTER), moment(event.date, end + -end % _QUARTER))
        for room, (start, end) in minutes.items()
    }


def rooms_taken(event: EventDay, plans: Iterable[DayPlan]) -> tuple[DayRoomTaken, ...]:
    """Which rooms somebody else has at a time the day needs them, each as the refusal it would be."""
    found = []
    for room, (start, end) in spans_of(event, plans).items():
        others = Booking.objects.filter(room=room, state=Booking.State.ON, start_at__lt=end, end_at__gt=start)
        other = others.exclude(event=event).select_related("booked_by").order_by("start_at", "pk").first()
        if other is not None:
            who = other.booked_by.display_name if other.booked_by else "—"
            found.append(_refusal(room, other.start_at, other.end_at, who))
    return tuple(found)


def _refusal(room: Room, start: datetime, end: datetime, who: str) -> DayRoomTaken:
    start, end = start.astimezone(SHANGHAI), end.astimezone(SHANGHAI)
    return DayRoomTaken(room=name_of(room), start=f"{start:%H:%M}", end=f"{end:%H:%M}", who=who)


def hold_rooms(*, event: EventDay, plans: Iterable[DayPlan], actor: Any, now: datetime) -> None:
    """
    Hold the rooms a day needs, dry or wet, and give back those it no longer does. Called inside its publishing.

    Raises:
        DayRoomTaken: somebody has one of them; the publishing comes to nothing.
    """
    wanted = spans_of(event, plans)
    for booking in _held(event, now):
        if wanted.get(booking.room) == (booking.start_at, booking.end_at):
            del wanted[booking.room]
        else:
            free_room(booking=booking, actor=actor, now=now)
    for room, (start, end) in sorted(wanted.items(), key=lambda row: row[0].pk):
        try:
            take_room(
                room=room, purpose=Booking.Purpose.ACTIVITY, start_at=start, end_at=end, event=event, actor=actor,
                now=now,
            )  # fmt: skip
        except RoomTaken as error:
            raise DayRoomTaken(room=name_of(room), **error.facts) from error


def give_rooms_back(*, event: EventDay, actor: Any, now: datetime) -> None:
    """Give back what a day holds, but what is over."""
    for booking in _held(event, now):
        free_room(booking=booking, actor=actor, now=now)


def _held(event: EventDay, now: datetime) -> list[Booking]:
    rows = event.bookings.filter(state=Booking.State.ON, end_at__gt=now)
    return list(rows.select_related("room__home").order_by("pk"))
