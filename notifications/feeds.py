"""What stands in a calendar: village and code, never who the child is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from activities.calendar_selectors import Window, duties_in_calendar, talks_called_off, talks_in_calendar
from backend.kernel.calendar import CalendarPage, render_calendar
from notifications.entries import duty_entry, talk_entry
from notifications.models import Feed

if TYPE_CHECKING:
    from datetime import date

    from backend.kernel.calendar import CalendarEntry
    from backend.roster.access import Reader

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
        return _("牵手：家访和谈心安排。只写村名、班级和编号，孩子的情况请登录查看。")
    return _("牵手：日程安排。只写村名、班级和编号，孩子的情况请登录查看。")


def _entries(feed: Feed, reader: Reader, window: Window) -> list[CalendarEntry]:
    """Every source with the column that narrows it to what the feed is about; a scheme has no talk groups."""
    duties: dict[str, dict[str, Any]] = {
        Feed.Kind.MINE: {"helper_id": feed.helper_id},
        Feed.Kind.SCHOOL: {"child__school_id": feed.organisation_id},
        Feed.Kind.VILLAGE: {"child__village_id": feed.area_id},
        Feed.Kind.SCHEME: {"pairing__slot__rule__scheme_id": feed.scheme_id},
    }
    talks: dict[str, dict[str, Any]] = {
        Feed.Kind.MINE: {"teacher_id": feed.helper_id},
        Feed.Kind.SCHOOL: {"plan__school_class__school_id": feed.organisation_id},
    }
    found = [duty_entry(duty, reader, has_alarm=feed.has_alarms) for duty in duties_in_calendar(
        reader, window, **duties[feed.kind])]  # fmt: skip
    if feed.kind in talks:
        about = talks[feed.kind]
        found += [talk_entry(row, reader) for row in talks_in_calendar(reader, window, **about)]
        found += [talk_entry(row, reader) for row in talks_called_off(reader, window, **about)]
    return found
