"""Reads about homes and their rooms, starting from who is asking."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from activities.models import Booking, Home, Room
from backend.accounts.models import COORDINATORS, Role
from backend.roster.access import areas_visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader

_WEEK = timedelta(weeks=1)


def homes_visible_to(reader: Reader) -> QuerySet[Home]:
    """Homes in the areas of a coordinator or a village's director, and those of the coordinator's own school."""
    homes = Home.objects.select_related("area", "organisation")
    if reader.role not in COORDINATORS | {Role.VILLAGE_DIRECTOR}:
        return homes.none()
    inside = homes.filter(area__in=areas_visible_to(reader).order_by().values("pk"))
    return inside | homes.filter(organisation_id__in=reader.organisation_ids)


def rooms_visible_to(reader: Reader) -> QuerySet[Room]:
    """Rooms of the homes the reader sees."""
    homes = homes_visible_to(reader).order_by().values("pk")
    return Room.objects.filter(home__in=homes).select_related("home")


def bookings_of(home: Home, *, start: datetime, end: datetime) -> QuerySet[Booking]:
    """What is booked in a home within a span of time, half-open."""
    rows = Booking.objects.filter(room__home=home, state=Booking.State.ON, start_at__lt=end, end_at__gt=start)
    return rows.select_related("room", "booked_by").order_by("start_at", "room__name", "pk")


def weeks_after(bookings: Iterable[Booking]) -> dict[int, list[Booking]]:
    """Row id of a booking -> those of later weeks that stand and were made in the same act; one query for all."""
    asked = list(bookings)
    acts = {one.booked_at for one in asked}
    rooms = {one.room_id for one in asked}
    stand = Booking.objects.filter(booked_at__in=acts, room__in=rooms, state=Booking.State.ON).order_by("start_at")
    later = list(stand)
    return {one.pk: [row for row in later if _is_weeks_after(one, row)] for one in asked}


def _is_weeks_after(one: Booking, row: Booking) -> bool:
    gap = row.start_at - one.start_at
    is_one_act = (row.room_id, row.booked_by_id, row.booked_at) == (one.room_id, one.booked_by_id, one.booked_at)
    return is_one_act and gap > timedelta() and not gap % _WEEK


def bookings_visible_to(reader: Reader) -> QuerySet[Booking]:
    """Bookings of the homes the reader sees."""
    homes = homes_visible_to(reader).order_by().values("pk")
    return Booking.objects.filter(room__home__in=homes).select_related("room__home", "booked_by")
