"""A day stands in the calendars of the schools and villages its children come from, and leaves none without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from activities.events import DayListed
from activities.listing_selectors import days_ahead_of_child, days_listed_wrongly, places_of_seats
from activities.models import DayListing, DayPart, EventDay
from backend.outbox.services import publish

if TYPE_CHECKING:
    from datetime import datetime

_SHOWN = ("name", "place_name", "start_at", "end_at")


def list_day(*, day_id: int, now: datetime) -> None:
    """
    Bring a day to the calendars of where its children with a place come from; where none does any more it is off.

    A day that was called off, or is over, stays where it stood: what took place is not undone by who moves afterwards.
    """
    with transaction.atomic():
        # One after the other: of two changes at once the later one sees what the earlier one listed.
        EventDay.objects.filter(pk=day_id).update(changed_at=F("changed_at"))
        ahead = DayPart.objects.filter(event_id=day_id, kind=DayPart.Kind.DAY, state=DayPart.State.ON, end_at__gt=now)
        for part in ahead:
            _list_part(part, now)


def list_days_of_child(*, child_id: int, now: datetime) -> None:
    """The same for every day to come at which a child has a place."""
    for day_id in days_ahead_of_child(child_id, now):
        list_day(day_id=day_id, now=now)


def list_days_again(*, now: datetime) -> int:
    """
    The same for every day to come that stands elsewhere than its children come from; answers how many there were.

    While the program is renewed, the old one goes on signing children up and knows of no calendars to tell.
    """
    days = days_listed_wrongly(now)
    for day_id in days:
        list_day(day_id=day_id, now=now)
    return len(days)


def _list_part(part: DayPart, now: datetime) -> None:
    rows = {(one.organisation_id, one.area_id): one for one in part.listings.all()}
    wanted = places_of_seats(part.event_id)
    new = [DayListing(part=part, organisation_id=school, area_id=village) for school, village in wanted - set(rows)]
    back = [one for key, one in rows.items() if key in wanted and one.left_at is not None]
    gone = [one for key, one in rows.items() if key not in wanted and one.left_at is None]
    DayListing.objects.bulk_create(new)
    for row in gone:
        _leave(row, part, now)
    if back:
        _come_back(back, part, now)
    if new or back or gone:
        publish(DayListed(day_id=part.event_id))


def _leave(row: DayListing, part: DayPart, now: datetime) -> None:
    for name in _SHOWN:
        setattr(row, name, getattr(part, name))
    row.left_at, row.sequence = now, part.sequence + 1
    row.save(update_fields=[*_SHOWN, "left_at", "sequence"])


def _come_back(rows: list[DayListing], part: DayPart, now: datetime) -> None:
    """The day's own number must be above each it left with: a calendar takes nothing from a lower one."""
    DayListing.objects.filter(pk__in=[one.pk for one in rows]).update(left_at=None)
    least = max(one.sequence for one in rows) + 1
    DayPart.objects.filter(pk=part.pk, sequence__lt=least).update(sequence=least, changed_at=now)
