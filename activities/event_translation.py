"""Rows of an event day -> the planner's day and plan, and back; the only bridge."""

from __future__ import annotations

import hashlib
import json
from itertools import combinations
from typing import TYPE_CHECKING, Any

from activities.core.day.groups import GroupingProblem, Pupil
from activities.core.day.judge import violations_of
from activities.core.day.plan_files import read_plan
from activities.core.day.reading import read_day
from activities.core.day.replanner import in_the_rain
from activities.models import DaySeat, EventDay
from backend.roster.models import Guardian
from backend.roster.presenting import age_band, age_on

if TYPE_CHECKING:
    from datetime import date

    from activities.core.day.groups import Groups
    from activities.core.day.plans import DayPlan
    from activities.core.day.problem import DayProblem
    from activities.models import DayVersion


def day_of(event: EventDay) -> DayProblem:
    """The draft as the planner reads it."""
    return read_day(event.draft)


def plan_of(event: EventDay) -> DayPlan | None:
    """The draft's plan, None before the first."""
    return read_plan(event.plan) if event.plan else None


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
    return not violations_of(in_the_rain(read_day(event.draft)), read_plan(event.rain_plan))


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
