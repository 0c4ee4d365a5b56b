"""Weekdays, times of day and weekly hours in words; for homes and for helpers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from activities.models import OpeningHours
    from backend.roster.models import WeeklyHours

WEEKDAYS = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)
_DAY_MINUTES = 1440


def said_hours(rows: Iterable[WeeklyHours]) -> list[str]:
    """ "周一 14:00–16:00", one line each, in order of the week."""
    ordered = sorted(rows, key=lambda row: (row.weekday, row.start_minute))
    return [f"{WEEKDAYS[row.weekday - 1]} {span_of(row)}" for row in ordered]


def span_of(row: WeeklyHours | OpeningHours) -> str:
    """ "09:00–11:30", or the whole day."""
    if row.start_minute == 0 and row.end_minute == _DAY_MINUTES:
        return _("全天")
    return f"{clock(row.start_minute)}–{clock(row.end_minute)}"


def minutes_in(clock: str) -> int:
    """ "09:50" -> minutes from midnight."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def clock(minute: int) -> str:
    """Minutes from midnight as "09:50"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
