"""
Good schedules without a solver: lists of tasks crossed, shaken and pushed.

Sources: Hartmann: A competitive genetic algorithm for resource-constrained project scheduling, NRL 45 (1998);
Valls, Ballestín, Quintanilla: A hybrid genetic algorithm for the RCPSP, EJOR 185 (2008).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activities.core.day.resource_serial import Ends, Serial

_PARENTS = 60
_SHAKEN = 0.2
"""Part of the lists that come of one schedule; the others have two parents."""
_SWAPPED = 0.15
_SPREADS = (0.5, 1.5, 4, 11)
"""How far a start may be shaken, in mean lengths of a task."""
_STALLED = 1000
"""After so many lists without a better schedule among the parents all begin anew."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`finish`: when the last task ends; `order`: the tasks as they begin."""

    finish: int
    ends: Ends
    order: list[int]


class Search:
    """
    One more schedule at each `turn`; `best` is the best of all.

    Args:
        tails: minutes from each task's start to the end of what must follow it.
    """

    def __init__(self, serial: Serial, tails: Sequence[int], seed: int) -> None:
        self.serial, self.tails = serial, tails
        self.random = random.Random(seed)  # noqa: S311 - draws lists, keeps no secret
        self.mean = sum(serial.minutes) / max(1, len(serial.minutes))
        self.parents: list[Schedule] = []
        self.stalled = 0
        self.best = self._made(self._listed([-tail for tail in tails]))

    def turn(self) -> bool:
        """Make one more list into a schedule, and say whether it is the best."""
        if self.stalled > _STALLED:
            self.parents, self.stalled = [], 0
        if len(self.parents) < _PARENTS:
            found = self._made(self._drawn())
            self.parents.append(found)
        else:
            found = self._made(self._shaken() if self.random.random() < _SHAKEN else self._crossed())
            self._take(found)
        if found.finish >= self.best.finish:
            return False
        self.best = found
        return True

    def _take(self, found: Schedule) -> None:
        """In place of one of the worst, unless it is worse still or there already."""
        self.stalled += 1
        finishes = [one.finish for one in self.parents]
        worst = max(finishes)
        if found.finish > worst or any(one.ends == found.ends for one in self.parents):
            return
        if found.finish < min(finishes):
            self.stalled = 0
        place = self.random.choice([index for index, finish in enumerate(finishes) if finish == worst])
        self.parents[place] = found

    def _made(self, order: list[int]) -> Schedule:
        """To a schedule, then to the right and to the left while that helps."""
        ends = self.serial.forward(order)
        finish = max(ends, default=0)
        while True:
            pushed = self.serial.pushed(ends)
            again = max(pushed, default=0)
            if again >= finish:
                return Schedule(again, pushed, self.serial.order_of(pushed))
            ends, finish = pushed, again

    def _drawn(self) -> list[int]:
        """Long tails first, by chance."""
        draw = self.random.uniform
        return self._listed([-(tail * draw(0.3, 1) + draw(0, 2 * self.mean)) for tail in self.tails])

    def _shaken(self) -> list[int]:
        """One of the parents, now a little, now a lot."""
        ends, minutes = self.random.choice(self.parents).ends, self.serial.minutes
        spread = self.random.choice(_SPREADS) * self.mean
        return self._listed([ends[task] - minutes[task] + self.random.uniform(0, spread) for task in range(len(ends))])

    def _crossed(self) -> list[int]:
        """One parent's list, but its middle as the other has it; a few neighbours swapped."""
        outer, inner = self._parent().order, self._parent().order
        count = len(outer)
        width = self.random.randint(count // 4, 3 * count // 4)
        begin = self.random.randint(0, count - width)
        child = outer[:begin]
        taken = set(child)
        child += [task for task in inner if task not in taken][:width]
        taken = set(child)
        child += [task for task in outer if task not in taken]
        return self._swapped(child)

    def _parent(self) -> Schedule:
        return min(self.random.sample(self.parents, 2), key=lambda one: one.finish)

    def _swapped(self, order: list[int]) -> list[int]:
        before = self.serial.before
        for index in range(len(order) - 1):
            one, two = order[index], order[index + 1]
            if self.random.random() < _SWAPPED and one not in before[two]:
                order[index], order[index + 1] = two, one
        return order

    def _listed(self, priority: Sequence[float]) -> list[int]:
        """The least priority first, moved behind what must come first."""
        before = self.serial.before
        listed: list[int] = []
        done = [False] * len(priority)
        for task in sorted(range(len(priority)), key=priority.__getitem__):
            stack = [task]
            while stack:
                one = stack[-1]
                missing = [earlier for earlier in before[one] if not done[earlier]]
                if missing:
                    stack += missing
                    continue
                stack.pop()
                if not done[one]:
                    done[one] = True
                    listed.append(one)
        return listed
