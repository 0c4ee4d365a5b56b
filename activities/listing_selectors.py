"""Where the children of event days come from, in whose schools' and villages' calendars the days therefore stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.models import DayPart, DaySeat

if TYPE_CHECKING:
    from datetime import datetime


def places_of_seats(day_id: int) -> set[tuple[int | None, int | None]]:
    """
    Where the children come from who have a place at a day: (row id of a school, None), or (None, that of a village).

    A child on file comes from where it lives and learns now; a guest from the school that signed it up.
    """
    placed = DaySeat.objects.filter(event_id=day_id, state=DaySeat.State.PLACE)
    villages = placed.filter(child__isnull=False).values_list("child__village_id", flat=True)
    pupils = placed.filter(child__school__isnull=False).values_list("child__school_id", flat=True)
    guests = placed.filter(child=None, school__isnull=False).values_list("school_id", flat=True)
    return {(None, pk) for pk in villages} | {(pk, None) for pk in (*pupils, *guests)}


def days_ahead_of_child(child_id: int, now: datetime) -> list[int]:
    """Row ids of days not over, and known to others, at which a child has a place."""
    seats = DaySeat.objects.filter(child_id=child_id, state=DaySeat.State.PLACE)
    ahead = DayPart.objects.filter(kind=DayPart.Kind.DAY, end_at__gt=now, event__in=seats.values("event_id"))
    return list(ahead.order_by("event_id").values_list("event_id", flat=True))
