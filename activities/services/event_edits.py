"""Changing a day's draft and plan by hand, part by part, and taking changes back."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import F

from activities.core.day.clock import clock, minutes_of
from activities.core.day.editing import PARTS, move_part, new_key, part_of, put_head, put_part, remove_part
from activities.core.day.errors import MalformedDay
from activities.core.day.plan_files import plan_as_json, read_plan
from activities.core.day.replanner import with_lock
from activities.core.day.writing import day_as_json
from activities.event_translation import fingerprint, known_plan
from activities.models import DayHost, DayRoom, DaySeat, DaySolve, DayStep, EventDay
from activities.services.event_days import (
    DayMalformed,
    SolveOpen,
    claim,
    cleaned,
    read_draft,
    refuse_child_names,
    refuse_date,
)
from backend.audit.services import record
from backend.kernel.errors import DomainError

if TYPE_CHECKING:
    from datetime import date, datetime

    from backend.roster.models import Helper

_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
"""Keys stand in addresses and are read by other programs: plain ASCII."""
_LONGEST_NAME = 120
_LONGEST_TITLE = 80
MOST_STEPS = 30
"""Changes that can be taken back, one after the other."""
_ASKED = (DaySolve.State.QUEUED, DaySolve.State.SOLVING)


class NothingToUndo(DomainError):
    code = "event_day.nothing_to_undo"
    message = "There is nothing left to take back."


class NoPlanYet(DomainError):
    code = "event_day.no_plan"
    message = "There is no plan yet. Please plan the day first."


class OnlyGroup(DomainError):
    code = "event_day.only_group"
    message = "Only this group takes part in %(what)s. Say who else does, or remove that first."


class HelperThere(DomainError):
    code = "event_day.helper_there"
    message = "This helper is one of the people of this day already."


def put(*, event: EventDay, version: int, part: str, value: dict[str, Any], actor: Any, now: datetime) -> EventDay:
    """
    Add one thing to a day or replace it: a segment, group, place, person, supply, vehicle, trip or budget line.

    Args:
        version: of the draft as it was read. value: the thing in the planner's JSON, with its key.

    Raises:
        DayMalformed, ChildNamed, DayChanged, DayCalledOff: nothing was changed.
    """
    change = _with_part(event, part, value)
    return _change(event, version, change, actor, now)


@dataclass(frozen=True)
class _Change:
    """A draft as it is to be, read and looked through for names of children; only writing it is left."""

    draft: dict[str, Any]
    verb: str
    about: str = ""


def _with_part(event: EventDay, part: str, value: dict[str, Any], *, helper_name: str = "") -> _Change:
    value = _checked(part, cleaned(value))
    draft = _tried(lambda: put_part(event.draft, part, value))
    verb = "event_day.part_changed" if part_of(event.draft, part, value["key"]) else "event_day.part_added"
    return _ready(event, draft, verb, value.get("name", ""), helper_name=helper_name)


def _checked(part: str, value: dict[str, Any]) -> dict[str, Any]:
    """The thing with fit keys and names, else a refusal that names the field."""
    _check_one(part, value)
    stations = value.get("stations") or []
    if not isinstance(stations, list):
        raise DayMalformed(place=f"{part}.stations")
    for number, station in enumerate(stations):
        if not isinstance(station, dict):
            raise DayMalformed(place=f"{part}.stations[{number}]")
        _check_one(f"{part}.stations[{number}]", station)
    return value


def _check_one(place: str, node: dict[str, Any]) -> None:
    key, name = node.get("key"), node.get("name", "")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise DayMalformed(place=f"{place}.key")
    if not isinstance(name, str) or len(name) > _LONGEST_NAME:
        raise DayMalformed(place=f"{place}.name")


def key_for(event: EventDay, part: str) -> str:
    """A key for something new."""
    return new_key(event.draft, part)


def found_part(event: EventDay, part: str, key: str) -> dict[str, Any] | None:
    """One thing of the draft, or None."""
    return part_of(event.draft, part, key) if part in PARTS else None


def remove(*, event: EventDay, version: int, part: str, key: str, actor: Any, now: datetime) -> EventDay:
    """
    Take one thing out of a day, with whatever points to it. A child of a group that goes stands in none.

    Raises:
        OnlyGroup: something would be for everybody that was for this group alone.
        DayMalformed: it is the last group. DayChanged, DayCalledOff: nothing was changed.
    """
    gone = part_of(event.draft, part, key) if part in PARTS else None
    if part == "groups":
        _refuse_only_group(event.draft, key)
    draft = _tried(lambda: remove_part(event.draft, part, key))
    change = _ready(event, draft, "event_day.part_removed", (gone or {}).get("name") or "")
    with transaction.atomic():
        # The day's own row first, as everywhere: who locks in another order waits for ever.
        changed = _change(event, version, change, actor, now)
        if part == "groups":
            event.seats.filter(group_key=key).update(group_key="")
        if part == "people":
            event.hosts.filter(key=key).delete()
        if part == "places":
            event.rooms.filter(key=key).delete()
    return changed


def _refuse_only_group(draft: dict[str, Any], key: str) -> None:
    """A list without its only group would mean everybody."""
    for node in (*draft.get("segments", []), *draft.get("trips", [])):
        if node.get("groups") == [key]:
            raise OnlyGroup(what=node.get("name") or node["key"])


def move(*, event: EventDay, version: int, part: str, key: str, to: int, actor: Any, now: datetime) -> EventDay:
    """Put one thing at another place of its list; the order of segments is the organisers' own."""
    draft = _tried(lambda: move_part(event.draft, part, key, to))
    return _change(event, version, _ready(event, draft, "event_day.part_moved"), actor, now)


