"""A helper's own calendar as times of being busy: read under limits, looked at, taken, taken back, forgotten."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from activities.models import BusyCalendar, BusySpan
from backend.audit.services import record
from backend.kernel import calendar_busy, outward
from backend.kernel.child import run
from backend.kernel.errors import DomainError
from backend.roster.models import Helper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

WINDOW_DAYS = 182
"""How far ahead a calendar is read: a term and its holidays."""
READ_AGAIN_AFTER = timedelta(hours=6)
_MOST_AT_ONCE = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_OUTPUT = 2 * 1024 * 1024

REASONS: Final[dict[str, str]] = {
    "too_big": gettext_noop("It is larger than 1 MB. Export fewer months."),
    "not_a_calendar": gettext_noop("This is no calendar. Export it as an .ics file and upload that."),
    "too_many": gettext_noop("It has more entries than can be read. Export fewer months."),
    "too_slow": gettext_noop("It takes too long to read. Export fewer months."),
    "address": gettext_noop("This is no https address of a calendar."),
    "private": gettext_noop("This address is not on the open internet."),
    "unreachable": gettext_noop("Nothing answers at this address."),
    "answer": gettext_noop("There is no calendar at this address."),
    "redirects": gettext_noop("This address leads on and on."),
}


class CalendarNotTaken(DomainError):
    """The calendar cannot be read; `reason` is a code of REASONS."""

    code = "busy_calendar.refused"
    status = 422
    message = "Not taken: %(sentence)s Nothing was changed."

    def __init__(self, reason: str) -> None:
        self.reason = reason if reason in REASONS else "too_slow"
        super().__init__(reason=self.reason, sentence=gettext_lazy(REASONS[self.reason]))


class LinksAreOff(DomainError):
    code = "busy_calendar.links_off"
    status = 403
    message = "Calendars by address are switched off here. Upload a file instead."


class NothingToTake(DomainError):
    code = "busy_calendar.nothing_to_take"
    message = "This was taken or thrown away already."


class NothingBefore(DomainError):
    code = "busy_calendar.nothing_before"
    message = "There is nothing to take back."


@dataclass(frozen=True)
class Reading:
    """What a calendar says of one window: busy spans, how many entries it had, and how many were not understood."""

    first: date
    spans: tuple[tuple[datetime, datetime], ...]
    entries: int
    skipped: int
    has_hours: bool


def read_file(*, helper: Helper, content: bytes, actor: Any, now: datetime) -> BusyCalendar:
    """
    Read a helper's calendar file, to be looked at before it counts. The file itself is not kept.

    Raises:
        CalendarNotTaken: nothing was changed.
    """
    reading = _read(content, now)
    return _keep(helper, BusyCalendar.Kind.FILE, "", reading, actor, now)


def read_link(*, helper: Helper, address: str, actor: Any, now: datetime) -> BusyCalendar:
    """
    Read a helper's calendar at its address, to be looked at before it counts.

    Raises:
        LinksAreOff, CalendarNotTaken: nothing was changed.
    """
    if not settings.CALENDAR_LINKS:
        raise LinksAreOff
    reading = _read(_fetched(address), now)
    return _keep(helper, BusyCalendar.Kind.LINK, address, reading, actor, now)


def _fetched(address: str) -> bytes:
    ended = run(
        [sys.executable, "-m", "backend.kernel.outward"], seconds=outward.SECONDS, memory_mb=outward.MEMORY_MB,
        stdin=address.encode("utf-8", "replace"), most_output=outward.MOST_BYTES + 1, on_line=(said := _LastLine()),
    )  # fmt: skip
    if ended.stopped or ended.exit_code:
        raise CalendarNotTaken("too_slow" if ended.stopped else said.line)
    return ended.stdout


class _LastLine:
    line = "unreachable"

    def __call__(self, line: str) -> None:
        self.line = line.strip() if line.strip() in outward.CODES else self.line


def _read(content: bytes, now: datetime) -> Reading:
    if len(content) > calendar_busy.MOST_BYTES:
        raise CalendarNotTaken("too_big")
    first = timezone.localdate(now)
    command = [sys.executable, "-m", "backend.kernel.calendar_busy", "--from", first.isoformat(),
               "--days", str(WINDOW_DAYS)]  # fmt: skip
    ended = run(
        command, seconds=calendar_busy.SECONDS, memory_mb=calendar_busy.MEMORY_MB, stdin=content,
        most_output=_MOST_OUTPUT,
    )  # fmt: skip
    try:
        line: dict[str, Any] = json.loads(ended.stdout)
    except ValueError as error:
        raise CalendarNotTaken("too_slow") from error
    if "refused" in line:
        raise CalendarNotTaken(line["refused"])
    spans = tuple((_moment(start), _moment(end)) for start, end in line["busy"])
    return Reading(first, spans, line["entries"], line["skipped"], line["has_hours"])


def _moment(minutes: int) -> datetime:
    return _EPOCH + timedelta(minutes=minutes)


def _hold(helper_id: int) -> None:
    """One helper's calendars change one after the other."""
    Helper.objects.filter(pk=helper_id).update(state=F("state"))


