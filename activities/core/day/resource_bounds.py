"""What no schedule can beat, without search: longest paths, and the energy of those that must lie between others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activities.core.day.resources import ResourceProblem


@dataclass(frozen=True, slots=True)
class Paths:
    """`head[key]`: minutes before it can begin; `tail[key]`: minutes that must follow its end."""

    head: dict[str, int]
    tail: dict[str, int]


def paths_of(problem: ResourceProblem) -> Paths:
    """Longest paths, ways of precedence only."""
    tasks, order = {task.key: task for task in problem.tasks}, problem.order
    head, tail = dict.fromkeys(order, 0), dict.fromkeys(order, 0)
    for key in order:
        for earlier in tasks[key].after:
            head[key] = max(head[key], head[earlier] + tasks[earlier].minutes)
    for key in reversed(order):
        for earlier in tasks[key].after:
            tail[earlier] = max(tail[earlier], tail[key] + tasks[key].minutes)
    return Paths(head, tail)


def least_finish(problem: ResourceProblem, paths: Paths) -> int:
    """The best of both bounds."""
    longest = max((paths.head[one.key] + one.minutes + paths.tail[one.key] for one in problem.tasks), default=0)
    return max([longest, *(_energy(problem, paths, name) for name in problem.resources)])


def _energy(problem: ResourceProblem, paths: Paths, name: str) -> int:
    """
    For every head h and tail q: h + minutes the work between needs at full use + q.

    Source: Brucker, Knust: Lower bounds for resource-constrained project scheduling, EJOR 149 (2003).
    """
    users = [task for task in problem.tasks if task.needs.get(name)]
    users.sort(key=lambda task: -paths.tail[task.key])
    best, most = 0, problem.resources[name]
    for least in {paths.head[task.key] for task in users}:
        energy = 0
        for task in users:
            if paths.head[task.key] >= least:
                energy += task.minutes * task.needs[name]
                best = max(best, least + -(-energy // most) + paths.tail[task.key])
    return best
