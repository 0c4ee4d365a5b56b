"""Minutes from midnight and how people write them; windows are half-open, `[start, end)`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from activities.core.day.errors import MalformedDay

DAY_MINUTES = 24 * 60
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """
    A stretch of the day, minutes from midnight.

    Raises:
        MalformedDay: it ends before it begins, or leaves the day.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= DAY_MINUTES:
            raise MalformedDay(
                f"{clock(self.start)}-{clock(self.end)}",
                "is no stretch of a day",
                "let the first time be earlier than the second, both from 00:00 to 24:00",
            )

    def holds(self, start: int, end: int) -> bool:
        """Whether `[start, end)` lies inside."""
        return self.start <= start and end <= self.end


WHOLE_DAY = (Window(0, DAY_MINUTES),)


def minutes_of(text: str, place: str) -> int:
    """
    Read "09:50" as minutes from midnight; "24:00" is the end of the day.

    Raises:
        MalformedDay: no time of day, naming the place.
    """
    match = _CLOCK.fullmatch(text)
    minutes = 60 * int(match[1]) + int(match[2]) if match else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        raise MalformedDay(place, f"{text[:20]!r} is no time of day", 'write it like "09:50"')
    return minutes


def clock(minutes: int) -> str:
    """Write minutes from midnight as "09:50"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def fits(windows: tuple[Window, ...], start: int, end: int) -> bool:
    """Whether one of the windows holds `[start, end)` as a whole."""
    return any(window.holds(start, end) for window in windows)
