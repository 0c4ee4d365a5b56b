"""
Which days are worked: the State Council's list, with our own table above it.

Used by `activities` (the last day of a window, plans over a term) and by pages that show a calendar.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import chinese_calendar

if TYPE_CHECKING:
    from collections.abc import Mapping

_SATURDAY = 5


def is_published(year: int) -> bool:
    """
    Whether the official list of that year is known to us.

    It appears in November of the year before; until then `is_working_day` follows the weekday, and pages say so.
    """
    try:
        chinese_calendar.is_workday(date(year, 6, 15))
    except NotImplementedError:
        return False
    return True


def is_working_day(day: date, own: Mapping[date, bool] | None = None) -> bool:
    """
    Whether people work on a day, make-up Saturdays and Sundays included.

    Args:
        own: days somebody entered by hand, True for worked; they win over the official list.
    """
    if own and day in own:
        return own[day]
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < _SATURDAY


def latest_working_day(earliest: date, latest: date, own: Mapping[date, bool] | None = None) -> date:
    """
    The last working day of a window, both ends included; `latest` itself when the window holds none.

    Raises:
        ValueError: the window ends before it begins.
    """
    if latest < earliest:
        raise ValueError(f"the window ends on {latest}, before {earliest}")
    day = latest
    while day >= earliest:
        if is_working_day(day, own):
            return day
        day -= timedelta(days=1)
    return latest
