"""Reads about homes and their rooms, starting from who is asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.models import Booking, Home, Room
from backend.accounts.models import COORDINATORS, Role
from backend.roster.access import areas_visible_to

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader


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


def bookings_visible_to(reader: Reader) -> QuerySet[Booking]:
    """Bookings of the homes the reader sees."""
    homes = homes_visible_to(reader).order_by().values("pk")
    return Booking.objects.filter(room__home__in=homes).select_related("room__home", "booked_by")
