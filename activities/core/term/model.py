"""The exact model, for classes where swapping did not reach a bound that proves itself."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from ortools.sat.python import cp_model

from activities.core.term.places import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activities.core.term.goals import Deal
    from activities.core.term.problem import ChildKey, Pair, TalkProblem

Linear = Any
"""A linear expression or a whole number: the library's own union of types allows no arithmetic."""


class DealModel:
    """One boolean for each child and group; goals one after the other, each frozen at what it reached."""

    def __init__(self, problem: TalkProblem, sizes: Sequence[int], waited: int) -> None:
        self.problem, self.sizes = problem, sizes
        self.model = cp_model.CpModel()
        self.groups = range(len(sizes))
        self.children = [child.key for child in problem.to_meet]
        self.sits = {
            (key, group): self.model.new_bool_var(f"{key}_{group}") for key in self.children for group in self.groups
        }
        self._every_group_has_its_size()
        self._nobody_sits_twice()
        self._those_who_waited_longest_sit(waited)

    def _every_group_has_its_size(self) -> None:
        for group, size in enumerate(self.sizes):
            self.model.add(sum(self.sits[key, group] for key in self.children) == size)

    def _nobody_sits_twice(self) -> None:
        for key in self.children:
            self.model.add_at_most_one(self.sits[key, group] for group in self.groups)

    def _those_who_waited_longest_sit(self, waited: int) -> None:
        self.model.add(sum(child.missed * self._is_met(child.key) for child in self.problem.to_meet) == waited)

    def _is_met(self, key: ChildKey) -> Linear:
        return sum(self.sits[key, group] for group in self.groups) if (key, 0) in self.sits else 1

    def _both(self, pair: Pair, name: str, *, is_wanted: bool) -> Linear:
        """1 where the two sit together: forced up where it costs, held down where it is wanted."""
        one, other = pair
        if (one, 0) not in self.sits or (other, 0) not in self.sits:
            return 0
        parts = []
        for group in self.groups:
            both = self.model.new_bool_var(f"{name}_{one}_{other}_{group}")
            if is_wanted:
                self.model.add_implication(both, self.sits[one, group])
                self.model.add_implication(both, self.sits[other, group])
            else:
                self.model.add_bool_or(both, ~self.sits[one, group], ~self.sits[other, group])
            parts.append(both)
        return sum(parts)

    def wishes(self) -> Linear:
        """Broken wishes among the groups still to be held."""
        parts: list[Linear] = [self._both(pair, "apart", is_wanted=False) for pair in sorted(self.problem.apart)]
        for pair in sorted(self.problem.together):
            if any((key, 0) in self.sits for key in pair):
                split = self.model.new_bool_var(f"split_{pair[0]}_{pair[1]}")
                same = self._both(pair, "together", is_wanted=True)
                self.model.add(split >= self._is_met(pair[0]) + self._is_met(pair[1]) - 1 - same)
                parts.append(split)
        return sum(parts)

    def repeats(self) -> Linear:
        """How often those who sit together did so before."""
        met = sorted(self.problem.met.items())
        return sum(count * self._both(pair, "again", is_wanted=False) for pair, count in met)

    def mix(self) -> Linear:
        """How far each group is from the class's own share of girls."""
        girls = {child.key for child in self.problem.children if child.is_girl}
        everybody, parts = len(self.problem.children), []
        for group, size in enumerate(self.sizes):
            off = self.model.new_int_var(0, everybody * size, f"off_{group}")
            seated = sum(self.sits[key, group] for key in self.children if key in girls)
            self.model.add_abs_equality(off, seated * everybody - size * len(girls))
            parts.append(off)
        return sum(parts)

    def best(self, goal: Linear, start: Deal, deadline: float, seed: int) -> tuple[Deal, int, int]:
        """
        The deal with the least of a goal, its value and the bound proven for it.

        Without an answer in time the start stands, with the bound reached so far.
        """
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for (key, group), var in self.sits.items():
            self.model.add_hint(var, key in start[group])
        self.model.minimize(goal)
        solver = cp_model.CpSolver()
        settle(solver, seed, deadline - time.monotonic())
        status = solver.solve(self.model)
        bound = math.ceil(solver.best_objective_bound - 1e-6) if status != cp_model.MODEL_INVALID else 0
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return start, -1, bound
        return self._deal(solver), round(solver.objective_value), bound

    def freeze(self, goal: Linear, value: int) -> None:
        """What a goal reached is kept by the goals after it."""
        self.model.add(goal <= value)

    def _deal(self, solver: cp_model.CpSolver) -> Deal:
        deal = [[key for key in self.children if solver.value(self.sits[key, group])] for group in self.groups]
        seated = {key for group in deal for key in group}
        return [*deal, [key for key in self.children if key not in seated]]