def put_bounds(
    *, event: EventDay, version: int, values: dict[str, Any], date: date | None = None, actor: Any, now: datetime
) -> EventDay:
    """
    Change what a day has beside its lists: title, organisers, notes, begin, end, ways, equipment, rules; and its date.

    Raises:
        DateOff, DayMalformed, ChildNamed, DayChanged, DayCalledOff: nothing was changed.
    """
    values = cleaned(values)
    title = values.get("title", "")
    if "title" in values and not (isinstance(title, str) and 1 <= len(title) <= _LONGEST_TITLE):
        raise DayMalformed(place="title")
    draft = _tried(lambda: put_head(event.draft, values))
    columns: dict[str, Any] = {"title": title} if title else {}
    if date is not None and date != event.date:
        refuse_date(date, now)
        draft, columns["date"] = draft | {"date": date.isoformat()}, date
    return _change(event, version, _ready(event, draft, "event_day.head_changed"), actor, now, **columns)


def put_person(
    *, event: EventDay, version: int, value: dict[str, Any], helper: Helper | None, actor: Any, now: datetime
) -> EventDay:
    """
    Put somebody into a day, and say which helper on file that is: who is on file is told, and sees it in a calendar.

    Raises:
        HelperThere: that helper is another person of the day already.
        DayMalformed, ChildNamed, DayChanged, DayCalledOff: nothing was changed.
    """
    name = helper.name[:_LONGEST_NAME] if helper is not None else ""
    change = _with_part(event, "people", value | ({"name": name} if name else {}), helper_name=name)
    key = value["key"]
    try:
        with transaction.atomic():
            changed = _change(event, version, change, actor, now)
            DayHost.objects.filter(event=event, key=key).exclude(helper=helper).delete()
            if helper is not None:
                DayHost.objects.get_or_create(event=event, key=key, helper=helper)
    except IntegrityError as error:
        raise HelperThere from error
    return changed


def helper_of(event: EventDay, key: str) -> Helper | None:
    """Who on file a person of the day is."""
    host = event.hosts.filter(key=key).select_related("helper").first()
    return host.helper if host is not None else None


def _tried(change: Any) -> dict[str, Any]:
    try:
        changed: dict[str, Any] = change()
    except MalformedDay as error:
        raise DayMalformed(place=error.place, reason=error.reason, remedy=error.remedy) from error
    return changed


def _ready(event: EventDay, draft: dict[str, Any], verb: str, about: str = "", *, helper_name: str = "") -> _Change:
    """Read the changed draft, and look for names of children, before any row is locked: a county has thousands."""
    read_draft(draft)
    refuse_child_names(event, before=event.draft, after=draft, allowed=helper_name)
    return _Change(draft, verb, about)


