"""Reads about when helpers are busy. Each sees one's own calendars; planning asks only whether a time is free."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from activities.models import BusyCalendar, BusySpan
from backend.accounts.models import HELPERS
from backend.kernel.calendar import SHANGHAI, moment
from backend.roster.selectors import usual_hours

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader

Span = tuple["datetime", "datetime"]


def busy_calendars_of(reader: Reader) -> QuerySet[BusyCalendar]:
    """A helper's own, those not yet taken too; nobody else's, whoever asks."""
    if reader.helper_id is None or reader.role not in HELPERS:
        return BusyCalendar.objects.none()
    return BusyCalendar.objects.filter(helper_id=reader.helper_id).order_by("kind", "state", "pk")


def busy_times(helper_ids: Iterable[int], begin: datetime, end: datetime) -> dict[int, list[Span]]:
    """Helper row id -> spans within `[begin, end)`, by time, as calendars in use say; who is free has none."""
    rows = BusySpan.objects.filter(
        calendar__helper_id__in=list(helper_ids), calendar__state=BusyCalendar.State.LIVE,
        start_at__lt=end, end_at__gt=begin,
    ).order_by("start_at", "pk")  # fmt: skip
    found: dict[int, list[Span]] = defaultdict(list)
    for helper_id, start, until in rows.values_list("calendar__helper_id", "start_at", "end_at"):
        found[helper_id].append((max(start, begin), min(until, end)))
    return dict(found)


def first_busy_time(helper_id: int, begin: datetime, end: datetime) -> Span | None:
    """The first of a helper's busy times within a span; None where the span is free."""
    return next(iter(busy_times([helper_id], begin, end).get(helper_id, [])), None)


def is_usually_free(helper_id: int, begin: datetime, end: datetime) -> bool:
    """Whether a span of one day lies in a helper's ordinary week; always where they never said when they are free."""
    day = begin.astimezone(SHANGHAI).date()
    usual = usual_hours([helper_id], day).get(helper_id)
    return usual is None or any(moment(day, start) <= begin and end <= moment(day, until) for start, until in usual)
