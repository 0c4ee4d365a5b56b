"""Rows of a class -> a problem of talk groups, and back; the only bridge."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.term.problem import TalkChild, TalkMode, TalkProblem, TalkTeacher
from activities.core.term.problem import TalkGroup as HeldGroup
from activities.models import TalkGroup, TalkPlan, TalkSeat, TalkWish
from activities.selectors import children_for_talks
from backend.kernel.workdays import is_working_day
from backend.roster.models import Child

if TYPE_CHECKING:
    from collections.abc import Iterable

_THURSDAY, _DAYS, _OVER_A_MONTH = 3, 7, 32


def months_left(first: date, last: date, today: date) -> list[str]:
    """First days of the months of a term in which a week of talks is left, as ISO dates."""
    month = max(first, today).replace(day=1)
    months = []
    while month <= last:
        weeks = weeks_of([month.isoformat()], first=first, last=last)
        # The last days of a month may belong to the next one's first week.
        if any(week + timedelta(days=_DAYS) > today for week in weeks):
            months.append(month.isoformat())
        month = (month + timedelta(days=_OVER_A_MONTH)).replace(day=1)
    return months


def weeks_of(months: Iterable[str], closed: Iterable[str] = (), *, first: date, last: date) -> list[date]:
    """
    Mondays of the weeks that belong to these months, lie in the term and have a working day.

    A week belongs to the month its Thursday lies in, so that each week belongs to one month.
    """
    wanted, out = {month[:7] for month in months}, set(closed)
    monday = first - timedelta(days=first.weekday())
    found = []
    while monday <= last:
        days = [monday + timedelta(days=n) for n in range(_DAYS)]
        is_worked = any(is_working_day(day) for day in days if first <= day <= last)
        if f"{days[_THURSDAY]:%Y-%m}" in wanted and is_worked and monday.isoformat() not in out:
            found.append(monday)
        monday += timedelta(days=_DAYS)
    return found


def problem_of(plan: TalkPlan, *, today: date) -> TalkProblem:
    """
    The plan's problem as rows say now: groups that were held stand, weeks gone by are no longer there.

    Weeks are the ordinals of their Mondays, people their row ids.
    """
    weeks = weeks_of(plan.months, plan.closed_weeks, first=plan.term.start_date, last=plan.term.end_date)
    this_week = today - timedelta(days=today.weekday())
    held = _held(plan)
    children = _children(plan, {key for group in held for key in group.children})
    keys = {child.pk for child in children}
    wishes = TalkWish.objects.filter(first__in=keys, second__in=keys).values_list("kind", "first_id", "second_id")
    missed = _missed(plan, keys)
    return TalkProblem(
        tuple(TalkChild(child.pk, child.sex == "F", missed.get(child.pk, 0)) for child in children),
        _teachers(plan),
        tuple(week.toordinal() for week in weeks if week >= this_week),
        size=plan.size,
        mode=TalkMode(plan.mode),
        met=_met_before(plan, keys),
        apart=frozenset((one, other) for kind, one, other in wishes if kind == TalkWish.Kind.APART),
        together=frozenset((one, other) for kind, one, other in wishes if kind == TalkWish.Kind.TOGETHER),
        held=held,
    )


def groups_of(plan: TalkPlan) -> tuple[HeldGroup, ...]:
    """The plan's groups as they stand."""
    return _as_groups(plan.groups.all())


def _held(plan: TalkPlan) -> tuple[HeldGroup, ...]:
    return _as_groups(plan.groups.exclude(held_at=None)) if plan.pk else ()


def _as_groups(rows: Iterable[TalkGroup]) -> tuple[HeldGroup, ...]:
    by_id = {row.pk: row for row in rows}
    seats: dict[int, list[int]] = {pk: [] for pk in by_id}
    for group_id, child_id in TalkSeat.objects.filter(group_id__in=by_id).values_list("group_id", "child_id"):
        seats[group_id].append(child_id)
    groups = [
        HeldGroup(row.week_date.toordinal(), row.teacher_id, tuple(sorted(seats[pk]))) for pk, row in by_id.items()
    ]
    return tuple(sorted(groups, key=lambda one: (one.week, one.teacher)))


def _children(plan: TalkPlan, held: set[int]) -> list[Child]:
    """Children of the class who may take part, and those already met although they have left since."""
    now = children_for_talks(plan.school_class_id).values("pk")
    rows = Child.objects.filter(pk__in=now) | Child.objects.filter(pk__in=held)
    return list(rows.only("pk", "sex").order_by("pk"))


def _teachers(plan: TalkPlan) -> tuple[TalkTeacher, ...]:
    rows = list(plan.teachers.order_by("teacher_id").values_list("teacher_id", "most_groups"))
    others = TalkGroup.objects.filter(teacher_id__in=[pk for pk, _most in rows]).exclude(plan=plan)
    away: dict[int, set[int]] = {}
    for teacher_id, week in others.values_list("teacher_id", "week_date"):
        away.setdefault(teacher_id, set()).add(week.toordinal())
    return tuple(TalkTeacher(pk, most, frozenset(away.get(pk, ()))) for pk, most in rows)


def _met_before(plan: TalkPlan, keys: set[int]) -> dict[tuple[int, int], int]:
    """In how many earlier groups two of the children sat together, in this class or another."""
    seats = TalkSeat.objects.filter(
        child_id__in=keys, group__isnull=False, plan__state=TalkPlan.State.PUBLISHED, plan__mode=TalkPlan.Mode.GROUP
    ).exclude(plan=plan)
    groups: dict[int, list[int]] = {}
    for group_id, child_id in seats.order_by("child_id").values_list("group_id", "child_id"):
        groups.setdefault(group_id, []).append(child_id)
    return dict(Counter(pair for group in groups.values() for pair in combinations(group, 2)))


def _missed(plan: TalkPlan, keys: set[int]) -> dict[int, int]:
    """How many cycles in a row each child was left out of, up to now."""
    seats = TalkSeat.objects.filter(child_id__in=keys, plan__state=TalkPlan.State.PUBLISHED).exclude(plan=plan)
    missed: dict[int, int] = {}
    done: set[int] = set()
    for child_id, group_id in seats.order_by("-plan__created_at", "-pk").values_list("child_id", "group_id"):
        if group_id is not None:
            done.add(child_id)
        elif child_id not in done:
            missed[child_id] = missed.get(child_id, 0) + 1
    return missed
