"""One thing with a time as one entry of a calendar. The same id and number in every feed and every invitation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from activities.calendar_selectors import where_of
from activities.models import DayPart, Duty, TalkCalledOff, TalkGroup
from backend.accounts.models import Role
from backend.kernel.calendar import UID_DOMAIN, CalendarEntry, EntryStatus

if TYPE_CHECKING:
    from activities.models import DayListing, DutyPassedOn
    from backend.roster.access import Reader

_SCHOOL_DAYS = 5
_PART = "day-"


def duty_entry(duty: Duty, reader: Reader, *, has_alarm: bool = False) -> CalendarEntry:
    """A visit: at its time, or on its day as long as no time is set."""
    return replace(
        _visit(duty, duty, where_of(duty), reader),
        status=EntryStatus.CANCELLED if duty.state == Duty.State.CANCELLED else EntryStatus.CONFIRMED,
        has_alarm=has_alarm and duty.state == Duty.State.OPEN,
    )


def passed_on_entry(row: DutyPassedOn, reader: Reader) -> CalendarEntry:
    """A visit that is somebody else's by now: off, and as its former helper knew it."""
    return replace(_visit(row.duty, row, row.place_name, reader), status=EntryStatus.CANCELLED)


def _visit(duty: Duty, when: Duty | DutyPassedOn, where: str, reader: Reader) -> CalendarEntry:
    day = when.shown_date
    return CalendarEntry(
        uid=duty_uid(duty),
        start=when.start_at or day,
        end=when.end_at or day + timedelta(days=1),
        summary=_visit_words(duty, where, is_timed=when.start_at is not None),
        changed_at=when.changed_at,
        sequence=when.sequence,
        organizer=organizer(),
        location=where,
        url=settings.PUBLIC_URL + _page_of_duty(duty, reader),
        categories=(str(duty.get_kind_display()),),
    )


def duty_uid(duty: Duty) -> str:
    """The visit's id in every calendar."""
    return f"visit-{duty.public_id}@{UID_DOMAIN}"


def talk_entry(group: TalkGroup | TalkCalledOff, reader: Reader) -> CalendarEntry:
    """A talk group: any day of its school week will do, so it lies over the week and blocks nothing."""
    is_off = isinstance(group, TalkCalledOff)
    changed = group.called_off_at if isinstance(group, TalkCalledOff) else group.told_at
    school_class = group.plan.school_class
    return CalendarEntry(
        uid=f"talk-{group.public_id}@{UID_DOMAIN}",
        start=group.week_date,
        end=group.week_date + timedelta(days=_SCHOOL_DAYS),
        summary=_("谈心小组：%(name)s · %(code)s") % {"name": school_class.name, "code": code_of(group.public_id)},
        changed_at=changed or group.plan.published_at or group.plan.created_at,
        sequence=group.sequence,
        organizer=organizer(),
        status=EntryStatus.CANCELLED if is_off else EntryStatus.CONFIRMED,
        location=school_class.school.name,
        url=f"{settings.PUBLIC_URL}{_page_of_talk(group, reader)}",
        categories=(_("谈心小组"),),
    )


def part_entry(part: DayPart, reader: Reader, *, has_alarm: bool = False) -> CalendarEntry:
    """A published day as a whole, one of its segments, or what one helper leads of it."""
    is_off = part.state == DayPart.State.CANCELLED
    words = part.name if part.kind == DayPart.Kind.DAY else f"{part.name} · {part.event.shown_title}"
    return CalendarEntry(
        uid=part_uid(part),
        start=part.start_at,
        end=part.end_at,
        summary=words,
        changed_at=part.changed_at,
        sequence=part.sequence,
        organizer=organizer(),
        status=EntryStatus.CANCELLED if is_off else EntryStatus.CONFIRMED,
        location=part.place_name,
        description=part.detail,
        url=f"{settings.PUBLIC_URL}{_page_of_day(part, reader)}",
        categories=(_("活动"),),
        has_alarm=has_alarm,
    )


def left_entry(row: DayListing, reader: Reader) -> CalendarEntry:
    """A day that no child of a place goes to any more: off there, and as it was known then."""
    return replace(
        part_entry(row.part, reader),
        start=row.start_at or row.part.start_at,
        end=row.end_at or row.part.end_at,
        summary=row.name,
        location=row.place_name,
        changed_at=row.left_at or row.part.changed_at,
        sequence=row.sequence,
        status=EntryStatus.CANCELLED,
    )


def part_uid(part: DayPart) -> str:
    """The part's id in every calendar."""
    return f"{_PART}{part.public_id}@{UID_DOMAIN}"


def part_id_in(uid: str) -> str:
    """The public id of the part an id stands for; "" where it is none of ours."""
    name, _at, domain = uid.partition("@")
    return name.removeprefix(_PART) if domain == UID_DOMAIN and name.startswith(_PART) else ""


def _page_of_day(part: DayPart, reader: Reader) -> str:
    """A coordinator plans it, a host reads their own part of it; nobody else has a page about it."""
    if reader.is_coordinator:
        return f"/days/{part.event.public_id}/"
    is_host = part.helper_id is not None and part.helper_id == reader.helper_id
    return f"/my/days/{part.event.public_id}/" if is_host else "/"


def organizer() -> str:
    """The service's own address: a role, never a person."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def code_of(public_id: str) -> str:
    """What stands for a thing where its people must not be named."""
    return public_id[:4].upper()


def _visit_words(duty: Duty, where: str, *, is_timed: bool) -> str:
    facts = {"where": where, "code": code_of(duty.public_id)}
    words = _("学习帮手碰头：%(where)s · %(code)s") if duty.is_meeting else _("家访：%(where)s · 1 户 · %(code)s")
    text = words % facts
    return text if is_timed else _("%(visit)s（请约时间）") % {"visit": text}


def noun_of(duty: Duty) -> str:
    """What it is called in a sentence: a visit, or two classmates brought together."""
    return _("学习帮手碰头") if duty.is_meeting else _("家访")


def _page_of_duty(duty: Duty, reader: Reader) -> str:
    if reader.is_coordinator:
        return f"/pairings/{duty.pairing.public_id}/"
    return "/my/village/" if reader.role == Role.VILLAGE_DIRECTOR else "/week/"


def _page_of_talk(group: TalkGroup | TalkCalledOff, reader: Reader) -> str:
    return f"/talks/plans/{group.plan.public_id}/" if reader.is_coordinator else f"/week/?day={group.week_date}"
