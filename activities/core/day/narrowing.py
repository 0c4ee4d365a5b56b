"""
A day's goals from two sides: narrower models find plans, coarser ones say that there are none better.

Where both meet the goal is proven, and the whole model, whose rotations are as hard as Latin squares, need not be
searched at all (docs/planning.md, "From two sides").
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

from activities.core.day.host_bounds import HostBounds
from activities.core.day.model_goals import DayModel
from activities.core.day.model_seats import SeatModel
from activities.core.day.stages import Stages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from activities.core.day.guards import Literal
    from activities.core.day.model_goals import Goal
    from activities.core.day.problem import DayProblem
    from backend.kernel.solving import SolveLimits

Name = tuple[str, ...]
"""A rule and what it guards, or a host to be found."""

_OF_TIMES = frozenset({"left_out", "remarks", "finish", "waiting", "order", "round"})
"""Goals that a choice of hosts and places alone does not change."""
_OF_LEADERS = frozenset({"load", "balance"})
_NARROW, _COARSE = 0.3, 0.4
"""Parts of a goal's time for each of the two; the whole model has the rest."""
_GLANCE = 1.0
"""Seconds for bounds of the seats alone."""


class DayStages(Stages):
    """
    The stages of a whole day.

    Args:
        goals_of: the goals of a model, in order; asked for the whole model and for the coarse one.
        known: goal -> a bound that is proven already, as good as the coarse model's own.
    """

    def __init__(
        self,
        day: DayProblem,
        model: DayModel,
        goals_of: Callable[[DayModel], list[Goal]],
        limits: SolveLimits,
        deadline: float,
        known: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(model.model, limits, deadline)
        self.day_model, self.hosts, self.goals = model, HostBounds(day), goals_of(model)
        self.known, self._goals_of = known or {}, goals_of

    @cached_property
    def coarse(self) -> DayModel:
        """The coarser model, made once it is asked for, with what is held by then."""
        guards = self.day_model.times.guards
        made = DayModel(self.hosts.day, is_elastic=guards.is_elastic, is_coarse=True, only=guards.only)
        self.coarse_goals = {goal.name: goal for goal in self._goals_of(made)}
        for name, value in self.hosts.held.items():
            self._hold_coarse(made, name, value)
        return made

    def _hold_coarse(self, coarse: DayModel, name: str, value: int) -> None:
        term = self.coarse_goals[name].term
        if not isinstance(term, int):
            coarse.model.add(term <= value)

    def reach(self, goal: Goal, seconds: float) -> None:
        """Close in on a goal until what was found is what is proven."""
        until = time.monotonic() + seconds
        seats = self.hosts.least(goal.name, min(_GLANCE, seconds))
        self.bounds[goal.name] = max(self.bounds[goal.name], seats, self.known.get(goal.name, 0))
        # A bound that is known ends the search for plans; who leads is proven sooner than it is dealt out.
        is_below_first = self.solver is None or goal.name in _OF_LEADERS
        steps = [self._from_below, self._from_above] if is_below_first else [self._from_above, self._from_below]
        # With nothing to prove any more, both parts of the time are for finding a plan.
        shares = (_NARROW, _COARSE) if goal.name not in self.known else (_NARROW + _COARSE, _NARROW + _COARSE)
        for step, share in zip(steps, shares, strict=True):
            if not self._may_improve(goal) or self.is_impossible:
                return
            step(goal, share * seconds)
        if self._may_improve(goal) and not self.is_impossible:
            self._close(goal, max(0.001, until - time.monotonic()))

    def hold(self, goal: Goal, value: int) -> None:
        """In all the models at once."""
        super().hold(goal, value)
        self.hosts.hold(goal.name, value)
        if "coarse" in self.__dict__:
            self._hold_coarse(self.coarse, goal.name, value)

    def _close(self, goal: Goal, seconds: float) -> None:
        """The whole model, told the bound."""
        if not isinstance(goal.term, int):
            self.model.add(goal.term >= self.bounds[goal.name])
        self.model.minimize(goal.term)
        self.try_model(self.model, goal, seconds, is_whole=True)

    def _from_above(self, goal: Goal, seconds: float) -> None:
        """Plans of a narrower model, times as they are or stations in turn; whatever reaches the bound will do."""
        self.model.minimize(goal.term)
        until = time.monotonic() + seconds
        narrowed = [fixed for fixed in self._narrowed(goal) if fixed]
        for number, fixed in enumerate(narrowed):
            left = until - time.monotonic()
            if self._may_improve(goal) and left > 0:
                model = self.model.clone()
                if not isinstance(goal.term, int):
                    model.add(goal.term >= self.bounds[goal.name])
                for index, value in fixed:
                    model.add(model.get_int_var_from_proto_index(index) == value)
                self.try_model(model, goal, left / (len(narrowed) - number), is_whole=False)

    def _narrowed(self, goal: Goal) -> Iterator[list[tuple[int, int]]]:
        if self.solver is not None and goal.name not in _OF_TIMES:
            yield [*self._times(), *self._visits()]
        yield self._in_turn()

    def _times(self) -> list[tuple[int, int]]:
        """Every segment when it is now."""
        times = self.day_model.times.timed.values()
        variables = [part for timed in times for part in (timed.start, timed.length, timed.is_placed)]
        return [(variable.index, self._seen[variable.index]) for variable in variables]

    def _visits(self) -> list[tuple[int, int]]:
        chosen = [literal for rounds in self.day_model.rounds.values() for literal in rounds.chosen.values()]
        return [(literal.index, self._seen[literal.index]) for literal in chosen]

    def _in_turn(self) -> list[tuple[int, int]]:
        """Each group one station further in each round."""
        fixed = []
        for key, rounds in self.day_model.rounds.items():
            segment = self.day_model.times.timed[key].segment
            groups, count = list(segment.groups), max(len(segment.groups), len(segment.stations))
            stations = [station.key for station in segment.stations]
            for ((group, station), turn), literal in rounds.chosen.items():
                is_then = (stations.index(station) - groups.index(group)) % count == turn
                fixed.append((literal.index, int(is_then)))
        # Stations in turn keep this rule of an elastic model anyway.
        return fixed + [(literal.index, 0) for name, literal in given_up(self.day_model) if name[0] == "rounds"]

    def _from_below(self, goal: Goal, seconds: float) -> None:
        """What a coarser model proves."""
        if goal.name in self.known:
            return
        if goal.name == "place" and isinstance(self.coarse.hosts, SeatModel):
            # Who leads in two far places one after the other: only by now, since it says little of the times.
            self.coarse.hosts.walk()
        self.coarse.model.minimize(self.coarse_goals[goal.name].term)
        solver = self.new_solver(seconds)
        status = solver.solve(self.coarse.model)
        self.raise_bound(goal.name, status, solver)
        if self.solver is None and status == cp_model.INFEASIBLE:
            self.status = status


def given_up(model: DayModel) -> Iterator[tuple[Name, Literal]]:
    """What an elastic model may give up: rules by name, and hosts still to be found."""
    for (code, keys), literal in model.times.guards.given.items():
        yield (code, *keys), literal
    for found in model.hosts.extra.values():
        for key, literal in found.items():
            yield (key,), literal
