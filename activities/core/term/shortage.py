"""Who cannot be met for want of places, and what alone would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.core.term.places import held_count, open_weeks, room_of
from activities.core.term.result import Remedy, Shortage

if TYPE_CHECKING:
    from activities.core.term.problem import ChildKey, TalkProblem


def shortage_of(problem: TalkProblem, unmet: list[ChildKey], places: int) -> Shortage | None:
    """Nothing where everybody is met."""
    if not unmet:
        return None
    needed = -(-len(problem.to_meet) // problem.largest)
    missing = needed - places
    found = [_higher_limits(problem, missing), _more_weeks(problem, missing), _one_more_teacher(problem, missing)]
    remedies = [_worth(problem, places, one) for one in found if one is not None]
    return Shortage(tuple(sorted(unmet)), needed, places, tuple(sorted(remedies, key=lambda one: -one.children)))


def _worth(problem: TalkProblem, places: int, remedy: tuple[str, int, int, tuple[int, ...]]) -> Remedy:
    kind, amount, groups, teachers = remedy
    children = len(problem.to_meet)
    now, then = min(children, places * problem.largest), min(children, (places + groups) * problem.largest)
    return Remedy(kind, amount, then - now, teachers)  # type: ignore[arg-type]


def _higher_limits(problem: TalkProblem, missing: int) -> tuple[str, int, int, tuple[int, ...]] | None:
    """Teachers who have weeks left above their own limit."""
    spare = {teacher.key: len(open_weeks(problem, teacher)) - room_of(problem, teacher) for teacher in problem.teachers}
    able = tuple(sorted(key for key, weeks in spare.items() if weeks > 0))
    groups = min(missing, sum(spare.values()))
    return ("LIMIT", groups, groups, able) if able else None


def _more_weeks(problem: TalkProblem, missing: int) -> tuple[str, int, int, tuple[int, ...]] | None:
    """Further weeks, taken by the teachers who have groups left below their limit."""
    left = [teacher.most - held_count(problem, teacher.key) - room_of(problem, teacher) for teacher in problem.teachers]
    weeks = groups = 0
    while groups < missing and any(one > weeks for one in left):
        groups += sum(one > weeks for one in left)
        weeks += 1
    return ("WEEKS", weeks, groups, ()) if weeks else None


def _one_more_teacher(problem: TalkProblem, missing: int) -> tuple[str, int, int, tuple[int, ...]] | None:
    groups = min(missing, len(problem.weeks))
    return ("TEACHER", groups, groups, ()) if groups else None