def _change(event: EventDay, version: int, change: _Change, actor: Any, now: datetime, **columns: Any) -> EventDay:
    columns |= _plans_without_what_is_gone(event, change.draft)
    return write(event, version, change.verb, change.about, actor, now, draft=change.draft, **columns)


def _plans_without_what_is_gone(event: EventDay, draft: dict[str, Any]) -> dict[str, Any]:
    """Plan and plan for rain without what was taken out of the draft: nobody else can say what that was called."""
    if not event.plan:
        return {}
    day = read_draft(draft)
    plan, rain = (known_plan(day, one) for one in (event.plan, event.rain_plan))
    if plan == event.plan:
        return {}
    is_of_it = event.rain_answer.get("base") == fingerprint(event.plan)
    base = {"rain_answer": event.rain_answer | {"base": fingerprint(plan or {})}} if is_of_it else {}
    return {"plan": plan, "rain_plan": rain} | base


def write(event: EventDay, version: int, verb: str, about: str, actor: Any, now: datetime, **columns: Any) -> EventDay:
    """Write a changed draft or plan, keep what was before, note the act."""
    columns.setdefault("hand_edits", F("hand_edits") + 1 if event.plan else 0)
    with transaction.atomic():
        # Rain is planned beside the draft: it may be newer than the page that asks for the change.
        rain = dict(EventDay.objects.filter(pk=event.pk).values("rain_plan", "rain_answer").first() or {})
        claim(event, version=version, now=now, **columns)
        _keep_step(event, verb, about, actor, now, rain)
        record(actor=actor, verb=verb, subject=event, after={"version": version + 1})
    return EventDay.objects.select_related("area", "organisation__area").get(pk=event.pk)


def _keep_step(event: EventDay, verb: str, about: str, actor: Any, now: datetime, rain: dict[str, Any]) -> None:
    """Note how everything stood that a change may touch; called with the day's row held, before rows of it change."""
    DayStep.objects.create(
        event=event, verb=verb, about=about[:120], draft=event.draft, plan=event.plan, answer=event.answer,
        hand_edits=event.hand_edits, **rain,
        hosts=dict(event.hosts.values_list("key", "helper_id")), rooms=dict(event.rooms.values_list("key", "room_id")),
        groups=dict(event.seats.exclude(group_key="").values_list("pk", "group_key")), made_by=actor, made_at=now,
    )  # fmt: skip
    old = event.steps.order_by("-pk").values_list("pk", flat=True)[MOST_STEPS:]
    DayStep.objects.filter(pk__in=list(old)).delete()


def undo(*, event: EventDay, version: int, actor: Any, now: datetime) -> EventDay:
    """
    Take the latest change of draft, plans, people or groups back. What was published stays until published again.

    While an answer of the planner is waited for, the latest change is not there yet: the one before it is nobody's to
    take back by mistake.

    Raises:
        NothingToUndo, SolveOpen, DayChanged, DayCalledOff: nothing was changed.
    """
    if event.solves.filter(state__in=_ASKED).exclude(kind=DaySolve.Kind.RAIN).exists():
        raise SolveOpen
    step = event.steps.order_by("-pk").first()
    if step is None:
        raise NothingToUndo
    rain = {"rain_plan": step.rain_plan, "rain_answer": step.rain_answer} if step.rain_answer is not None else {}
    with transaction.atomic():
        claim(event, version=version, now=now, draft=step.draft, plan=step.plan, answer=step.answer,
              hand_edits=step.hand_edits, title=step.draft.get("title") or event.title,
              date=step.draft.get("date") or event.date, **rain)  # fmt: skip
        step.delete()
        _put_back_hosts(event, step.hosts)
        _put_back_rooms(event, step.rooms)
        _put_back_groups(event, step)
        record(actor=actor, verb="event_day.undone", subject=event, after={"version": version + 1})
    return EventDay.objects.select_related("area", "organisation__area").get(pk=event.pk)


def _put_back_hosts(event: EventDay, hosts: dict[str, int] | None) -> None:
    if hosts is None:
        return
    there = dict(event.hosts.values_list("key", "helper_id"))
    event.hosts.filter(key__in=[key for key, helper in there.items() if hosts.get(key) != helper]).delete()
    DayHost.objects.bulk_create(
        [DayHost(event=event, key=key, helper_id=pk) for key, pk in hosts.items() if there.get(key) != pk]
    )


