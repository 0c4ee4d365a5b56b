"""What a calendar program shows of one event, in one form for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from backend.kernel.calendar import CalendarEntry, CalendarPage, EntryStatus, render_calendar

ORGANIZER = "qianshou@example.org"
CHANGED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HOSTILE = "家访\u2028：“水狮坝;村”, \\n 1 户\u202e😀\ud800" + "很长" * 200


@dataclass(frozen=True, order=True)
class Seen:
    """
    Args:
        start, end: ISO date for whole days (end exclusive), else seconds since 1970 in UTC.
    """

    uid: str
    start: str
    end: str
    status: str


def seen_of(entry: CalendarEntry) -> Seen:
    """What every program has to show of it."""
    return Seen(entry.uid, moment(entry.start), moment(entry.end), entry.status.value)


def moment(value: datetime | date) -> str:
    return str(int(value.timestamp())) if isinstance(value, datetime) else value.isoformat()


def feed(*entries: CalendarEntry) -> bytes:
    return render_calendar(CalendarPage("我的家访", "说明", entries))


def an_entry(name: str, start: datetime | date, **columns: object) -> CalendarEntry:
    end = start + (timedelta(hours=1) if isinstance(start, datetime) else timedelta(days=1))
    facts = {"end": end, "summary": "家访：水狮坝村 · 1 户", "changed_at": CHANGED, "sequence": 0} | columns
    return CalendarEntry(uid=f"visit-{name}@calendar.qianshou.invalid", start=start, organizer=ORGANIZER, **facts)


# A visit after school, one that is over midnight in UTC, a day without a time, and one whose texts mean harm.
AFTER_SCHOOL = an_entry("afternoon", datetime(2026, 12, 1, 8, 30, tzinfo=UTC))
EARLY = an_entry("early", datetime(2026, 12, 1, 23, 30, tzinfo=UTC), location="水狮坝村")
WHOLE_DAY = an_entry("day", date(2026, 12, 4))
HOSTILE_TEXTS = an_entry(
    "hostile", datetime(2026, 12, 3, 6, 0, tzinfo=UTC), summary=HOSTILE, location=HOSTILE, description=HOSTILE
)
BEFORE = (AFTER_SCHOOL, EARLY, WHOLE_DAY, HOSTILE_TEXTS)

LATER = an_entry(
    "afternoon", datetime(2026, 12, 2, 9, 0, tzinfo=UTC), sequence=1, changed_at=CHANGED + timedelta(hours=1)
)
AFTER_CHANGE = (LATER, EARLY, WHOLE_DAY, HOSTILE_TEXTS)
CALLED_OFF = an_entry(
    "early",
    EARLY.start,
    location="水狮坝村",
    sequence=1,
    changed_at=CHANGED + timedelta(hours=2),
    status=EntryStatus.CANCELLED,
)
AFTER_CANCELLATION = (LATER, CALLED_OFF, WHOLE_DAY, HOSTILE_TEXTS)
STEPS = {"before": BEFORE, "after a change": AFTER_CHANGE, "after a cancellation": AFTER_CANCELLATION}
