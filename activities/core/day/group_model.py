"""The exact model of a division: one boolean for each child and group."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from ortools.sat.python import cp_model

from activities.core.day.stages import FOUND, new_solver

if TYPE_CHECKING:
    from activities.core.day.groups import GroupingProblem, Groups, Pair
    from backend.kernel.solving import SolveLimits

Linear = Any
"""A linear expression or a whole number."""


class GroupModel:
    """Goals are asked for once, then solved and held one after the other."""

    def __init__(self, problem: GroupingProblem) -> None:
        self.problem = problem
        self.model = cp_model.CpModel()
        self.groups = range(problem.count)
        self.keys = [pupil.key for pupil in problem.pupils]
        self.sits = {(key, n): self.model.new_bool_var(f"{key}_{n}") for key in self.keys for n in self.groups}
        for key in self.keys:
            self.model.add_exactly_one(self.sits[key, number] for number in self.groups)
        for number, size in enumerate(problem.sizes):
            self.model.add(sum(self.sits[key, number] for key in self.keys) == size)

    def terms(self) -> dict[str, Linear]:
        """Every goal in order, the fewer the better."""
        problem = self.problem
        return {
            "apart": sum(self._together(pair) for pair in _listed(problem.apart)),
            "siblings": sum(1 - self._wanted(pair) for pair in _listed(problem.sibling_pairs)),
            "imbalance": self._imbalance(),
            "wishes": sum(1 - self._wanted(pair) for pair in _listed(problem.wishes)),
            "repeats": sum(self._together(pair) for pair in _listed(problem.met)),
        }

    def _together(self, pair: Pair) -> Linear:
        """At least 1 where the two sit in one group."""
        one, other = pair
        both = self.model.new_bool_var("")
        for number in self.groups:
            self.model.add_bool_or(both, ~self.sits[one, number], ~self.sits[other, number])
        return both

    def _wanted(self, pair: Pair) -> Linear:
        """At most 1, and only where the two sit in one group."""
        one, other = pair
        same = self.model.new_bool_var("")
        for number in self.groups:
            self.model.add(self.sits[one, number] == self.sits[other, number]).only_enforce_if(same)
        return same

    def _imbalance(self) -> Linear:
        terms = []
        bearers: dict[Any, list[Any]] = {}
        for pupil in self.problem.pupils:
            for mark in pupil.marks:
                bearers.setdefault(mark, []).append(pupil.key)
        for number, size in enumerate(self.problem.sizes):
            for mark, (least, most) in self.problem.wanted(size).items():
                seated = sum(self.sits[key, number] for key in bearers[mark])
                off = self.model.new_int_var(0, size, "")
                self.model.add(off >= least - seated)
                self.model.add(off >= seated - most)
                terms.append(off)
        return sum(terms)

    def best(self, term: Linear, start: Groups, limits: SolveLimits, deadline: float) -> tuple[Groups | None, int]:
        """The division with the least of a goal and its proven bound; None where none was found in time."""
        where = {key: number for number, group in enumerate(_largest_first(start)) for key in group}
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for (key, number), literal in self.sits.items():
            self.model.add_hint(literal, where[key] == number)
        self.model.minimize(term)
        solver = new_solver(limits, (deadline - time.monotonic()) * 0.6)
        status = solver.solve(self.model)
        bound = solver.best_objective_bound
        proven = math.ceil(bound - 1e-6) if status in (*FOUND, cp_model.UNKNOWN) and math.isfinite(bound) else 0
        return (self._groups(solver) if status in FOUND else None), proven

    def hold(self, term: Linear, value: int) -> None:
        """What a goal reached is kept by the goals after it."""
        if not isinstance(term, int):
            self.model.add(term <= value)

    def _groups(self, solver: cp_model.CpSolver) -> Groups:
        return tuple(
            tuple(key for key in self.keys if solver.boolean_value(self.sits[key, number])) for number in self.groups
        )


def _listed(pairs: frozenset[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: sorted(map(str, pair)))


def _largest_first(groups: Groups) -> list[tuple[Any, ...]]:
    return sorted(groups, key=len, reverse=True)
