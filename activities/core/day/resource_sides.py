"""The search above and the proof below, side by side or in turn."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING

from activities.core.day.resource_exact import Below, ask_from_above
from activities.core.day.resource_race import Race
from activities.core.day.resource_search import Search
from activities.core.day.resource_serial import Serial

if TYPE_CHECKING:
    from activities.core.day.resource_bounds import Paths
    from activities.core.day.resources import ResourceProblem
    from backend.kernel.solving import SolveLimits

_FIRST_LISTS = 10
"""Before anything else: many a problem is solved by them, and the model begins from a schedule."""
_STALLED = 2000
"""Lists in a row that were not better: the model may do better than more of them."""
_SEARCHING = 0.4
"""Part of the time after which the model follows in any case."""
_STOPPING_S = 0.05


class Sides:
    """
    Both sides of one race.

    Args:
        least: no schedule ends earlier.
    """

    def __init__(self, problem: ResourceProblem, paths: Paths, least: int, limits: SolveLimits) -> None:
        self.problem, self.paths, self.limits = problem, paths, limits
        self.serial = serial = Serial(problem)
        tails = [paths.tail[key] + minutes for key, minutes in zip(serial.keys, serial.minutes, strict=True)]
        self.search = Search(serial, tails, limits.seed)
        self.race = Race(problem, least, serial.starts_of(self.search.best.ends))

    def meet(self, deadline: float) -> None:
        """Until they meet or the time is up."""
        self._search(_FIRST_LISTS, deadline)
        if self.race.is_over:
            return
        if self.limits.workers > 1:
            self._together(deadline)
        else:
            self._in_turn(deadline)

    def _together(self, deadline: float) -> None:
        """From below in a thread of its own: the solver does not hold Python's lock while it works."""
        below = Below(self.problem, self.paths, self.race, replace(self.limits, workers=self.limits.workers - 1))
        with ThreadPoolExecutor(max_workers=1) as beside:
            asking = beside.submit(below.run, deadline)
            self._search_well(deadline)
            self._ask_above(deadline)
            while not asking.done():
                below.stop()
                wait([asking], timeout=_STOPPING_S)
        asking.result()

    def _in_turn(self, deadline: float) -> None:
        self._search(50, deadline)
        Below(self.problem, self.paths, self.race, self.limits).run(_part(deadline, 0.05))
        self._search_well(deadline)
        self._ask_above(_part(deadline, 0.5))
        Below(self.problem, self.paths, self.race, self.limits).run(deadline)

    def _ask_above(self, deadline: float) -> None:
        ask_from_above(self.problem, self.paths, self.race, replace(self.limits, workers=1), deadline)

    def _search_well(self, deadline: float) -> None:
        """Until it stalls, but not for too long."""
        deadline, finish = _part(deadline, _SEARCHING), -1
        while self.race.finish != finish and time.monotonic() < deadline:
            finish = self.race.finish
            self._search(_STALLED, deadline)

    def _search(self, lists: int, deadline: float) -> None:
        for _list in range(lists):
            if self.race.is_over or time.monotonic() >= deadline:
                return
            if self.search.turn():
                self.race.reach(self.serial.starts_of(self.search.best.ends))


def _part(deadline: float, part: float) -> float:
    """When that part of the time that is left is over."""
    now = time.monotonic()
    return now + part * (deadline - now)
