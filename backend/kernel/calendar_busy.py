"""
When somebody is busy, by their own calendar: `python -m backend.kernel.calendar_busy --from DATE --days N < file.ics`.

Prints one line of JSON: {"busy": [[start, end], …], "entries": n, "skipped": m, "has_hours": bool} with half-open spans
in minutes since 1970 UTC, sorted and joined; or {"refused": reason}. It keeps times and nothing else: what an entry is
called, where it is and who comes is never read.

Read are VEVENT (but those that are cancelled or marked as free), VFREEBUSY, and VAVAILABILITY (RFC 7953): outside the
hours it calls free one is busy, and of two the one of higher priority counts. It runs apart from the service, within
limits it sets on itself. Users: `activities.services.availability`, for files and for linked calendar.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from backend.kernel.calendar import UID_DOMAIN, moment
from backend.kernel.calendar_reading import UnreadableCalendar, parsed
from backend.kernel.calendar_recurrence import NotUnderstood, moment_of, occurrences

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_BYTES = 1024 * 1024
MOST_ENTRIES = 5000
MOST_DAYS = 400
MEMORY_MB = 512
SECONDS = 10
_MOST_SPANS = 20_000
_LOWEST_PRIORITY = 10
_MINUTE = timedelta(minutes=1)
Span = tuple[datetime, datetime]


class Refused(Exception):
    """The whole file is not read; `reason` is one of too_big, not_a_calendar, too_many, too_slow."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def busy_in(content: bytes, first: date, days: int) -> dict[str, Any]:
    """
    The line to print.

    Raises:
        Refused
    """
    if len(content) > MOST_BYTES:
        raise Refused("too_big")
    try:
        calendar = parsed(content)
    except UnreadableCalendar as error:
        raise Refused("not_a_calendar") from error
    if calendar.name != "VCALENDAR":
        raise Refused("not_a_calendar")
    reading = _Reading(moment(first, 0), moment(first + timedelta(days=days), 0))
    reading.read(calendar)
    spans = joined(reading.busy)
    return {
        "busy": [[_minutes(start), -_minutes(end, up=True)] for start, end in spans],
        "entries": reading.entries,
        "skipped": reading.skipped,
        "has_hours": reading.has_hours,
    }


def _minutes(at: datetime, *, up: bool = False) -> int:
    """Whole minutes since 1970, rounded down; with `up` the negative of those rounded up."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (-since if up else since) // _MINUTE


class _Reading:
    """What has been found so far in one window."""

    def __init__(self, begin: datetime, end: datetime) -> None:
        self.begin, self.end = begin, end
        self.busy: list[Span] = []
        self.entries = self.skipped = 0
        self.has_hours = False

    def read(self, calendar: Any) -> None:
        hours, events, others = (calendar.walk(name) for name in ("VAVAILABILITY", "VEVENT", "VFREEBUSY"))
        self.entries = len(hours) + len(events) + len(others)
        if self.entries + sum(len(one.subcomponents) for one in hours) > MOST_ENTRIES:
            raise Refused("too_many")
        self._hours(hours)
        self._events(events)
        for one in others:
            self._free_busy(one)

    def _hours(self, components: list[Any]) -> None:
        """The lowest priority first, so that a higher one speaks last about its own time."""
        for component in sorted(components, key=_priority):
            try:
                span = self._span_of(component)
            except (NotUnderstood, ValueError, TypeError, AttributeError, OverflowError):
                self.skipped += 1
                continue
            self.has_hours = True
            free = [one for one in component.subcomponents if one.name == "AVAILABLE"]
            self.busy = [*without(self.busy, [span]), *without([span], self._expanded(free))]

    def _span_of(self, component: Any) -> Span:
        """From its beginning to its end, each open where it is not said."""
        start, end = component.get("DTSTART"), component.get("DTEND")
        begins = moment_of(start.dt) if start is not None else self.begin
        ends = moment_of(end.dt) if end is not None else self.end
        if end is None and start is not None and component.get("DURATION") is not None:
            ends = begins + component.get("DURATION").dt
        if begins >= ends:
            raise NotUnderstood
        return max(begins, self.begin), max(min(ends, self.end), self.begin)

    def _events(self, events: list[Any]) -> None:
        # A moved repetition that is free now has to be known of too: it takes the place of the one it was.
        found = self._each(events)
        self._add(span for entry, spans in found for span in spans if not _is_free(entry))

    def _expanded(self, entries: list[Any]) -> list[Span]:
        return [span for _entry, spans in self._each(entries) for span in spans]

    def _each(self, entries: list[Any]) -> list[tuple[Any, list[Span]]]:
        found = []
        for entry, spans in occurrences(entries, self.begin, self.end):
            if spans is None:
                self.skipped += 1
                continue
            found.append((entry, spans))
        return found

    def _free_busy(self, component: Any) -> None:
        try:
            lists = component.get("FREEBUSY", [])
            periods = lists if isinstance(lists, list) else [lists]
            spans = [
                (moment_of(one.start), moment_of(one.end))
                for one in periods
                if str(one.params.get("FBTYPE", "BUSY")).upper() != "FREE"
            ]
        except (ValueError, TypeError, AttributeError, OverflowError):
            self.skipped += 1
            return
        self._add((max(a, self.begin), min(b, self.end)) for a, b in spans if a < self.end and b > self.begin)

    def _add(self, spans: Iterable[Span]) -> None:
        for span in spans:
            if span[0] < span[1]:
                self.busy.append(span)
            if len(self.busy) > _MOST_SPANS:
                self.busy = joined(self.busy)
                if len(self.busy) > _MOST_SPANS // 2:
                    raise Refused("too_many")


def _priority(component: Any) -> int:
    """1 is the highest, 0 and nothing the lowest; higher ones last."""
    try:
        number = int(component.get("PRIORITY", 0))
    except (ValueError, TypeError):
        number = 0
    return -(number if 1 <= number < _LOWEST_PRIORITY else _LOWEST_PRIORITY)


def _is_free(entry: Any) -> bool:
    # What we told somebody ourselves comes back in a calendar that follows ours, and must not stand in its own way.
    if str(entry.get("UID", "")).endswith(f"@{UID_DOMAIN}"):
        return True
    words = [str(entry.get(name, "")).upper() for name in ("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS")]
    return words[0] == "CANCELLED" or words[1] == "TRANSPARENT" or words[2] == "FREE"


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans by time, those that touch or overlap made one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        elif start < end:
            out.append((start, end))
    return out


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of spans where others are cut out."""
    left, cuts = [], joined(taken)
    for start, end in joined(spans):
        at = start
        for cut_start, cut_end in cuts:
            if cut_end <= at or cut_start >= end:
                continue
            if cut_start > at:
                left.append((at, cut_start))
            at = max(at, cut_end)
        if at < end:
            left.append((at, end))
    return left


def main() -> int:
    """Read the file on standard input; 0 also when it is refused, because that is an answer."""
    parser = argparse.ArgumentParser(description="When somebody is busy, by their own calendar.")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
    parser.add_argument("--days", type=int, default=182, choices=range(1, MOST_DAYS + 1), metavar="N")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        line = busy_in(sys.stdin.buffer.read(MOST_BYTES + 1), asked.first, asked.days)
    except Refused as refusal:
        line = {"refused": refusal.reason}
    except (MemoryError, RecursionError):
        line = {"refused": "too_many"}
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