def _keep(helper: Helper, kind: str, address: str, reading: Reading, actor: Any, now: datetime) -> BusyCalendar:
    with transaction.atomic():
        _hold(helper.pk)
        BusyCalendar.objects.filter(helper=helper, kind=kind, state=BusyCalendar.State.PREVIEW).delete()
        made = BusyCalendar.objects.create(
            helper=helper, kind=kind, address=address, made_by=actor, read_at=now, **_columns(reading)
        )
        _write_spans(made, reading.spans)
        record(
            actor=actor,
            verb="busy_calendar.imported",
            subject=helper,
            after={"kind": kind, "spans": len(reading.spans)},
        )
    return made


def _columns(reading: Reading) -> dict[str, Any]:
    return {
        "from_date": reading.first,
        "until_date": reading.first + timedelta(days=WINDOW_DAYS - 1),
        "entries": reading.entries,
        "skipped": reading.skipped,
        "has_hours": reading.has_hours,
    }


def _write_spans(calendar: BusyCalendar, spans: Iterable[tuple[datetime, datetime]]) -> None:
    BusySpan.objects.bulk_create(
        [BusySpan(calendar=calendar, start_at=start, end_at=end) for start, end in spans], batch_size=1000
    )


def take(*, calendar: BusyCalendar, actor: Any, now: datetime) -> BusyCalendar:
    """
    Let a calendar that was looked at count, in the place of the one before.

    Raises:
        NothingToTake: nothing was changed.
    """
    same = BusyCalendar.objects.filter(helper_id=calendar.helper_id, kind=calendar.kind)
    with transaction.atomic():
        _hold(calendar.helper_id)
        if not same.filter(pk=calendar.pk, state=BusyCalendar.State.PREVIEW).exists():
            raise NothingToTake
        same.filter(state=BusyCalendar.State.REPLACED).delete()
        same.filter(state=BusyCalendar.State.LIVE).update(state=BusyCalendar.State.REPLACED)
        same.filter(pk=calendar.pk).update(state=BusyCalendar.State.LIVE, taken_at=now)
        record(actor=actor, verb="busy_calendar.taken", subject=calendar.helper, after={"kind": calendar.kind})
    return BusyCalendar.objects.get(pk=calendar.pk)


def throw_away(*, calendar: BusyCalendar, actor: Any) -> None:
    """Do not take what was looked at. Asking twice does no harm."""
    with transaction.atomic():
        gone, _rows = BusyCalendar.objects.filter(pk=calendar.pk, state=BusyCalendar.State.PREVIEW).delete()
        if gone:
            record(actor=actor, verb="busy_calendar.not_taken", subject=calendar.helper)


def take_back(*, calendar: BusyCalendar, actor: Any) -> None:
    """
    Undo the latest taking: the calendar goes, the one before counts again, if there was one.

    Raises:
        NothingBefore: it is not the one in use; nothing was changed.
    """
    same = BusyCalendar.objects.filter(helper_id=calendar.helper_id, kind=calendar.kind)
    with transaction.atomic():
        _hold(calendar.helper_id)
        gone, _rows = same.filter(pk=calendar.pk, state=BusyCalendar.State.LIVE).delete()
        if not gone:
            raise NothingBefore
        same.filter(state=BusyCalendar.State.REPLACED).update(state=BusyCalendar.State.LIVE)
        record(actor=actor, verb="busy_calendar.taken_back", subject=calendar.helper, after={"kind": calendar.kind})


def forget(*, helper: Helper, kind: str, actor: Any) -> None:
    """Throw all calendars of a kind away: the helper counts as free again. Asking twice does no harm."""
    with transaction.atomic():
        _hold(helper.pk)
        gone, _rows = BusyCalendar.objects.filter(helper=helper, kind=kind).delete()
        if gone:
            record(actor=actor, verb="busy_calendar.forgotten", subject=helper, after={"kind": kind})


def read_links_again(*, clock: Callable[[], datetime], beat: Callable[[], None]) -> int:
    """
    Read linked calendars anew that were not for a while; one that cannot be read keeps what it said before.

    Returns:
        How many were tried.
    """
    if not settings.CALENDAR_LINKS:
        return 0
    links = BusyCalendar.objects.filter(kind=BusyCalendar.Kind.LINK, state=BusyCalendar.State.LIVE)
    due = list(links.filter(read_at__lt=clock() - READ_AGAIN_AFTER).order_by("read_at", "pk")[:_MOST_AT_ONCE])
    for calendar in due:
        beat()
        _read_again(calendar, clock())
    return len(due)


def _read_again(calendar: BusyCalendar, now: datetime) -> None:
    mine = BusyCalendar.objects.filter(pk=calendar.pk, state=BusyCalendar.State.LIVE)
    try:
        reading = _read(_fetched(calendar.address), now)
    except CalendarNotTaken as refused:
        mine.update(read_at=now, problem=refused.reason)
        return
    with transaction.atomic():
        _hold(calendar.helper_id)
        if mine.update(read_at=now, problem="", **_columns(reading)) == 1:
            calendar.spans.all().delete()
            _write_spans(calendar, reading.spans)
