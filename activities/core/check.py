"""The judge of plans: states every rule and goal again, without the solver and without the solver's own functions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from activities.core.term.problem import TalkGroup, TalkProblem
    from activities.core.term.result import TalkResult


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One way in which a plan is not what it says.

    Args:
        code: stable; `keys`: weeks, children or teachers concerned.
    """

    code: str
    keys: tuple[int, ...] = ()


def verify_talks(problem: TalkProblem, result: TalkResult) -> list[Fault]:
    """Every fault of a result; nothing for one that keeps what it promises."""
    new = [group for group in result.groups if group not in problem.held]
    return [
        *(Fault("held_moved", (group.week, group.teacher)) for group in problem.held if group not in result.groups),
        *_places(problem, result, new),
        *_seats(problem, result, new),
        *_sizes(problem, result, new),
        *_shortage(problem, result),
        *_goals(problem, result),
    ]


def check_talks(problem: TalkProblem, groups: tuple[TalkGroup, ...]) -> list[Fault]:
    """The hard rules alone, for a plan somebody changed by hand: sizes may then differ by more than one."""
    new = [group for group in groups if group not in problem.held]
    seated = [key for group in groups for key in group.children]
    return [
        *_place_rules(problem, new),
        *(Fault("child_twice", (key,)) for key in sorted({key for key in seated if seated.count(key) > 1})),
        *(Fault("too_large", group.children) for group in new if len(group.children) > problem.largest),
    ]


def _places(problem: TalkProblem, result: TalkResult, new: list[TalkGroup]) -> Iterator[Fault]:
    yield from _place_rules(problem, new)
    for teacher in problem.teachers:
        load = sum(group.teacher == teacher.key for group in result.groups)
        held = sum(group.teacher == teacher.key for group in problem.held)
        if load > max(teacher.most, held):
            yield Fault("teacher_over_limit", (teacher.key,))
    places = [(group.week, group.teacher) for group in result.groups]
    for place in sorted({place for place in places if places.count(place) > 1}):
        yield Fault("two_groups_in_one_week", place)


def _place_rules(problem: TalkProblem, new: list[TalkGroup]) -> Iterator[Fault]:
    away = {teacher.key: teacher.away for teacher in problem.teachers}
    for group in new:
        if group.teacher not in away:
            yield Fault("not_a_teacher", (group.teacher,))
        elif group.week in away[group.teacher]:
            yield Fault("teacher_away", (group.week, group.teacher))
        if group.week not in problem.weeks:
            yield Fault("week_falls_out", (group.week,))


def _seats(problem: TalkProblem, result: TalkResult, new: list[TalkGroup]) -> Iterator[Fault]:
    seated = [key for group in result.groups for key in group.children]
    everybody = {child.key for child in problem.children}
    for key in sorted(set(seated) - everybody):
        yield Fault("unknown_child", (key,))
    for key in sorted({key for key in seated if seated.count(key) > 1}):
        yield Fault("child_twice", (key,))
    named = result.shortage.children if result.shortage else ()
    if set(named) != everybody - set(seated):
        yield Fault("unmet_not_named", tuple(sorted(everybody - set(seated) ^ set(named))))
    for group in new:
        if not group.children:
            yield Fault("empty_group", (group.week, group.teacher))


def _sizes(problem: TalkProblem, result: TalkResult, new: list[TalkGroup]) -> Iterator[Fault]:
    sizes = [len(group.children) for group in new]
    if sizes and max(sizes) - min(sizes) > 1:
        yield Fault("sizes_differ", tuple(sizes))
    if any(size > problem.largest for size in sizes):
        yield Fault("too_large", tuple(sizes))
    is_small = any(size < problem.smallest for size in sizes)
    if is_small and sum(sizes) >= problem.smallest:
        yield Fault("too_small", tuple(sizes))
    if is_small != result.is_small:
        yield Fault("small_not_said", tuple(sizes))


def _shortage(problem: TalkProblem, result: TalkResult) -> Iterator[Fault]:
    """Nobody is left out while a place of the size stands empty, nor anybody who waited longer than one who sits."""
    if result.shortage is None:
        return
    done = {key for group in problem.held for key in group.children}
    left = sum(child.key not in done for child in problem.children)
    places = sum(_room(problem, teacher.key) for teacher in problem.teachers)
    if (result.shortage.places, result.shortage.needed) != (places, -(-left // problem.largest)):
        yield Fault("wrong_certificate", (result.shortage.places, result.shortage.needed))
    if left - len(result.shortage.children) != min(left, places * problem.largest):
        yield Fault("room_left", result.shortage.children)
    waited = {child.key: child.missed for child in problem.children if child.key not in done}
    out = set(result.shortage.children)
    seated = [missed for key, missed in waited.items() if key not in out]
    if seated and max((waited.get(key, 0) for key in out), default=0) > min(seated):
        yield Fault("waited_longer", tuple(sorted(out)))


def _room(problem: TalkProblem, key: int) -> int:
    teacher = next(one for one in problem.teachers if one.key == key)
    held = [group.week for group in problem.held if group.teacher == key]
    free = [week for week in problem.weeks if week not in teacher.away and week not in held]
    return max(0, min(teacher.most - len(held), len(free)))


def _goals(problem: TalkProblem, result: TalkResult) -> Iterator[Fault]:
    is_single = problem.mode == "SINGLE"
    found = {
        "met": sum(len(group.children) for group in result.groups),
        "waited": _waited(problem, result),
        "wishes": 0 if is_single else len(_broken(problem, result)),
        "repeats": 0 if is_single else _repeats(problem, result),
        "loads": sum(sum(group.teacher == one.key for group in result.groups) ** 2 for one in problem.teachers),
        "mix": 0 if is_single else _mix(problem, result),
    }
    if [goal.name for goal in result.goals] != list(found):
        yield Fault("goals_missing")
        return
    for goal in result.goals:
        if goal.value != found[goal.name]:
            yield Fault(f"wrong_{goal.name}", (goal.value, found[goal.name]))
        is_over = goal.value > goal.bound if goal.name in ("met", "waited") else goal.value < goal.bound
        if is_over:
            yield Fault(f"beyond_bound_{goal.name}", (goal.value, goal.bound))
    if (result.status == "OPTIMAL") != all(goal.value == goal.bound for goal in result.goals):
        yield Fault("status")
    if not is_single and set(result.broken) != _broken(problem, result):
        yield Fault("broken_not_named")


def _waited(problem: TalkProblem, result: TalkResult) -> int:
    now = {key for group in result.groups if group not in problem.held for key in group.children}
    return sum(child.missed for child in problem.children if child.key in now)


def _broken(problem: TalkProblem, result: TalkResult) -> set[tuple[int, int]]:
    met = {key for group in result.groups for key in group.children}
    same = {
        two for group in result.groups for two in combinations(sorted(group.children), 2)
    }  # children of one group, smaller key first
    apart = set(problem.apart) & same
    return apart | {two for two in problem.together if set(two) <= met and two not in same}


def _repeats(problem: TalkProblem, result: TalkResult) -> int:
    return sum(problem.met.get(two, 0) for group in result.groups for two in combinations(sorted(group.children), 2))


def _mix(problem: TalkProblem, result: TalkResult) -> int:
    girls = sum(child.is_girl for child in problem.children)
    is_girl = {child.key: child.is_girl for child in problem.children}
    return sum(
        abs(
            sum(is_girl.get(key, False) for key in group.children) * len(problem.children) - len(group.children) * girls
        )
        for group in result.groups
    )
