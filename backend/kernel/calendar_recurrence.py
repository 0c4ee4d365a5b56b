"""
When an entry of somebody's calendar takes place: its own time, its repetitions and what was moved or left out.

Only repetitions by day or slower, and only within a window: a calendar from outside must not keep us counting. Users:
`kernel.calendar_busy`, for busy times and for hours of being free.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from dateutil.rrule import rrulestr

from backend.kernel.calendar import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SLOW_ENOUGH = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_TOO_FINE = ("BYHOUR", "BYMINUTE", "BYSECOND")
_LONGEST_RULE = 500
_MOST_DATES = 2000
Span = tuple[datetime, datetime]


class NotUnderstood(Exception):
    """One entry is wrong in itself or repeats in a way that is not followed; the others are."""


def occurrences(entries: Iterable[Any], begin: datetime, end: datetime) -> Iterator[tuple[Any, list[Span] | None]]:
    """
    Each entry with its spans within `[begin, end)`, cut to it; None for one that is not understood.

    Args:
        entries: components with DTSTART, and maybe UID, RRULE, RDATE, EXDATE, RECURRENCE-ID.
    """
    moved: dict[str, set[datetime]] = defaultdict(set)
    rows = list(entries)
    for entry in rows:
        if entry.get("RECURRENCE-ID") is not None and (at := _moment_or_none(entry.get("RECURRENCE-ID"))):
            moved[str(entry.get("UID", ""))].add(at)
    for entry in rows:
        instead = moved[str(entry.get("UID", ""))] if entry.get("RECURRENCE-ID") is None else set()
        try:
            yield entry, list(_spans(entry, instead, begin, end))
        except (NotUnderstood, ValueError, TypeError, AttributeError, ArithmeticError, LookupError):
            yield entry, None


def _moment_or_none(prop: Any) -> datetime | None:
    try:
        return moment_of(prop.dt)
    except (AttributeError, ValueError, OverflowError):
        return None


def moment_of(value: date | datetime) -> datetime:
    """A date or time of a calendar as a moment; without a zone it is meant here."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return (value if value.tzinfo else value.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def length_of(entry: Any) -> timedelta:
    """
    How long an entry takes: to its end, by its duration, else a day for a date and nothing for a time.

    Raises:
        NotUnderstood: it ends before it begins.
    """
    start = entry.get("DTSTART").dt
    if entry.get("DTEND") is not None:
        length = moment_of(entry.get("DTEND").dt) - moment_of(start)
    elif entry.get("DURATION") is not None:
        length = entry.get("DURATION").dt
    else:
        length = timedelta(0) if isinstance(start, datetime) else timedelta(days=1)
    if length < timedelta(0):
        raise NotUnderstood
    return length  # type: ignore[no-any-return]


def _spans(entry: Any, instead: set[datetime], begin: datetime, end: datetime) -> Iterator[Span]:
    if entry.get("DTSTART") is None:
        raise NotUnderstood
    length = length_of(entry)
    left_out = {moment_of(one) for one in _dates(entry, "EXDATE")} | instead
    for start in _starts(entry, begin - length, end):
        if start not in left_out and start < end and start + length > begin and length:
            yield max(start, begin), min(start + length, end)


def _starts(entry: Any, begin: datetime, end: datetime) -> Iterator[datetime]:
    first = entry.get("DTSTART").dt
    rule = entry.get("RRULE")
    if rule is None:
        yield moment_of(first)
    else:
        yield from _repeated(first, rule, begin, end)
    for one in _dates(entry, "RDATE"):
        yield moment_of(one[0] if isinstance(one, tuple) else one)


def _dates(entry: Any, name: str) -> list[Any]:
    lists = entry.get(name)
    lists = lists if isinstance(lists, list) else [lists] if lists is not None else []
    found = [one.dt for dates in lists for one in dates.dts]
    if len(found) > _MOST_DATES:
        raise NotUnderstood
    return found


def _repeated(first: date | datetime, rule: Any, begin: datetime, end: datetime) -> Iterator[datetime]:
    """Counted by the clock on the wall of the entry's own zone, so that nine o'clock stays nine o'clock."""
    if isinstance(rule, list):
        raise NotUnderstood
    zone = (first.tzinfo if isinstance(first, datetime) else None) or SHANGHAI
    wall = datetime.combine(first, time()) if not isinstance(first, datetime) else first.replace(tzinfo=None)
    for one in rrulestr(_text_of(rule, zone, end), dtstart=wall):
        at = one.replace(tzinfo=zone).astimezone(UTC)
        if at >= end:
            return
        if at >= begin:
            yield at


def _text_of(rule: Any, zone: Any, end: datetime) -> str:
    """
    The rule for `dateutil`, ending with the window at the latest.

    Raises:
        NotUnderstood: by the hour or faster, an interval of nothing, or longer than any honest one.
    """
    parts = {str(name).upper(): value for name, value in rule.items()}
    pace = [str(one).upper() for one in parts.get("FREQ", [])]
    interval = parts.get("INTERVAL", [1])
    if len(pace) != 1 or pace[0] not in _SLOW_ENOUGH or any(name in parts for name in _TOO_FINE):
        raise NotUnderstood
    if len(interval) != 1 or int(interval[0]) < 1:
        raise NotUnderstood
    until = parts.pop("UNTIL", None)
    latest = end.astimezone(zone).replace(tzinfo=None)
    if until:
        latest = min(latest, _wall(until[0], zone))
    kept = ";".join(one for one in rule.to_ical().decode().split(";") if not one.upper().startswith("UNTIL="))
    if len(kept) > _LONGEST_RULE:
        raise NotUnderstood
    # The two do not go together: with a number of times the loop above ends at the window.
    return kept if "COUNT" in parts else f"{kept};UNTIL={latest:%Y%m%dT%H%M%S}"


def _wall(value: date | datetime, zone: Any) -> datetime:
    """The last moment a rule may reach, by the clock of its zone; a day counts to its end."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(23, 59, 59))
    return value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value
