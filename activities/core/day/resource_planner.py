"""Scheduling with resources: better schedules from above, the exact model from below, until they meet."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from activities.core.day.resource_bounds import least_finish, paths_of
from activities.core.day.resource_judge import check_starts
from activities.core.day.resource_sides import Sides
from activities.core.day.resources import ResourceResult, refused
from activities.core.day.result import FaultyPlan
from backend.kernel.solving import SolveStatus

if TYPE_CHECKING:
    from activities.core.day.resource_race import Race
    from activities.core.day.resources import ResourceProblem
    from backend.kernel.solving import SolveLimits


def plan_resources(problem: ResourceProblem, limits: SolveLimits) -> ResourceResult:
    """
    Finish as early as possible.

    Returns:
        OPTIMAL or FEASIBLE with starts; INFEASIBLE with a bound above the horizon; INVALID with the keys in conflict;
        TIMED_OUT where no schedule within the horizon was found, nor a proof that there is none.

    Raises:
        FaultyPlan: the solver's answer broke a rule.
    """
    begun = time.monotonic()
    result = refused(problem) or _planned(problem, limits, begun + limits.seconds)
    result = replace(result, seconds=time.monotonic() - begun, seed=limits.seed, workers=limits.workers)
    if result.starts and (violations := check_starts(problem, result.starts)):
        raise FaultyPlan(violations)
    return result


def _planned(problem: ResourceProblem, limits: SolveLimits, deadline: float) -> ResourceResult:
    paths = paths_of(problem)
    least = least_finish(problem, paths)
    if least > problem.horizon:
        return ResourceResult(SolveStatus.INFEASIBLE, bound=least)
    sides = Sides(problem, paths, least, limits)
    sides.meet(deadline)
    return _answer(sides.race)


def _answer(race: Race) -> ResourceResult:
    if race.finish > race.horizon:
        status = SolveStatus.INFEASIBLE if race.least > race.horizon else SolveStatus.TIMED_OUT
        return ResourceResult(status, bound=race.least)
    status = SolveStatus.OPTIMAL if race.finish == race.least else SolveStatus.FEASIBLE
    return ResourceResult(status, race.finish, race.least, race.starts)
