"""
The exact model, asked from both ends.

From below: is there a schedule that ends by the bound? If not, the bound rises (destructive improvement).
From above: is there a schedule that ends before the best?

Source: Klein, Scholl: Computing lower bounds by destructive improvement, EJOR 112 (1999).
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

from activities.core.day.stages import FOUND, new_solver

if TYPE_CHECKING:
    from activities.core.day.resource_bounds import Paths
    from activities.core.day.resource_race import Race
    from activities.core.day.resources import ResourceProblem
    from backend.kernel.solving import SolveLimits

_STRATEGIES = ("objective_lb_search_no_lp", "objective_lb_search", "no_lp", "default_lp", "quick_restart_no_lp")
"""Of CP-SAT, from below with several workers."""
_STEPS = 40
"""In so many steps from the bound to the finish: minute by minute would take too long where tasks last for days."""
_ABOVE = ((1, 0.1, False), (0, 1.0, True))
"""Level of linear relaxations, part of the time that is left, whether to begin at the best schedule."""


class Exact(cp_model.CpSolverSolutionCallback):
    """
    One attempt from one end; what it learns goes to the race as it goes, and it ends with the race.

    Args:
        step: minutes by which the bound rises.
        is_near: begin at the best schedule; that helps to find a better one and hinders any proof.
    """

    def __init__(
        self,
        problem: ResourceProblem,
        paths: Paths,
        race: Race,
        solver: cp_model.CpSolver,
        *,
        step: int = 1,
        is_near: bool = False,
    ) -> None:
        super().__init__()
        self.race, self.solver, self.step, self.least = race, solver, step, race.least
        self.starts: dict[str, cp_model.IntVar] = {}
        self.model = self._model(problem, paths, is_near=is_near)

    def run(self) -> None:
        """Until proven, the time is up or the race is over."""
        if self.race.is_over:
            return
        self.solver.best_bound_callback = self._heard
        status = self.solver.solve(self.model, self)
        if status in (*FOUND, cp_model.UNKNOWN):
            self._heard(self.solver.best_objective_bound)

    def on_solution_callback(self) -> None:
        """A schedule, better or not."""
        self.race.reach({key: self.value(start) for key, start in self.starts.items()})
        self._end_with_race()

    def _heard(self, steps: float) -> None:
        if math.isfinite(steps):
            self.race.raise_least(self.least + self.step * (math.ceil(steps - 1e-6) - 1) + 1)
        self._end_with_race()

    def _end_with_race(self) -> None:
        if self.race.is_over:
            self.solver.stop_search()

    def _model(self, problem: ResourceProblem, paths: Paths, *, is_near: bool) -> cp_model.CpModel:
        model, starts, (known, finish) = cp_model.CpModel(), self.starts, self.race.best
        steps = model.new_int_var(0, -(-(finish - self.least) // self.step), "steps")
        spans, minutes = {}, {task.key: task.minutes for task in problem.tasks}
        for task in problem.tasks:
            latest = finish - paths.tail[task.key] - task.minutes
            start = starts[task.key] = model.new_int_var(paths.head[task.key], latest, task.key)
            spans[task.key] = model.new_fixed_size_interval_var(start, task.minutes, task.key)
            model.add(start + task.minutes + paths.tail[task.key] <= self.least + self.step * steps)
            if is_near:
                model.add_hint(start, known[task.key])
        for task in problem.tasks:
            for key in task.after:
                model.add(starts[task.key] >= starts[key] + minutes[key])
        for name, most in problem.resources.items():
            users = [task for task in problem.tasks if task.needs.get(name) and task.minutes]
            model.add_cumulative([spans[task.key] for task in users], [task.needs[name] for task in users], most)
        model.minimize(steps)
        return model


class Below:
    """Raises the bound, in steps that grow finer."""

    def __init__(self, problem: ResourceProblem, paths: Paths, race: Race, limits: SolveLimits) -> None:
        self.problem, self.paths, self.race, self.limits = problem, paths, race, limits
        self.solver: cp_model.CpSolver | None = None

    def run(self, deadline: float) -> None:
        """Until the race is over or the time is up."""
        while not self.race.is_over and time.monotonic() < deadline:
            step = max(1, (self.race.finish - self.race.least) // _STEPS)
            self.solver = _asking_from_below(self.limits, deadline - time.monotonic())
            Exact(self.problem, self.paths, self.race, self.solver, step=step).run()

    def stop(self) -> None:
        """Ask it to end; without effect where the solver has not begun."""
        if self.solver is not None:
            self.solver.stop_search()


def ask_from_above(problem: ResourceProblem, paths: Paths, race: Race, limits: SolveLimits, deadline: float) -> None:
    """
    Better schedules, and the proof where the bound is near.

    Linear relaxations prove some small problems at once and find little in large ones, so they have a short while only.
    """
    for linear, part, is_near in _ABOVE:
        left = deadline - time.monotonic()
        if left > 0:
            solver = new_solver(limits, part * left)
            solver.parameters.linearization_level = linear
            Exact(problem, paths, race, solver, is_near=is_near).run()


def _asking_from_below(limits: SolveLimits, seconds: float) -> cp_model.CpSolver:
    """Without linear relaxations: they cost most of the time and raise the bound less."""
    solver = new_solver(limits, seconds)
    solver.parameters.use_overload_checker_in_cumulative = True
    if limits.workers > 1:
        solver.parameters.subsolvers.extend(_STRATEGIES)
        return solver
    solver.parameters.linearization_level = 0
    solver.parameters.use_objective_lb_search = True
    return solver
