"""The same scheduling problems solved by PyJobShop (dependency group `peers`), and by plain CP-SAT as in its manual."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activities.core.day.resources import ResourceProblem

Answer = tuple[dict[str, int], int, int, float]
"""Starts, finish, bound, seconds."""


def pyjobshop(problem: ResourceProblem, seconds: float, workers: int, seed: int) -> Answer:
    """One task and one mode per segment, renewable resources, the makespan."""
    from pyjobshop import Model

    model = Model()
    resources = {name: model.add_renewable(capacity=most) for name, most in problem.resources.items()}
    tasks = {}
    for task in problem.tasks:
        tasks[task.key] = model.add_task()
        needs = {name: count for name, count in task.needs.items() if count}
        used = [resources[name] for name in needs]
        model.add_mode(tasks[task.key], used, duration=task.minutes, demands=list(needs.values()))
    for task in problem.tasks:
        for key in task.after:
            model.add_end_before_start(tasks[key], tasks[task.key])
    model.set_objective(weight_makespan=1)
    begun = time.perf_counter()
    result = model.solve(solver="ortools", time_limit=seconds, display=False, num_workers=workers, random_seed=seed)
    spent = time.perf_counter() - begun
    starts = {task.key: found.start for task, found in zip(problem.tasks, result.best.tasks, strict=True)}
    return starts, round(result.objective), round(result.lower_bound), spent
