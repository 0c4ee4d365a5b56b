"""One goal after the other: solve, hold what was reached, solve for the next."""

from __future__ import annotations

import math
import time
from types import MappingProxyType
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

from activities.core.day.goals import GoalValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from activities.core.day.model import Linear
    from activities.core.day.model_goals import Goal
    from backend.kernel.solving import SolveLimits

FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)
PREPARED_ONCE: Mapping[str, int] = MappingProxyType({"max_presolve_iterations": 1})
PLAIN: Mapping[str, int] = MappingProxyType(
    {**PREPARED_ONCE, "linearization_level": 0, "cp_model_probing_level": 0, "symmetry_level": 0}
)
"""Where a plan is easily found, preparing for the search takes most of the time."""
_SHARE = 0.65
"""Part of the time that is left which one goal may use; the first may use all of it to find a plan."""


def new_solver(limits: SolveLimits, seconds: float) -> cp_model.CpSolver:
    """A solver under the limits; one worker and one seed give one answer."""
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.001, seconds)
    solver.parameters.num_workers = limits.workers
    solver.parameters.random_seed = limits.seed % 2**31
    return solver


def proven_of(solver: cp_model.CpSolver) -> int:
    """The whole number no answer of the model is below."""
    return math.ceil(solver.best_objective_bound - 1e-6)


class Stages:
    """
    The best answer of one model, goal by goal.

    `status` is the first solve's; `bounds` are those of the goals reached, in order.
    """

    settings: Mapping[str, int] = MappingProxyType({})
    """Parameters of the solver that differ from its own."""

    def __init__(self, model: cp_model.CpModel, limits: SolveLimits, deadline: float) -> None:
        self.model, self.limits, self.deadline = model, limits, deadline
        self.status: cp_model.CpSolverStatus = cp_model.UNKNOWN
        self.solver: cp_model.CpSolver | None = None
        self.bounds: dict[str, int] = {}
        self._seen: list[int] = []

    @property
    def is_impossible(self) -> bool:
        """Whether the first solve proved that there is no answer."""
        return self.status == cp_model.INFEASIBLE

    def run(self, goals: list[Goal], on_stage: Callable[[str], None] | None = None) -> None:
        """Every goal while there is time; a goal already at its least is only held."""
        for number, goal in enumerate(goals):
            if on_stage is not None:
                on_stage(goal.name)
            self._stage(goal, is_first=number == 0)
            if self.solver is None:
                return

    def _stage(self, goal: Goal, *, is_first: bool) -> None:
        self.bounds[goal.name] = goal.least
        left = self.deadline - time.monotonic()
        if self._may_improve(goal) and (is_first or left > 0):
            self.reach(goal, left if is_first else left * _SHARE)
        if self.solver is not None:
            self.hold(goal, self._value(goal.term))

    def _may_improve(self, goal: Goal) -> bool:
        return self.solver is None or self._value(goal.term) > self.bounds[goal.name]

    def reach(self, goal: Goal, seconds: float) -> None:
        """Solve for one goal."""
        self.model.minimize(goal.term)
        self.try_model(self.model, goal, seconds, is_whole=True)

    def hold(self, goal: Goal, value: int) -> None:
        """From here on the goal is at most so much."""
        if not isinstance(goal.term, int):
            self.model.add(goal.term <= value)

    def try_model(self, model: cp_model.CpModel, goal: Goal, seconds: float, *, is_whole: bool) -> None:
        """
        Solve the model, or one that asks for more; keep what is better than what is there.

        Args:
            is_whole: its bounds and its "impossible" are those of the day.
        """
        self._hint(model)
        solver = self.new_solver(seconds)
        status = solver.solve(model)
        if is_whole:
            self.raise_bound(goal.name, status, solver)
            if self.solver is None:
                self.status = status
        is_better = self.solver is None or (solver.response_proto.solution and self._is_less(solver, goal))
        if status in FOUND and is_better:
            self.solver, self.status = solver, status
            self._seen = list(solver.response_proto.solution)

    def new_solver(self, seconds: float) -> cp_model.CpSolver:
        """One for a model of these stages."""
        solver = new_solver(self.limits, seconds)
        for name, value in self.settings.items():
            setattr(solver.parameters, name, value)
        return solver

    def raise_bound(self, name: str, status: cp_model.CpSolverStatus, solver: cp_model.CpSolver) -> None:
        """What a solve proved of a goal."""
        if status in (*FOUND, cp_model.UNKNOWN) and math.isfinite(solver.best_objective_bound):
            self.bounds[name] = max(self.bounds[name], proven_of(solver))

    def _is_less(self, solver: cp_model.CpSolver, goal: Goal) -> bool:
        return not isinstance(goal.term, int) and solver.value(goal.term) < self._value(goal.term)

    def _hint(self, model: cp_model.CpModel) -> None:
        if not self._seen:
            return
        model.clear_hints()  # type: ignore[no-untyped-call]
        for index, value in enumerate(self._seen):
            model.add_hint(model.get_int_var_from_proto_index(index), value)

    def _value(self, term: Linear) -> int:
        if isinstance(term, int) or self.solver is None:
            return int(term)
        return self.solver.value(term)

    def goal_values(self, goals: list[Goal], measured: dict[str, int]) -> tuple[GoalValue, ...]:
        """Values as counted from the plan; a bound is never above its value."""
        return tuple(
            GoalValue(goal.name, measured[goal.name], min(self.bounds.get(goal.name, goal.least), measured[goal.name]))
            for goal in goals
        )
