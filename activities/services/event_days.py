"""Beginning an event day from a template, keeping one as a template, and what both refuse."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from activities.core.day.clock import clock, minutes_of
from activities.core.day.editing import put_head, texts_of
from activities.core.day.errors import MalformedDay
from activities.core.day.reading import read_day
from activities.core.day.templates import BUILT_IN, nameless, template_day
from activities.event_selectors import children_of_scope
from activities.events import DayShown
from activities.models import DayTemplate, EventDay
from backend.audit.services import record
from backend.kernel.calendar import clean_line, clean_text
from backend.kernel.errors import DomainError
from backend.outbox.services import publish

if TYPE_CHECKING:
    from datetime import date, datetime

    from backend.roster.models import Area, Organisation

MOST_DAYS_AHEAD = 731
"""How far ahead a day may be: two years, so that a mistyped year is seen at once."""
_SHORTEST_NAME = 2
_CALLED = r"(?:同学|小朋友|的|和|家|妈妈|爸爸|奶奶|爷爷|外婆|外公)"


class DayMalformed(DomainError):
    code = "event_day.malformed"
    status = 400
    message = "This does not fit the day (%(place)s); nothing was changed."


class DateOff(DomainError):
    code = "event_day.date"
    status = 400
    message = "Choose a day from today on, at most two years ahead."


class ChildNamed(DomainError):
    """A text of a day is read by many and goes into calendars and on walls."""

    code = "event_day.child_named"
    status = 400
    message = "Something here reads like the name of a child on file. Please write it without the name."


class DayChanged(DomainError):
    code = "event_day.changed"
    message = "Somebody changed this day in the meantime. Please look at it again."


class DayCalledOff(DomainError):
    code = "event_day.cancelled"
    message = "This day was called off; nothing was changed."


class SolveOpen(DomainError):
    code = "event_day.solve_open"
    message = "This day is being planned already. Please wait a moment."


class DayPublishedBefore(DomainError):
    code = "event_day.published_before"
    message = "This day was published before; call it off instead of deleting it."


def make_event_day(
    *,
    template: dict[str, Any],
    title: str,
    date: date,
    begin: int,
    end: int,
    place: str,
    area: Area | None = None,
    organisation: Organisation | None = None,
    actor: Any,
    now: datetime,
) -> EventDay:
    """
    Begin a day, as a draft.

    Args:
        template: a day's JSON, built in or one's own; begin, end: bounds, minutes from midnight. Times the template
            fixes move along with the beginning.
        place: what its first place is called; "" leaves the template's word.

    Raises:
        DateOff, DayMalformed, ChildNamed: nothing was made.
    """
    refuse_date(date, now)
    title = clean_line(title, 80)
    draft = _begun(template, title, date, begin, end, clean_line(place, 60))
    event = EventDay(title=title, date=date, area=area, organisation=organisation, draft=draft, made_by=actor,
                     created_at=now, changed_at=now)  # fmt: skip
    event.places = sum(group.size for group in read_draft(draft).groups)
    refuse_child_names(event, before=template, after=draft)
    with transaction.atomic():
        event.save(force_insert=True)
        record(actor=actor, verb="event_day.made", subject=event, after={"date": date.isoformat()})
    return event


def refuse_date(day: date, now: datetime) -> None:
    """
    Keep out days that are over, and those no calendar of ours reaches.

    Raises:
        DateOff
    """
    today = timezone.localdate(now)
    if not today <= day <= today + timedelta(days=MOST_DAYS_AHEAD):
        raise DateOff


def built_in_template(code: str) -> dict[str, Any]:
    """
    A built-in day by its code.

    Raises:
        DayMalformed: there is none.
    """
    if code not in BUILT_IN:
        raise DayMalformed(place="template")
    return template_day(code)


def _begun(template: dict[str, Any], title: str, day: date, begin: int, end: int, place: str) -> dict[str, Any]:
    shift = begin - minutes_of(template["begin"], "begin")
    draft = put_head(template, {"title": title, "begin": clock(begin), "end": clock(end), "locks": None,
                                "is_raining": None})  # fmt: skip
    draft["date"] = day.isoformat()
    if place and draft.get("places"):
        draft["places"][0]["name"] = place
        # Where the template's own day was held is no longer where this one is.
        draft["notes"] = [note for note in draft.get("notes", []) if not note.startswith("地点：")]
    for node in (*draft.get("segments", []), *draft.get("trips", [])):
        _shift(node, shift)
    return draft


def _shift(node: dict[str, Any], minutes: int) -> None:
    """Fixed times of a template keep their distance from its beginning, as far as the day reaches."""
    if node.get("start"):
        node["start"] = _later(node["start"], minutes)
    if node.get("window"):
        node["window"] = [_later(one, minutes) for one in node["window"]]


def _later(text: str, minutes: int) -> str:
    return clock(max(0, min(24 * 60, minutes_of(text, "template") + minutes)))


def read_draft(draft: dict[str, Any]) -> Any:
    """
    The draft as the planner reads it.

    Raises:
        DayMalformed: it does not; names the place.
    """
    try:
        return read_day(draft)
    except MalformedDay as error:
        raise DayMalformed(place=error.place, reason=error.reason, remedy=error.remedy) from error


def cleaned(node: Any) -> Any:
    """What a person wrote, each text without signs that break a page, a sheet, a calendar line or the database."""
    if isinstance(node, str):
        return clean_text(node)
    if isinstance(node, dict):
        return {clean_text(str(name)): cleaned(value) for name, value in node.items()}
    return [cleaned(one) for one in node] if isinstance(node, list) else node


def refuse_child_names(event: EventDay, *, before: dict[str, Any], after: dict[str, Any], allowed: str = "") -> None:
    """
    Keep children's names out of what many read: only texts that are new are looked at.

    Args:
        allowed: the name of a helper on file, who may be called like some child of the county.

    Raises:
        ChildNamed
    """
    known = {text for _place, text in texts_of(before)} | {allowed}
    new = [text for _place, text in texts_of(after) if text not in known]
    if new and _names_a_child(event, "\n".join(new)):
        raise ChildNamed


def _names_a_child(event: EventDay, text: str) -> bool:
    people = set(re.split(r"\s+", text))
    names = set(children_of_scope(event).values_list("name", flat=True)) if people else set()
    return any(_is_said(name, text) for name in names if len(name) >= _SHORTEST_NAME)


def _is_said(name: str, text: str) -> bool:
    """A name of three signs anywhere; one of two is also a word too often, so only where it stands for somebody."""
    if name not in text:
        return False
    if len(name) > _SHORTEST_NAME:
        return True
    return bool(re.search(rf"(?<![\u4e00-\u9fff]){re.escape(name)}(?:{_CALLED}|(?![\u4e00-\u9fff]))", text))


def keep_as_template(*, event: EventDay, name: str, actor: Any, now: datetime) -> DayTemplate:
    """
    Keep a day's draft to begin others from, with people by role.

    Raises:
        ChildNamed: by its name; nothing was made.
    """
    name = clean_line(name, 80)
    if _names_a_child(event, name):
        raise ChildNamed
    with transaction.atomic():
        kept = DayTemplate.objects.create(
            name=name, area=event.area, organisation=event.organisation, draft=nameless(event.draft), made_by=actor,
            created_at=now,
        )  # fmt: skip
        record(actor=actor, verb="day_template.made", subject=kept)
    return kept


def forget_template(*, template: DayTemplate, actor: Any) -> None:
    """Throw a template away; days begun from it stay as they are."""
    with transaction.atomic():
        record(actor=actor, verb="day_template.forgotten", subject=template)
        DayTemplate.objects.filter(pk=template.pk).delete()


def claim(event: EventDay, *, version: int, now: datetime, **columns: Any) -> None:
    """
    Change a draft only as it was when it was read.

    Raises:
        DayCalledOff, DayChanged: nothing was changed.
    """
    mine = EventDay.objects.filter(pk=event.pk, draft_version=version).exclude(state=EventDay.State.CANCELLED)
    if mine.update(draft_version=F("draft_version") + 1, changed_at=now, **columns) != 1:
        is_off = EventDay.objects.filter(pk=event.pk, state=EventDay.State.CANCELLED).exists()
        raise DayCalledOff if is_off else DayChanged


def drop_event_day(*, event: EventDay, actor: Any) -> None:
    """
    Delete a draft that nobody was ever shown.

    Raises:
        DayPublishedBefore
    """
    with transaction.atomic():
        mine = EventDay.objects.filter(pk=event.pk, state=EventDay.State.DRAFT, latest_number=0)
        if mine.update(draft_version=F("draft_version") + 1) != 1:
            raise DayPublishedBefore
        record(actor=actor, verb="event_day.dropped", subject=event)
        EventDay.objects.filter(pk=event.pk).delete()


def show_to_everybody(*, event: EventDay, is_public: bool, actor: Any, now: datetime) -> None:
    """Put a day into the public programme, or take it out; asking twice changes nothing."""
    with transaction.atomic():
        if EventDay.objects.filter(pk=event.pk, is_public=not is_public).update(is_public=is_public, changed_at=now):
            record(actor=actor, verb="event_day.made_public" if is_public else "event_day.made_private", subject=event)
            publish(DayShown(day_id=event.pk))
