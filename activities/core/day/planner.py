"""From a day to a plan, or to why there is none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from activities.core.day.goals import GoalValue, measure
from activities.core.day.judge import violations_of
from activities.core.day.model_goals import DayModel
from activities.core.day.narrowing import DayStages
from activities.core.day.posts import can_host, posts_of
from activities.core.day.relaxing import relax
from activities.core.day.result import DayResult, FaultyPlan
from activities.core.graphs import circle_in
from backend.kernel.solving import SolveLimits, SolveStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from activities.core.day.plans import DayPlan
    from activities.core.day.problem import DayProblem

MOST_LITERALS = 300_000
_EXPLAINING = 0.5
"""Least part of the time that is kept for saying why not."""


def plan(day: DayProblem, limits: SolveLimits, on_stage: Callable[[str], None] | None = None) -> DayResult:
    """
    The best plan of a day, goal after goal as in `GOALS`, each with its bound.

    The same day, seed and one worker give the same plan unless the clock cuts the search short. No plan that the judge
    refuses is ever given.

    Args:
        on_stage: told the name of each goal when its turn comes.

    Raises:
        FaultyPlan: the solver's answer broke a rule.
    """
    begun = time.monotonic()
    refused = refusal_of(day)
    if refused is None:
        refused = _planned(day, limits, begun, on_stage)
    return refused.after(time.monotonic() - begun, limits.seed, limits.workers)


def refusal_of(day: DayProblem) -> DayResult | None:
    """What no search is needed for: a circle in `after`, a day too large for one model."""
    circle = circle_in({segment.key: [after.segment for after in segment.after] for segment in day.segments})
    if circle:
        return DayResult(SolveStatus.INVALID, conflicts=circle)
    if literals_of(day) > MOST_LITERALS:
        return DayResult(SolveStatus.TIMED_OUT, stopped_by="size")
    return None


def literals_of(day: DayProblem) -> int:
    """How many literals the model of a day would have, about; counted before anything is built."""
    total, ways = 0, bool(day.transfer_minutes or any(day.transfers.values()))
    stays: dict[str, int] = {group.key: 0 for group in day.groups}
    leads: dict[str, int] = {}
    for segment in day.segments:
        posts = posts_of(day, segment)
        rounds = max(len(segment.groups), len(segment.stations))
        total += len(segment.groups) * len(segment.stations) * rounds + len(day.segments)
        in_segment: set[str] = set()
        for post in posts:
            able = [key for need in post.hosts for key in can_host(day, need)]
            total += len(day.places) + len(able)
            in_segment.update(able)
        for key in in_segment:
            leads[key] = leads.get(key, 0) + 1
        for group in segment.groups:
            stays[group] += rounds if segment.stations else 1
    options = max((len(post.places) for segment in day.segments for post in posts_of(day, segment)), default=0)
    pairs = sum(count**2 for count in [*stays.values(), *leads.values()])
    return total + (pairs * options**2 if ways else 0)


def _planned(day: DayProblem, limits: SolveLimits, begun: float, on_stage: Callable[[str], None] | None) -> DayResult:
    """Solve the goals in order; where there is no plan, say why."""
    model = DayModel(day)
    stages = DayStages(day, model, DayModel.goals, limits, begun + limits.seconds)
    stages.run(stages.goals, on_stage)
    if stages.solver is None:
        return no_plan(day, limits, begun, is_proven=stages.is_impossible)
    found = model.plan_of(stages.solver)
    values = stages.goal_values(stages.goals, measure(day, found))
    is_proven = all(goal.value == goal.bound for goal in values)
    return judged(day, DayResult(SolveStatus.OPTIMAL if is_proven else SolveStatus.FEASIBLE, found, values))


def judged(day: DayProblem, result: DayResult) -> DayResult:
    """
    The result, if the judge has nothing against its plan.

    Raises:
        FaultyPlan: it has.
    """
    violations = violations_of(day, result.plan) if result.plan else ()
    if violations:
        raise FaultyPlan(violations)
    return result


def no_plan(day: DayProblem, limits: SolveLimits, begun: float, *, is_proven: bool) -> DayResult:
    """Why not; a day the elastic model can plan without giving anything up was not infeasible after all."""
    if not is_proven:
        return DayResult(SolveStatus.TIMED_OUT, stopped_by="time")
    left = begun + limits.seconds - time.monotonic()
    seconds = max(left, _EXPLAINING * limits.seconds)
    why = relax(day, SolveLimits(seconds, limits.memory_mb, limits.workers, limits.seed))
    if why.plan is not None and not violations_of(day, why.plan):
        return DayResult(SolveStatus.FEASIBLE, why.plan, _measured(day, why.plan))
    return DayResult(SolveStatus.INFEASIBLE, relaxations=why.relaxations, is_least=why.price == why.bound)


def _measured(day: DayProblem, found: DayPlan) -> tuple[GoalValue, ...]:
    """Values without proofs."""
    return tuple(GoalValue(name, value, 0) for name, value in measure(day, found).items())
