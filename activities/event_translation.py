"""Rows of an event day -> the planner's day and plan, and back; the only bridge."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any

from activities.busy_selectors import busy_times
from activities.core.day.clock import WHOLE_DAY, Window
from activities.core.day.groups import GroupingProblem, Pupil
from activities.core.day.judge import breaches_of, violations_of
from activities.core.day.own_parts import parts_of_person
from activities.core.day.plan_files import plan_as_json, read_plan
from activities.core.day.plans import known_part
from activities.core.day.reading import read_day
from activities.core.day.replanner import in_the_rain
from activities.models import DaySeat, EventDay
from backend.kernel.calendar import moment
from backend.roster.models import Guardian
from backend.roster.presenting import age_band, age_on
from backend.roster.selectors import usual_hours

if TYPE_CHECKING:
    from datetime import date, datetime

    from activities.core.day.groups import Groups
    from activities.core.day.own_parts import OwnPart
    from activities.core.day.parts import Person
    from activities.core.day.plans import DayPlan
    from activities.core.day.problem import DayProblem
    from activities.models import DayVersion


_DAY = 24 * 60
_MINUTE = timedelta(minutes=1)


def day_of(event: EventDay) -> DayProblem:
    """The draft as the planner reads it."""
    return read_day(event.draft)


def judged_day(event: EventDay) -> DayProblem:
    """The draft as its plan is judged: with the times its people are free at in an ordinary week."""
    return in_ordinary_weeks(event, day_of(event))


def in_ordinary_weeks(event: EventDay, day: DayProblem) -> DayProblem:
    """
    The day with the weekly hours of who is on file.

    Where somebody wrote hours for a person, or times they are free at, those count: they were agreed on for this day.
    """
    helpers = dict(event.hosts.values_list("key", "helper_id"))
    usual = usual_hours(helpers.values(), event.date)
    if not usual:
        return day
    people = (
        replace(one, free=tuple(Window(*span) for span in usual[helpers[one.key]]))
        if helpers.get(one.key) in usual and one.hours == one.free == WHOLE_DAY
        else one
        for one in day.people
    )
    return replace(day, people=tuple(people))


def heeding_calendars(event: EventDay, day: DayProblem) -> DayProblem:
    """
    The day as it can be planned: who is on file is not there when their own calendar says they are busy, and had
    better be free by their ordinary week.

    Where somebody wrote hours for a person, those count: they were agreed on for this day.
    """
    day, helpers = in_ordinary_weeks(event, day), dict(event.hosts.values_list("key", "helper_id"))
    begin, end = moment(event.date, 0), moment(event.date, _DAY)
    busy = busy_times(helpers.values(), begin, end)
    if not busy:
        return day
    return replace(day, people=tuple(_heeding(one, busy.get(helpers.get(one.key, 0), []), begin) for one in day.people))


def _heeding(person: Person, busy: list[tuple[datetime, datetime]], begin: datetime) -> Person:
    if not busy or person.hours != WHOLE_DAY:
        return person
    free, at = [], 0
    for start, end in busy:
        first, last = (start - begin) // _MINUTE, -((begin - end) // _MINUTE)
        if first > at:
            free.append(Window(at, first))
        at = max(at, last)
    return replace(person, hours=(*free, *([Window(at, _DAY)] if at < _DAY else [])))


def busy_hosts(event: EventDay, plan: DayPlan, day: DayProblem) -> tuple[str, ...]:
    """Names of people who lead something at a time their own calendar says they are busy."""
    helpers = dict(event.hosts.values_list("key", "helper_id"))
    busy = busy_times(helpers.values(), moment(event.date, 0), moment(event.date, _DAY))
    return tuple(
        day.name_of(key)
        for key, pk in helpers.items()
        if any(_overlaps(part, event.date, busy.get(pk, [])) for part in parts_of_person(day, plan, key))
    )


def unfree_hosts(day: DayProblem, plan: DayPlan) -> tuple[str, ...]:
    """Names of people who lead something at a time they are not usually free at; the day knows their weeks."""
    found = (one.keys[0] for one in breaches_of(day, plan) if one.rule == "host_free")
    return tuple(day.name_of(key) for key in dict.fromkeys(found))


def _overlaps(part: OwnPart, date: date, busy: list[tuple[datetime, datetime]]) -> bool:
    return any(start < moment(date, part.end) and end > moment(date, part.start) for start, end in busy)


def plan_of(event: EventDay) -> DayPlan | None:
    """The draft's plan, None before the first."""
    return read_plan(event.plan) if event.plan else None


