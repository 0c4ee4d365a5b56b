"""libical 3, the parser of Evolution, KOrganizer and Cyrus, by ctypes (Debian: libical3)."""

from __future__ import annotations

import ctypes
from ctypes.util import find_library
from datetime import date

from tests.calendars.seen import Seen


class Time(ctypes.Structure):
    """`struct icaltimetype` of libical 3."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "daylight")),
        ("zone", ctypes.c_void_p),
    ]


def load() -> ctypes.CDLL | None:
    """The library, its functions typed; None where it is not installed."""
    name = find_library("ical")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    pointer, text, kind = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for function, arguments, answer in (
        ("icalparser_parse_string", [text], pointer),
        ("icalcomponent_string_to_kind", [text], kind),
        ("icalproperty_string_to_kind", [text], kind),
        ("icalcomponent_count_errors", [pointer], ctypes.c_int),
        ("icalcomponent_get_first_component", [pointer, kind], pointer),
        ("icalcomponent_get_next_component", [pointer, kind], pointer),
        ("icalcomponent_get_first_property", [pointer, kind], pointer),
        ("icalproperty_get_value_as_string", [pointer], text),
        ("icalcomponent_get_uid", [pointer], text),
        ("icalcomponent_get_dtstart", [pointer], Time),
        ("icalcomponent_get_dtend", [pointer], Time),
        ("icaltime_as_timet_with_zone", [Time, pointer], ctypes.c_long),
        ("icalcomponent_free", [pointer], None),
    ):
        getattr(library, function).argtypes, getattr(library, function).restype = arguments, answer
    return library


def read(library: ctypes.CDLL, content: bytes) -> tuple[list[Seen], int]:
    """The events it sees, and how many errors it counts in the whole file."""
    calendar = library.icalparser_parse_string(content)
    event_kind = library.icalcomponent_string_to_kind(b"VEVENT")
    status_kind = library.icalproperty_string_to_kind(b"STATUS")
    seen, event = [], library.icalcomponent_get_first_component(calendar, event_kind)
    while event:
        status = library.icalcomponent_get_first_property(event, status_kind)
        seen.append(
            Seen(
                library.icalcomponent_get_uid(event).decode(),
                _moment(library, library.icalcomponent_get_dtstart(event)),
                _moment(library, library.icalcomponent_get_dtend(event)),
                library.icalproperty_get_value_as_string(status).decode(),
            )
        )
        event = library.icalcomponent_get_next_component(calendar, event_kind)
    errors = library.icalcomponent_count_errors(calendar)
    library.icalcomponent_free(calendar)
    return sorted(seen), errors


def _moment(library: ctypes.CDLL, time: Time) -> str:
    if time.is_date:
        return date(time.year, time.month, time.day).isoformat()
    return str(library.icaltime_as_timet_with_zone(time, time.zone))
