"""
Calendars that come from outside, read under limits: answers to invitations, and when somebody is busy.

Users: `notifications.replies` (answers by mail) and `kernel.calendar_busy` (a helper's own calendar).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icalendar import Calendar

if TYPE_CHECKING:
    from typing import Any

MOST_REPLY_BYTES = 64 * 1024
ANSWERS = ("ACCEPTED", "DECLINED", "TENTATIVE")


class UnreadableCalendar(Exception):
    """This is no calendar, or not one of the kind asked for."""


@dataclass(frozen=True)
class CalendarReply:
    """
    One person's answer about one event.

    Args:
        attendee: the mail address that answers, in lower case.
        answer: one of `ANSWERS`.
    """

    uid: str
    sequence: int
    attendee: str
    answer: str


def read_reply(content: bytes) -> CalendarReply:
    """
    An answer to an invitation (RFC 5546, METHOD:REPLY).

    Raises:
        UnreadableCalendar: too big, no calendar, no answer, or more than one event or person.
    """
    if len(content) > MOST_REPLY_BYTES:
        raise UnreadableCalendar("too big")
    calendar = parsed(content)
    if str(calendar.get("METHOD", "")).upper() != "REPLY":
        raise UnreadableCalendar("not an answer")
    events = calendar.walk("VEVENT")
    if len(events) != 1:
        raise UnreadableCalendar("not one event")
    return _reply_of(events[0])


def parsed(content: bytes) -> Calendar:
    """
    The calendar in these bytes.

    Raises:
        UnreadableCalendar: there is none.
    """
    try:
        return Calendar.from_ical(content)
    # Whatever a hostile text sets off inside the parser: to the caller it is simply unreadable.
    except Exception as error:
        raise UnreadableCalendar("no calendar") from error


def _reply_of(event: Any) -> CalendarReply:
    attendee = event.get("ATTENDEE")
    if attendee is None or isinstance(attendee, list) or not hasattr(attendee, "params"):
        raise UnreadableCalendar("not one person")
    answer = str(attendee.params.get("PARTSTAT", "")).upper()
    address = str(attendee)
    if answer not in ANSWERS or not address.lower().startswith("mailto:"):
        raise UnreadableCalendar("no answer in it")
    try:
        sequence = int(event.get("SEQUENCE", 0))
    except (TypeError, ValueError) as error:
        raise UnreadableCalendar("no number") from error
    return CalendarReply(str(event.get("UID", ""))[:200], sequence, address[7:].strip().lower(), answer)
