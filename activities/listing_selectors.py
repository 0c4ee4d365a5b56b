"""Where the children of event days come from, in whose schools' and villages' calendars the days therefore stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from activities.models import DayListing, DayPart, DaySeat

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


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


def days_listed_wrongly(now: datetime) -> list[int]:
    """Row ids of days to come that miss in a calendar of where their children come from, or stand in another one."""
    ahead = DayPart.objects.filter(kind=DayPart.Kind.DAY, state=DayPart.State.ON, end_at__gt=now)
    unlisted, listed = _seats_unlisted(ahead), _listings_without_seats(ahead)
    return sorted({*unlisted.values_list("event_id", flat=True), *listed.values_list("part__event_id", flat=True)})


def _seats_unlisted(ahead: QuerySet[DayPart]) -> QuerySet[DaySeat]:
    """Places of children whose school or village does not have the day in its calendar."""
    listed = DayListing.objects.filter(part__event_id=OuterRef("event_id"), left_at=None)
    of_village = Exists(listed.filter(area_id=OuterRef("child__village_id")))
    of_pupil = Exists(listed.filter(organisation_id=OuterRef("child__school_id")))
    of_guest = Exists(listed.filter(organisation_id=OuterRef("school_id")))
    missing = (
        Q(~of_village, child__isnull=False)
        | Q(~of_pupil, child__school__isnull=False)
        | Q(~of_guest, child=None, school__isnull=False)
    )
    return DaySeat.objects.filter(missing, state=DaySeat.State.PLACE, event__in=ahead.values("event_id"))


def _listings_without_seats(ahead: QuerySet[DayPart]) -> QuerySet[DayListing]:
    """Calendars in which a day still stands, though no child of theirs has a place any more."""
    school, village = OuterRef("organisation_id"), OuterRef("area_id")
    from_here = Q(child__village_id=village) | Q(child__school_id=school) | Q(child=None, school_id=school)
    placed = DaySeat.objects.filter(from_here, event_id=OuterRef("part__event_id"), state=DaySeat.State.PLACE)
    return DayListing.objects.filter(~Exists(placed), left_at=None, part__in=ahead)
