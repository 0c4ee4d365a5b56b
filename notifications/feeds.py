"""What stands in a helper's calendar: village and code, never who the child is."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from activities.selectors import calendar_duties_of
from backend.kernel.calendar import CalendarEntry, CalendarPage, EntryStatus, render_calendar

if TYPE_CHECKING:
    from datetime import date

    from activities.models import Duty

# A fixed domain: the UID must survive a change of address of the service.
UID_DOMAIN = "calendar.qianshou.invalid"
DAYS_BACK, DAYS_AHEAD = 90, 190


def render_helper_feed(helper_id: int, *, today: date) -> bytes:
    """
    The calendar of one helper: 90 days back, a term ahead. The window's edge moves on Mondays only, so that the
    bytes stay the same while nothing changes.
    """
    monday = today - timedelta(days=today.weekday())
    duties = calendar_duties_of(
        helper_id, from_date=monday - timedelta(days=DAYS_BACK), until_date=monday + timedelta(days=DAYS_AHEAD)
    )
    with override("zh-hans"):
        page = CalendarPage(
            name=_("我的家访"),
            description=_("牵手：家访安排。只写村名和编号，孩子的情况请登录查看。"),
            entries=tuple(_entry_of(duty) for duty in duties),
        )
        return render_calendar(page)


def _entry_of(duty: Duty) -> CalendarEntry:
    day = duty.shown_date
    start, end = duty.start_at or day, duty.end_at or day + timedelta(days=1)
    return CalendarEntry(
        uid=f"visit-{duty.public_id}@{UID_DOMAIN}",
        start=start,
        end=end,
        summary=_summary_of(duty, is_timed=duty.start_at is not None),
        changed_at=duty.changed_at,
        sequence=duty.sequence,
        organizer=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        status=EntryStatus.CANCELLED if duty.state == "CANCELLED" else EntryStatus.CONFIRMED,
        location=duty.child.village.name,
        url=f"{settings.PUBLIC_URL}/week/",
        categories=(str(duty.get_kind_display()),),
    )


def _summary_of(duty: Duty, *, is_timed: bool) -> str:
    code = duty.public_id[:4].upper()
    text = _("家访：%(village)s · 1 户 · %(code)s") % {"village": duty.child.village.name, "code": code}
    return text if is_timed else _("%(visit)s（请约时间）") % {"visit": text}
