"""Homes, what is in them, and booking a room without clash."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from activities.models import BookedSlot, Booking, Equipment, Home, OpeningHours, Room
from activities.place_selectors import weeks_after
from backend.audit.services import record
from backend.kernel.calendar import SHANGHAI, clean_line
from backend.kernel.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from activities.models import EventDay
    from backend.roster.models import Area, Organisation

SLOT = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
MOST_DAYS_AHEAD = 366
"""A room is booked within a year, so that a mistyped year is seen at once."""
MOST_WEEKS = 30
"""How long a weekly booking may go on: a term and its holidays."""


class NameTaken(DomainError):
    code = "home.name_taken"
    message = "There is one of that name already."


class RoomTaken(DomainError):
    code = "booking.taken"
    message = "This room is taken from %(start)s to %(end)s by %(who)s."


class RoomTakenOn(DomainError):
    code = "booking.taken_on"
    message = "Nothing was booked: on %(day)s this room is taken from %(start)s to %(end)s by %(who)s."


class TooManyWeeks(DomainError):
    code = "booking.too_many_weeks"
    status = 400
    message = "Choose a last day after the first and within %(most)s weeks."


class BookingTimes(DomainError):
    code = "booking.times"
    status = 400
    message = "Choose quarters of an hour on one day, the end later than the start and at most twelve hours."


class BookingFar(DomainError):
    code = "booking.far"
    status = 400
    message = "A room can be booked a year ahead. Please check the date."


class HomeClosed(DomainError):
    code = "booking.closed"
    message = "The home is closed then."


class HeldForDay(DomainError):
    code = "booking.held_for_day"
    message = "This room is held for an event day. Change or call off that day instead."


class BookingPast(DomainError):
    code = "booking.past"
    message = "This time is over or the booking was cancelled already; nothing was changed."


def make_home(
    *, name: str, kind: str, area: Area, organisation: Organisation | None = None, actor: Any, now: datetime
) -> Home:
    """
    Put a home on file.

    Raises:
        NameTaken: the area has one of that name.
    """
    try:
        with transaction.atomic():
            home = Home.objects.create(
                name=clean_line(name, 60), kind=kind, area=area, organisation=organisation, created_at=now
            )
            record(actor=actor, verb="home.made", subject=home)
    except IntegrityError as error:
        raise NameTaken from error
    return home


def add_room(*, home: Home, name: str, zone: str, seats: int, actor: Any) -> Room:
    """
    Add a room to a home.

    Raises:
        NameTaken: the home has one of that name.
    """
    try:
        with transaction.atomic():
            room = Room.objects.create(home=home, name=clean_line(name, 40), zone=zone, seats=seats)
            record(actor=actor, verb="home.room_added", subject=home, after={"zone": zone, "seats": seats})
    except IntegrityError as error:
        raise NameTaken from error
    return room


def change_room(*, room: Room, name: str, zone: str, seats: int, actor: Any) -> Room:
    """
    Name a room anew, or change its zone or seats; what is booked stays.

    Raises:
        NameTaken: the home has one of that name.
    """
    before = {"zone": room.zone, "seats": room.seats}
    room.name, room.zone, room.seats = clean_line(name, 40), zone, seats
    try:
        with transaction.atomic():
            room.save(update_fields=["name", "zone", "seats"])
            after = {"zone": zone, "seats": seats}
            record(actor=actor, verb="home.room_changed", subject=room.home, before=before, after=after)
    except IntegrityError as error:
        raise NameTaken from error
    return room


def set_opening_hours(*, home: Home, hours: Mapping[int, tuple[int, int]], actor: Any) -> None:
    """
    Say when a home is open.

    Args:
        hours: weekday (1 Monday .. 7 Sunday) -> minutes from midnight, half-open; a day without an entry is closed.
            Bookings that are there stand.
    """
    with transaction.atomic():
        home.opening_hours.all().delete()
        OpeningHours.objects.bulk_create(
            OpeningHours(home=home, weekday=day, start_minute=start, end_minute=end)
            for day, (start, end) in sorted(hours.items())
        )
        after = {str(day): list(span) for day, span in sorted(hours.items())}
        record(actor=actor, verb="home.hours_set", subject=home, after=after)


def set_equipment(*, home: Home, name: str, wanted: int, present: int, actor: Any) -> None:
    """Note how many of a thing a home should have and has."""
    with transaction.atomic():
        Equipment.objects.update_or_create(
            home=home, name=clean_line(name, 40), defaults={"wanted": wanted, "present": present}
        )
        record(actor=actor, verb="home.equipment_set", subject=home, after={"wanted": wanted, "present": present})


def book_room(*, room: Room, purpose: str, start_at: datetime, end_at: datetime, actor: Any, now: datetime) -> Booking:
    """
    Take a room for a while. Of two who ask for the same quarter of an hour at once, one gets it.

    Raises:
        BookingTimes, BookingFar, HomeClosed, BookingPast: the time itself does not do.
        RoomTaken: somebody has it.
    """
    _check_times(room, start_at, end_at, now)
    return take_room(room=room, purpose=purpose, start_at=start_at, end_at=end_at, actor=actor, now=now)


def take_room(
    *,
    room: Room,
    purpose: str,
    start_at: datetime,
    end_at: datetime,
    event: EventDay | None = None,
    actor: Any,
    now: datetime,
) -> Booking:
    """
    Take a room whatever its hours are; of two who ask at once one gets it.

    Args:
        start_at, end_at: quarters of an hour; event: the published day it is held for.

    Raises:
        RoomTaken: somebody has it.
    """
    try:
        with transaction.atomic():
            booking = Booking.objects.create(
                room=room, purpose=purpose, start_at=start_at, end_at=end_at, event=event, booked_by=actor,
                booked_at=now,
            )  # fmt: skip
            BookedSlot.objects.bulk_create(
                BookedSlot(room=room, booking=booking, start_at=at) for at in _slots(start_at, end_at)
            )
            record(actor=actor, verb="booking.made", subject=booking, after={"start_at": start_at.isoformat()})
    except IntegrityError as error:
        raise _taken(room, start_at, end_at) from error
    return booking


def book_weekly(
    *, room: Room, purpose: str, start_at: datetime, end_at: datetime, until: date, actor: Any, now: datetime
) -> list[Booking]:
    """
    Take a room at the same time every week up to a day, that day included; all of it or nothing.

    Raises:
        TooManyWeeks: the last day is before the first or more than `MOST_WEEKS` off.
        BookingTimes, BookingFar, HomeClosed, BookingPast: the time itself does not do.
        RoomTakenOn: somebody has it in one of the weeks.
    """
    weeks = (until - start_at.astimezone(SHANGHAI).date()).days // 7
    if not 0 <= weeks < MOST_WEEKS:
        raise TooManyWeeks(most=MOST_WEEKS)
    spans = [(start_at + timedelta(weeks=n), end_at + timedelta(weeks=n)) for n in range(weeks + 1)]
    booked = []
    with transaction.atomic():
        for start, end in spans:
            try:
                booked.append(book_room(room=room, purpose=purpose, start_at=start, end_at=end, actor=actor, now=now))
            except RoomTaken as error:
                day = start.astimezone(SHANGHAI).date().isoformat()
                raise RoomTakenOn(day=day, **error.facts) from error
    return booked


def _slots(start_at: datetime, end_at: datetime) -> list[datetime]:
    return [start_at + SLOT * n for n in range((end_at - start_at) // SLOT)]


def _check_times(room: Room, start_at: datetime, end_at: datetime, now: datetime) -> None:
    start, end = start_at.astimezone(SHANGHAI), end_at.astimezone(SHANGHAI)
    is_even = not any(one.minute % 15 or one.second or one.microsecond for one in (start, end))
    if not is_even or start >= end or end - start > LONGEST or start.date() != end.date():
        raise BookingTimes
    if start_at <= now:
        raise BookingPast
    if start_at > now + timedelta(days=MOST_DAYS_AHEAD):
        raise BookingFar
    minutes = (start.hour * 60 + start.minute, end.hour * 60 + end.minute)
    is_open = room.home.opening_hours.filter(
        weekday=start.isoweekday(), start_minute__lte=minutes[0], end_minute__gte=minutes[1]
    )
    if not is_open.exists():
        raise HomeClosed


def _taken(room: Room, start_at: datetime, end_at: datetime) -> RoomTaken:
    """Who has it, for the one who came later; they may have given it back by now."""
    held = Booking.objects.filter(room=room, state=Booking.State.ON, start_at__lt=end_at, end_at__gt=start_at)
    holder = held.select_related("booked_by").order_by("start_at").first()
    start = (holder.start_at if holder else start_at).astimezone(SHANGHAI)
    end = (holder.end_at if holder else end_at).astimezone(SHANGHAI)
    who = holder.booked_by.display_name if holder and holder.booked_by else "—"
    return RoomTaken(start=f"{start:%H:%M}", end=f"{end:%H:%M}", who=who)


def cancel_booking(*, booking: Booking, actor: Any, now: datetime) -> None:
    """
    Give a room back.

    Raises:
        BookingPast: cancelled or over already.
        HeldForDay: it belongs to an event day; nothing was changed.
    """
    if booking.event_id is not None:
        raise HeldForDay
    free_room(booking=booking, actor=actor, now=now)


def free_room(*, booking: Booking, actor: Any, now: datetime) -> None:
    """
    Give a room back, whoever holds it.

    Raises:
        BookingPast: cancelled or over already.
    """
    with transaction.atomic():
        mine = Booking.objects.filter(pk=booking.pk, state=Booking.State.ON, end_at__gt=now)
        if mine.update(state=Booking.State.CANCELLED) != 1:
            raise BookingPast
        BookedSlot.objects.filter(booking_id=booking.pk).delete()
        record(actor=actor, verb="booking.cancelled", subject=booking)


def cancel_following(*, booking: Booking, actor: Any, now: datetime) -> int:
    """
    Give back a booking and those of the weeks after it that were made with it.

    Returns:
        How many times the room is free again.

    Raises:
        BookingPast: the booking is cancelled or over already; nothing was changed.
    """
    with transaction.atomic():
        later = weeks_after([booking])[booking.pk]
        for one in (booking, *later):
            cancel_booking(booking=one, actor=actor, now=now)
    return 1 + len(later)
