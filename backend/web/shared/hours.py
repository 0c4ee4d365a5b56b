"""Weekly hours in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.roster.models import WeeklyHours

_DAYS = (
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
    return [f"{_DAYS[row.weekday - 1]} {_span(row)}" for row in ordered]


def _span(row: WeeklyHours) -> str:
    if row.start_minute == 0 and row.end_minute == _DAY_MINUTES:
        return _("全天")
    return f"{_clock(row.start_minute)}–{_clock(row.end_minute)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
