"""From children to groups: swapping first, the exact model to prove or to repair what swapping left broken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from activities.core.day.goals import GoalValue
from activities.core.day.group_model import GroupModel
from activities.core.day.group_swaps import Swapper
from activities.core.day.group_walk import search
from activities.core.day.groups import GroupingResult, broken_pairs, check_groups, worth
from backend.kernel.solving import SolveStatus

if TYPE_CHECKING:
    from activities.core.day.groups import GroupingProblem, Groups
    from backend.kernel.solving import SolveLimits

_SWAPPING, _SWAPPING_MANY, _MANY = 0.4, 0.8, 5_000
"""Part of the time that swapping may use; more of it where the exact model, of so many literals, has little to say."""
MOST_LITERALS = 300_000


def divide(problem: GroupingProblem, limits: SolveLimits) -> GroupingResult:
    """
    Groups whose sizes differ by at most one; goals in order as in `GROUP_GOALS`.

    A division always exists: what it does not keep is named in `broken`. Where nothing is broken no proof is needed;
    else the exact model proves, goal by goal, what cannot be kept, as far as time and size allow.
    """
    begun = time.monotonic()
    swapper = Swapper(problem, limits.seed)
    share = _SWAPPING_MANY if literals_of(problem) > _MANY else _SWAPPING
    groups = swapper.as_keys(search(swapper, begun + share * limits.seconds))
    bounds = dict.fromkeys(worth(problem, groups), 0)
    if any(worth(problem, groups).values()) and literals_of(problem) <= MOST_LITERALS:
        groups, bounds = _proven(problem, groups, limits, begun + limits.seconds)
    if faults := check_groups(problem, groups):
        raise RuntimeError(f"the division is none: {faults}")
    goals = tuple(GoalValue(name, value, bounds[name]) for name, value in worth(problem, groups).items())
    is_proven = all(goal.value == goal.bound for goal in goals)
    status = SolveStatus.OPTIMAL if is_proven else SolveStatus.FEASIBLE
    broken = broken_pairs(problem, groups)
    return GroupingResult(status, groups, goals, broken, limits.seed, time.monotonic() - begun)


def literals_of(problem: GroupingProblem) -> int:
    """How many literals the exact model would have."""
    pairs = len(problem.apart) + len(problem.sibling_pairs) + len(problem.wishes) + len(problem.met)
    return (len(problem.pupils) + pairs) * problem.count


def _proven(
    problem: GroupingProblem, groups: Groups, limits: SolveLimits, deadline: float
) -> tuple[Groups, dict[str, int]]:
    """Goal by goal: what is reached, and what is proven; the first goal that is not proven ends it."""
    model = GroupModel(problem)
    bounds = dict.fromkeys(worth(problem, groups), 0)
    for name, term in model.terms().items():
        value = worth(problem, groups)[name]
        if value > 0 and time.monotonic() < deadline:
            better, bound = model.best(term, groups, limits, deadline)
            # Never worse than what was held: the goals before this one are frozen in the model.
            if better is not None and _values(problem, better) <= _values(problem, groups):
                groups = better
            value = worth(problem, groups)[name]
            bounds[name] = max(0, min(bound, value))
        model.hold(term, value)
    return groups, bounds


def _values(problem: GroupingProblem, groups: Groups) -> list[int]:
    return list(worth(problem, groups).values())
