"""What stands in a calendar: village and code, never who the child is."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import override

from activities.calendar_selectors import (
    Window,
    days_that_left,
    duties_in_calendar,
    duties_passed_on,
    parts_in_calendar,
    talks_called_off,
    talks_in_calendar,
)
from activities.event_selectors import (
    event_parts_for_everybody,
    event_parts_of_area,
    event_parts_of_event,
    event_parts_of_helper,
    event_parts_of_organisation,
)
from backend.kernel.calendar import CalendarPage, render_calendar
from notifications.entries import duty_entry, left_entry, part_entry, passed_on_entry, talk_entry
from notifications.models import Feed
from notifications.selectors import may_follow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from activities.calendar_selectors import PartsOf
    from backend.kernel.calendar import CalendarEntry
    from backend.roster.access import Reader

logger = logging.getLogger("qianshou.notifications")

DAYS_BACK, DAYS_AHEAD, DAYS_CALLED_OFF = 90, 190, 30


def window_of(today: date) -> Window:
    """
    90 days back, a term ahead; what was called off stays for thirty days after its own. The edges move on Mondays
    only, so that the bytes stay the same while nothing changes.
    """
    monday = today - timedelta(days=today.weekday())
    return Window(
        monday - timedelta(days=DAYS_BACK),
        monday + timedelta(days=DAYS_AHEAD),
        called_off_from=monday - timedelta(days=DAYS_CALLED_OFF),
    )


def render_feed(feed: Feed, reader: Reader, *, today: date) -> bytes:
    """The calendar's bytes for what its reader may know at this moment."""
    with override("zh-hans"):
        entries = tuple(_entries(feed, reader, window_of(today)))
        return render_calendar(CalendarPage(_name_of(feed), _description_of(feed), entries))


def _name_of(feed: Feed) -> str:
    if feed.kind == Feed.Kind.MINE:
        return _("我的牵手日历")
    return _("牵手：%(about)s") % {"about": feed.about_name}


def _description_of(feed: Feed) -> str:
    if feed.kind == Feed.Kind.MINE:
        return _("牵手：家访、谈心和活动安排。只写村名、班级和编号，孩子的情况请登录查看。")
    return _("牵手：日程安排。只写村名、班级和编号，孩子的情况请登录查看。")


def _entries(feed: Feed, reader: Reader, window: Window) -> list[CalendarEntry]:
    """Every source, narrowed to what the feed is about and to what the reader may know."""
    about = _subject_of(feed, reader)
    if about is None:
        return []
    has_alarm = feed.has_alarms
    found: list[CalendarEntry] = []
    if about.duties:
        duties = duties_in_calendar(reader, window, **about.duties)
        found += _written(duties, partial(duty_entry, reader=reader, has_alarm=has_alarm))
    if about.former_helper_id is not None:
        gone = duties_passed_on(reader, window, helper_id=about.former_helper_id)
        found += _written(gone, partial(passed_on_entry, reader=reader))
    if about.talks:
        found += _written(talks_in_calendar(reader, window, **about.talks), partial(talk_entry, reader=reader))
        found += _written(talks_called_off(reader, window, **about.talks), partial(talk_entry, reader=reader))
    if about.parts is not None:
        parts = list(parts_in_calendar(window, about.parts))
        found += _written(parts, partial(part_entry, reader=reader, has_alarm=has_alarm))
        if about.left:
            # What the place holds itself stays, whose children ever come: the same id must not stand there twice.
            left = days_that_left(window, **about.left).exclude(part__in=parts)
            found += _written(left, partial(left_entry, reader=reader))
    return found


def _written(rows: Iterable[Any], entry_of: Callable[[Any], CalendarEntry]) -> Iterator[CalendarEntry]:
    """The entries of all rows but those that cannot be put into words: one of them must not take the others along."""
    for row in rows:
        try:
            yield entry_of(row)
        except DatabaseError:
            raise  # then nothing is known of any of them, and a calendar must not look empty
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one row
            told = {"kind": type(row).__name__, "row": row.public_id}
            # Neither the words of the error nor where it rose: both may hold names.
            logger.error("Could not put a calendar entry into words, left it out: %s", type(error).__name__, extra=told)  # noqa: TRY400


@dataclass(frozen=True)
class _Subject:
    """What narrows each source to what a feed is about; a source that is left out has nothing for it."""

    duties: dict[str, Any] = field(default_factory=dict)
    talks: dict[str, Any] = field(default_factory=dict)
    parts: PartsOf | None = None
    former_helper_id: int | None = None
    left: dict[str, int] = field(default_factory=dict)


def _subject_of(feed: Feed, reader: Reader) -> _Subject | None:
    """None where the reader may no longer follow it: a published day has no row of its own that would say so."""
    match feed.kind:
        case Feed.Kind.MINE:
            helper_id = feed.helper_id or 0
            parts = partial(event_parts_of_helper, helper_id)
            return _Subject({"helper_id": helper_id}, {"teacher_id": helper_id}, parts, former_helper_id=helper_id)
        case Feed.Kind.SCHOOL:
            pk = feed.organisation_id or 0
            parts = partial(event_parts_of_organisation, pk)
            subject = _Subject(
                {"child__school_id": pk}, {"plan__school_class__school_id": pk}, parts, left={"organisation_id": pk}
            )
        case Feed.Kind.VILLAGE:
            parts = partial(event_parts_of_area, feed.area.code if feed.area else "")
            subject = _Subject({"child__village_id": feed.area_id}, parts=parts, left={"area_id": feed.area_id or 0})
        case Feed.Kind.SCHEME:
            subject = _Subject({"pairing__slot__rule__scheme_id": feed.scheme_id})
        case Feed.Kind.ACTIVITY:
            subject = _Subject(parts=partial(event_parts_of_event, feed.event_id or 0))
        case _:
            subject = _Subject(parts=partial(event_parts_for_everybody, feed.area.code if feed.area else "-"))
    return subject if may_follow(feed, reader) else None
