"""
Calendar entries as RFC 5545 bytes: the one place that imports icalendar.

Users: `notifications.feeds` (subscribed calendars), `notifications.invitations` (invitations by mail). What comes in
is read in `kernel.calendar_reading`.
"""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, TimezoneStandard, vCalAddress, vText

logger = logging.getLogger("qianshou.calendar")

SHANGHAI = ZoneInfo("Asia/Shanghai")
UID_DOMAIN = "calendar.qianshou.invalid"
"""Behind the @ of every id we give: fixed, whatever address the service is reached by."""
PRODID = "-//Qianshou//Qianshou 1//ZH"
_CANCELLED_MARK = "【已取消】"
# A line of a calendar, not a letter: longer texts make programs slow and phones refuse the file.
_LONGEST_LINE, _LONGEST_TEXT = 200, 2000
_ALARM_TIMED, _ALARM_DAY = timedelta(hours=-1), timedelta(hours=-15)
_END = b"END:VCALENDAR\r\n"
_ENTRIES_KEPT = 4096


class EntryStatus(Enum):
    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class CalendarEntry:
    """
    One event of one day.

    Args:
        uid: `<kind>-<random public id>@<fixed domain>`; never reused.
        start, end: both datetimes with a time zone, or both dates with an exclusive end.
        changed_at: DTSTAMP and LAST-MODIFIED; the time of the latest change, never now.
        sequence: rises when start, end, place or status change; never falls.
        organizer: a role's mail address.
        has_alarm: rings an hour before a time, or at nine in the morning before a whole day.
    """

    uid: str
    start: datetime | date
    end: datetime | date
    summary: str
    changed_at: datetime
    sequence: int
    organizer: str
    status: EntryStatus = EntryStatus.CONFIRMED
    location: str = ""
    description: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    has_alarm: bool = False


@dataclass(frozen=True)
class CalendarPage:
    """A whole feed."""

    name: str
    description: str
    entries: tuple[CalendarEntry, ...] = field(default=())


def moment(day: date, minutes: int) -> datetime:
    """Minutes from midnight of a day, here, as a moment in UTC."""
    return (datetime.combine(day, time(), SHANGHAI) + timedelta(minutes=minutes)).astimezone(UTC)


def clean_text(text: str) -> str:
    """
    NFC, without characters that break a calendar line or fool its reader.

    Dropped: C0 and C1 controls but for line feeds, bidi overrides, U+2028/2029, lone surrogates.
    """
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(char for char in composed if char == "\n" or not _is_unsafe(char))


def _is_unsafe(char: str) -> bool:
    return (
        unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
        or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
    )


def clean_line(text: str, longest: int = _LONGEST_LINE) -> str:
    """One line of at most so many characters: a name as it may stand in a calendar, a mail's head or a file's name."""
    line = " ".join(clean_text(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def render_calendar(page: CalendarPage) -> bytes:
    """
    The feed's bytes: CRLF, lines of at most 75 octets, one VTIMEZONE, one VEVENT per entry in the given order.

    An entry that cannot be written is left out and logged by its UID: one bad row never takes a calendar down.
    """
    head = _head(page).to_ical()
    return bytes(head[: -len(_END)]) + b"".join(_rendered(entry) for entry in page.entries) + _END


def _rendered(entry: CalendarEntry) -> bytes:
    try:
        return _written(entry)
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        # Neither the words of the error nor where it rose: both may hold what the entry says.
        name = type(error).__name__
        logger.error("Could not write a calendar entry, left it out: %s", name, extra={"uid": entry.uid[:80]})  # noqa: TRY400
        return b""


@lru_cache(_ENTRIES_KEPT)
def _written(entry: CalendarEntry) -> bytes:
    """A change touches one entry of a calendar or a few: the others are as they were written a moment ago."""
    return bytes(_event(entry).to_ical())


def render_invitation(entry: CalendarEntry, *, attendee: str) -> bytes:
    """
    One entry as a mail asks for it (RFC 5546): a request to answer, or word that it is called off.

    Args:
        attendee: the mail address of the person asked. The answer goes to the entry's organizer.
    """
    method = "CANCEL" if entry.status is EntryStatus.CANCELLED else "REQUEST"
    calendar = _bare(method)
    calendar.add_component(_shanghai())
    event = _event(entry)
    asked = vCalAddress(f"mailto:{attendee}")
    asked.params.update({"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"})
    event.add("attendee", asked)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _bare(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _head(page: CalendarPage) -> Calendar:
    calendar = _bare("PUBLISH")
    for key in ("name", "x-wr-calname"):
        calendar.add(key, vText(clean_line(page.name)))
    calendar.add("x-wr-caldesc", vText(clean_line(page.description)))
    calendar.add("x-wr-timezone", "Asia/Shanghai")
    # The parameter is required by RFC 7986; the library's own setter leaves it out.
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vText("PT1H"))
    calendar.add_component(_shanghai())
    return calendar


def _shanghai() -> Timezone:
    zone = Timezone()
    zone.add("tzid", "Asia/Shanghai")
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1991, 9, 15, 1, 0, 0))  # noqa: DTZ001 - local time by definition
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _event(entry: CalendarEntry) -> Event:
    event = Event()
    changed_at = entry.changed_at.astimezone(UTC).replace(microsecond=0)
    event.add("uid", entry.uid)
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("sequence", entry.sequence)
    event.add("dtstart", _moment(entry.start))
    event.add("dtend", _moment(entry.end))
    _add_texts(event, entry)
    event.add("organizer", f"mailto:{entry.organizer}")
    event.add("class", "PRIVATE")
    if entry.has_alarm and entry.status is not EntryStatus.CANCELLED:
        event.add_component(_alarm(entry))
    return event


def _alarm(entry: CalendarEntry) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", vText(clean_line(entry.summary)))
    alarm.add("trigger", _ALARM_TIMED if isinstance(entry.start, datetime) else _ALARM_DAY)
    return alarm


def _add_texts(event: Event, entry: CalendarEntry) -> None:
    is_cancelled = entry.status is EntryStatus.CANCELLED
    summary = clean_line(entry.summary)
    event.add("summary", vText(f"{_CANCELLED_MARK}{summary}" if is_cancelled else summary))
    event.add("status", entry.status.value)
    # A day-long reminder, and anything cancelled, must not block the day.
    is_free = is_cancelled or not isinstance(entry.start, datetime)
    event.add("transp", "TRANSPARENT" if is_free else "OPAQUE")
    for key, text in (("location", clean_line(entry.location)), ("description", clean_text(entry.description))):
        if text:
            event.add(key, vText(text[:_LONGEST_TEXT]))
    if entry.url:
        event.add("url", entry.url)
    if entry.categories:
        event.add("categories", [clean_line(name) for name in entry.categories])


def _moment(value: datetime | date) -> datetime | date:
    return value.astimezone(SHANGHAI) if isinstance(value, datetime) else value
