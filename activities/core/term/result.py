"""What a plan of talk groups answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from activities.core.term.problem import ChildKey, Pair, TalkGroup, TeacherKey
    from backend.kernel.solving import SolveStatus

RemedyKind = Literal["LIMIT", "WEEKS", "TEACHER"]


@dataclass(frozen=True, slots=True)
class GoalValue:
    """
    One goal's value and its proven bound; equal when the goal is proven.

    `met` and `waited` are the more the better, all others the fewer the better.
    """

    name: str
    value: int
    bound: int


@dataclass(frozen=True, slots=True)
class Remedy:
    """
    One thing that alone would let more children be met.

    Args:
        kind: LIMIT: the named teachers take `amount` more groups in all; WEEKS: the cycle has `amount` more weeks;
            TEACHER: one more teacher takes `amount` groups.
        children: how many more children are then met.
    """

    kind: RemedyKind
    amount: int
    children: int
    teachers: tuple[TeacherKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Shortage:
    """
    Who cannot be met in this cycle, and the two numbers that prove it.

    Args:
        children: keys of those not met.
        needed: groups that would meet everybody, at the largest size; places: (teacher, week) places there are.
    """

    children: tuple[ChildKey, ...]
    needed: int
    places: int
    remedies: tuple[Remedy, ...]


@dataclass(frozen=True, slots=True)
class TalkResult:
    """
    The answer to one problem.

    Args:
        status: OPTIMAL, or FEASIBLE where the clock ended the proof; an answer always exists, so never TIMED_OUT.
        groups: the whole plan by week and teacher, held groups included.
        goals: in order of importance.
        broken: wishes that this plan does not keep.
        is_small: a group is below the smallest size because fewer children are left to meet.
    """

    status: SolveStatus
    groups: tuple[TalkGroup, ...]
    goals: tuple[GoalValue, ...]
    broken: tuple[Pair, ...] = ()
    shortage: Shortage | None = None
    is_small: bool = False
    seed: int = 0
    seconds: float = 0.0

    def goal(self, name: str) -> GoalValue:
        """One goal by name."""
        return next(goal for goal in self.goals if goal.name == name)