def known_plan(day: DayProblem, plan: dict[str, Any] | None) -> dict[str, Any] | None:
    """
    A plan without what the day does not have any more; itself where nothing is missing.

    Args:
        plan: as it is kept; None stays None.
    """
    if plan is None:
        return None
    found = read_plan(plan)
    kept = known_part(day, found)
    return plan if kept == found else plan_as_json(kept)


def published(version: DayVersion) -> tuple[DayProblem, DayPlan]:
    """A version as the planner reads it."""
    return read_day(version.day), read_plan(version.plan)


def fingerprint(plan: dict[str, Any]) -> str:
    """The same for the same plan."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:32]


def is_rain_ready(event: EventDay) -> bool:
    """Whether the plan for rain was made from the plan as it is, and the day as it is still lets it happen."""
    if not event.plan or not event.rain_plan or event.rain_answer.get("base") != fingerprint(event.plan):
        return False
    return not violations_of(in_the_rain(judged_day(event)), read_plan(event.rain_plan))


def grouping_of(event: EventDay) -> tuple[GroupingProblem, Groups, dict[int, DaySeat]]:
    """
    The children with a place as a problem of groups, how they stand now, and their seats by key.

    Keys are row ids of seats. Children are mixed by where they come from, sex, age band and needs; siblings are those
    who share a guardian's phone.
    """
    keys = [group["key"] for group in event.draft["groups"]]
    rows = event.seats.filter(state=DaySeat.State.PLACE).select_related("child__school", "child__village", "school")
    seats = {seat.pk: seat for seat in rows.order_by("pk")}
    wishes = list(event.wishes.filter(first__in=seats, second__in=seats).values_list("kind", "first_id", "second_id"))
    problem = GroupingProblem(
        tuple(pupil_of(seat, event.date) for seat in seats.values()),
        len(keys),
        apart=frozenset(frozenset((one, other)) for kind, one, other in wishes if kind == "APART"),
        wishes=frozenset(frozenset((one, other)) for kind, one, other in wishes if kind == "TOGETHER"),
        siblings=siblings_of(seats),
        met=met_last_time(event, seats),
    )
    groups = tuple(tuple(pk for pk, seat in seats.items() if seat.group_key == key) for key in keys)
    return problem, groups, seats


def pupil_of(seat: DaySeat, day: date) -> Pupil:
    """What groups are mixed by."""
    child = seat.child
    if child is None:
        band = age_band(age_on(seat.birth_date, day)) if seat.birth_date else ""
        return Pupil(seat.pk, seat.from_place, seat.sex == "F", band)
    place = child.school.name if child.school else child.village.name
    band = age_band(age_on(child.birth_date, day))
    return Pupil(seat.pk, place, child.sex == "F", band, frozenset(child.needs))


def mix_of(seat: DaySeat, day: date) -> tuple[tuple[str, str], ...]:
    """What a child adds to the mix of a group: (place, sex, age or need; its value)."""
    return pupil_of(seat, day).marks


def siblings_of(seats: dict[int, DaySeat]) -> tuple[frozenset[int | str], ...]:
    """Seats of children who share a guardian's phone."""
    by_child = {seat.child_id: pk for pk, seat in seats.items() if seat.child_id}
    homes: dict[str, set[int | str]] = {}
    rows = Guardian.objects.filter(child_id__in=by_child).exclude(phone_hash="")
    for phone, child_id in rows.values_list("phone_hash", "child_id"):
        homes.setdefault(phone, set()).add(by_child[child_id])
    alike = {frozenset(home) for home in homes.values() if len(home) > 1}
    return tuple(sorted(alike, key=sorted))  # type: ignore[arg-type]


def met_last_time(event: EventDay, seats: dict[int, DaySeat]) -> frozenset[frozenset[int | str]]:
    """Pairs who stood in one group at the latest day they were both at before this one."""
    by_child = {seat.child_id: pk for pk, seat in seats.items() if seat.child_id}
    before = DaySeat.objects.filter(
        child_id__in=by_child, event__date__lt=event.date, event__state=EventDay.State.PUBLISHED
    ).exclude(group_key="")
    latest: dict[int, tuple[int, str]] = {}
    for event_id, key, child_id in before.order_by("-event__date", "-event_id").values_list(
        "event_id", "group_key", "child_id"
    ):
        latest.setdefault(by_child[child_id], (event_id, key))
    groups: dict[tuple[int, str], list[int]] = {}
    for seat, where in latest.items():
        groups.setdefault(where, []).append(seat)
    return frozenset(frozenset(pair) for group in groups.values() for pair in combinations(group, 2))
