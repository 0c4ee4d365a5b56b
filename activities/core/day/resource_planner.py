"""Scheduling with resources: a good start quickly, then the exact model with what is known of every schedule."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

from activities.core.day.resource_bounds import least_finish, paths_of
from activities.core.day.resource_judge import check_starts
from activities.core.day.resource_search import Scheduler
from activities.core.day.resources import ResourceResult, refused
from activities.core.day.result import FaultyPlan
from activities.core.day.stages import FOUND, new_solver
from backend.kernel.solving import SolveStatus

if TYPE_CHECKING:
    from activities.core.day.resource_bounds import Paths
    from activities.core.day.resources import ResourceProblem
    from backend.kernel.solving import SolveLimits

_SEARCHING = 0.1
"""Part of the time for the quick search; the exact model has the rest."""


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
    result = refused(problem) or _planned(problem, limits, begun)
    result = replace(result, seconds=time.monotonic() - begun, seed=limits.seed, workers=limits.workers)
    if result.starts and (violations := check_starts(problem, result.starts)):
        raise FaultyPlan(violations)
    return result


def _planned(problem: ResourceProblem, limits: SolveLimits, begun: float) -> ResourceResult:
    paths = paths_of(problem)
    least = least_finish(problem, paths)
    if least > problem.horizon:
        return ResourceResult(SolveStatus.INFEASIBLE, bound=least)
    scheduler = Scheduler(problem, paths, limits.seed)
    start = scheduler.best(least, begun + _SEARCHING * limits.seconds)
    finish = scheduler.finish(start)
    if finish > least:
        start, finish, least = _exact(problem, paths, start, (least, finish), limits, begun)
    starts = {task.key: start[index] for index, task in enumerate(problem.tasks)}
    if finish > problem.horizon:
        status = SolveStatus.INFEASIBLE if least > problem.horizon else SolveStatus.TIMED_OUT
        return ResourceResult(status, bound=least)
    status = SolveStatus.OPTIMAL if finish == least else SolveStatus.FEASIBLE
    return ResourceResult(status, finish, least, starts)


def _exact(
    problem: ResourceProblem, paths: Paths, start: list[int], known: tuple[int, int], limits: SolveLimits, begun: float
) -> tuple[list[int], int, int]:
    """The best schedule, its end, and what is proven; never worse than the start."""
    least, finish = known
    model, starts, end = _model(problem, paths, start, known)
    solver = new_solver(limits, begun + limits.seconds - time.monotonic())
    status = solver.solve(model)
    if status in FOUND or status == cp_model.UNKNOWN:
        least = max(least, min(finish, math.ceil(solver.best_objective_bound - 1e-6)))
    if status in FOUND and solver.value(end) <= finish:
        start = [solver.value(one) for one in starts]
        finish = solver.value(end)
    return start, finish, least


def _model(
    problem: ResourceProblem, paths: Paths, start: list[int], known: tuple[int, int]
) -> tuple[cp_model.CpModel, list[cp_model.IntVar], cp_model.IntVar]:
    model = cp_model.CpModel()
    least, finish = known
    end = model.new_int_var(least, finish, "end")
    starts, spans, minutes = {}, {}, {task.key: task.minutes for task in problem.tasks}
    for task, hint in zip(problem.tasks, start, strict=True):
        latest = finish - paths.tail[task.key] - task.minutes
        starts[task.key] = model.new_int_var(paths.head[task.key], latest, task.key)
        spans[task.key] = model.new_fixed_size_interval_var(starts[task.key], task.minutes, task.key)
        model.add(end >= starts[task.key] + task.minutes + paths.tail[task.key])
        for key in task.after:
            model.add(starts[task.key] >= starts[key] + minutes[key])
        model.add_hint(starts[task.key], hint)
    for name, most in problem.resources.items():
        users = [task for task in problem.tasks if task.needs.get(name) and task.minutes]
        model.add_cumulative([spans[task.key] for task in users], [task.needs[name] for task in users], most)
    model.add_hint(end, finish)
    model.minimize(end)
    return model, list(starts.values()), end