def _put_back_rooms(event: EventDay, rooms: dict[str, int] | None) -> None:
    if rooms is None:
        return
    there = dict(event.rooms.values_list("key", "room_id"))
    event.rooms.filter(key__in=[key for key, room in there.items() if rooms.get(key) != room]).delete()
    DayRoom.objects.bulk_create(
        [DayRoom(event=event, key=key, room_id=pk) for key, pk in rooms.items() if there.get(key) != pk]
    )


def _put_back_groups(event: EventDay, step: DayStep) -> None:
    """Children who still have a place stand where they stood; who came since stands in none."""
    keys = {group["key"] for group in step.draft["groups"]}
    event.seats.exclude(group_key__in=[*keys, ""]).update(group_key="")
    if step.groups is None:
        return
    placed = event.seats.filter(state=DaySeat.State.PLACE)
    members: dict[str, list[int]] = {key: [] for key in keys}
    for seat, key in step.groups.items():
        members.get(key, []).append(int(seat))
    placed.exclude(pk__in=[pk for group in members.values() for pk in group]).update(group_key="")
    for key, group in members.items():
        placed.filter(pk__in=group).update(group_key=key)


# --- the plan by hand ----------------------------------------------------------------------------------------------


def placed_by_hand(
    plan: dict[str, Any] | None,
    segment: str,
    *,
    start: int | None,
    minutes: int | None,
    posts: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """
    A plan with one segment at another time, or with other places and hosts; visits move with their segment.

    Args:
        posts: key of the gathering -> its new `place` and `hosts`.

    Raises:
        NoPlanYet: there is no plan, or the segment is not in it.
    """
    out = copy.deepcopy(plan or {})
    node = next((one for one in out.get("segments", []) if one["key"] == segment), None)
    if node is None:
        raise NoPlanYet
    if start is not None:
        shift = start - minutes_of(node["start"], "start")
        node["start"] = clock(start)
        for visit in node.get("visits", []):
            visit["start"] = clock(max(0, minutes_of(visit["start"], "start") + shift))
    if minutes is not None:
        node["minutes"] = minutes
    node["posts"] = [post | posts.get(post.get("key", ""), {}) for post in node.get("posts", [])]
    return out


def tried_by_hand(
    event: EventDay, segment: str, *, start: int | None, minutes: int | None, posts: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """
    The plan `place_by_hand` would keep; nothing is written.

    Raises:
        NoPlanYet, DayMalformed: it could not be kept.
    """
    plan = placed_by_hand(event.plan, segment, start=start, minutes=minutes, posts=posts)
    _tried(lambda: plan_as_json(read_plan(plan)))
    return plan


def place_by_hand(
    *,
    event: EventDay,
    version: int,
    segment: str,
    start: int | None = None,
    minutes: int | None = None,
    posts: dict[str, dict[str, Any]] | None = None,
    actor: Any,
    now: datetime,
) -> EventDay:
    """
    Move or change one segment of the plan; what that breaks is shown, not refused, until publishing.

    Raises:
        NoPlanYet, DayMalformed, DayChanged, DayCalledOff: nothing was changed.
    """
    plan = tried_by_hand(event, segment, start=start, minutes=minutes, posts=posts or {})
    about = (part_of(event.draft, "segments", segment) or {}).get("name", "")
    return write(event, version, "event_day.placed", about, actor, now, plan=plan)


def lock(*, event: EventDay, version: int, segment: str, is_locked: bool, actor: Any, now: datetime) -> EventDay:
    """
    Lock a segment as the plan has it (time, places, hosts), or let it go again.

    Raises:
        NoPlanYet, DayChanged, DayCalledOff: nothing was changed.
    """
    if not is_locked:
        kept = [one for one in event.draft.get("locks", []) if one["segment"] != segment]
        draft = put_head(event.draft, {"locks": kept or None})
    else:
        plan = read_plan(event.plan) if event.plan else None
        if plan is None or plan.segment(segment) is None:
            raise NoPlanYet
        draft = day_as_json(with_lock(read_draft(event.draft), plan, segment))
    about = (part_of(event.draft, "segments", segment) or {}).get("name", "")
    verb = "event_day.locked" if is_locked else "event_day.unlocked"
    return write(event, version, verb, about, actor, now, draft=draft, hand_edits=F("hand_edits"))
