"""One part of an event day as a mail that is an invitation: what its words say, and its calendar."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from activities.event_selectors import day_parts_by_id
from backend.accounts.models import Role
from backend.kernel.calendar import EntryStatus, render_invitation
from backend.roster.access import Reader
from notifications.channels.base import CalendarPart
from notifications.entries import part_entry
from notifications.reply_addresses import part_token, reply_address
from notifications.selectors import wants_calendar_mail

if TYPE_CHECKING:
    from datetime import datetime

    from activities.models import DayPart
    from backend.kernel.calendar import CalendarEntry
    from notifications.models import Message


def facts(message: Message, *, now: datetime) -> dict[str, str] | None:
    """What the words say; nothing where the part changed since, is over, or no such mail is wanted any more."""
    part = _part(message)
    if part is None or part.end_at <= now or part.helper is None or not wants_calendar_mail(part.helper.pk):
        return None
    start, end = timezone.localtime(part.start_at), timezone.localtime(part.end_at)
    return {
        "helper": part.helper.name,
        "title": part.event.shown_title,
        "part": part.name,
        "date": date_format(start, _("n月j日")),
        "time": f"{start:%H:%M}–{end:%H:%M}",
        "where": part.place_name or "—",
        "url": f"{settings.PUBLIC_URL}/my/days/{part.event.public_id}/",
    }


def calendar(message: Message, *, address: str) -> CalendarPart:
    """The same as in their own calendar, but for the organiser's address, which carries this mail's secret."""
    part = _part(message)
    assert part is not None  # noqa: S101 - the words were put together a moment ago
    reply_to = reply_address(part_token(part.public_id, part.sequence))
    entry = replace(_entry(part), organizer=reply_to)
    method = "CANCEL" if entry.status is EntryStatus.CANCELLED else "REQUEST"
    return CalendarPart(method, render_invitation(entry, attendee=address), reply_to)


def _entry(part: DayPart) -> CalendarEntry:
    user = part.helper.user if part.helper is not None else None
    return part_entry(part, Reader(user=user, role=Role.TEACHER, helper_id=part.helper_id))


def _part(message: Message) -> DayPart | None:
    """The part as it was when the message was written down; None where it is another by now."""
    about = message.about
    part = day_parts_by_id([about["part_id"]]).get(about["part_id"])
    return part if part is not None and part.sequence == about["sequence"] else None
