"""
One thing that is broken is mended at the least price, also where that breaks another, until nothing is.

Who has just changed places stays for some steps, so that the walk does not turn round on the spot; the best division it
comes by is kept. Most of a dealt division is right already, so looking only at what is broken is quick; and where no
swap helps, the fault wanders through the groups until one has room for it (Glover, "Tabu search", ORSA Journal on
Computing 1, 1989; Minton and others, "Minimizing conflicts", Artificial Intelligence 58, 1992).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from activities.core.day.group_swaps import Division

if TYPE_CHECKING:
    from collections.abc import Iterator

    from activities.core.day.group_swaps import Swapper

_MOST_STARTS = 12
_PATIENCE = 300
"""Steps without a better division after which another start is more use."""
_STAYS = (5, 15)
"""For how many steps somebody stays who has just changed places."""
_GROUPS_TRIED = 4
"""How many groups are looked at for one child whose group is out of balance."""

Swap = tuple[list[int], list[int], int, int]
"""Who moves, for whom, from where, to where."""


def search(swapper: Swapper, deadline: float) -> list[list[int]]:
    """The best division found until all goals are 0, the starts are used up, or the clock says so."""
    best = walk = Walk(swapper, Division(swapper, swapper.start()))
    for _turn in range(_MOST_STARTS):
        walk.run(swapper.floor(), deadline)
        best = min(best, walk, key=lambda one: one.least)
        if best.least <= swapper.floor() or time.monotonic() > deadline:
            break
        walk = Walk(swapper, Division(swapper, swapper.start()))
    return best.best


class Walk:
    """One walk over the divisions of a problem, from the one it is given."""

    def __init__(self, swapper: Swapper, state: Division) -> None:
        self.swapper, self.state, self.random = swapper, state, swapper.random
        self.cost = self.least = swapper.cost(state.groups)
        self.best = [list(group) for group in state.groups]
        self.stays: dict[int, int] = {}

    def run(self, floor: int, deadline: float) -> None:
        """Until nothing is broken, nothing has become better for long, or the time is up."""
        step = latest = 0
        while self.least > floor and step - latest < _PATIENCE and time.monotonic() < deadline:
            before, swap = self.least, self._cheapest(step)
            if swap is not None:
                self._make(swap, step)
            latest = step if self.least < before else latest
            step += 1

    def _make(self, swap: Swap, step: int) -> None:
        mine, theirs, here, there = swap
        self.cost += self.state.gain(mine, theirs, here, there)
        self.state.swap(mine, theirs, here, there)
        for one in (*mine, *theirs):
            self.stays[one] = step + self.random.randint(*_STAYS)
        if self.cost < self.least:
            self.least, self.best = self.cost, [list(group) for group in self.state.groups]

    def _cheapest(self, step: int) -> Swap | None:
        """The swap that mends one broken thing at the least price, among those whose children may move now."""
        found, least = None, 0
        for swap in self._mending():
            mine, theirs, _here, _there = swap
            if any(self.stays.get(one, -1) >= step for one in (*mine, *theirs)):
                continue
            price = self.state.gain(*swap)
            if found is None or price < least:
                found, least = swap, price
        return found

    def _mending(self) -> Iterator[Swap]:
        """Swaps for a tie or a mark that is not as it should be, drawn among all of them."""
        ties, marks = self.state.broken_ties(), self.state.broken_marks()
        chosen = self.random.randrange(len(ties) + len(marks))
        if chosen < len(ties):
            yield from self._of_tie(*ties[chosen])
        else:
            yield from self._of_mark(*marks[chosen - len(ties)])

    def _of_tie(self, one: int, other: int) -> Iterator[Swap]:
        """Together or apart: either of the two moves."""
        where = self.state.where
        is_split = where[one] != where[other]
        for mover, stayer in ((one, other), (other, one)):
            there = [where[stayer]] if is_split else self._some_groups()
            yield from self._moves(mover, there)

    def _of_mark(self, group: int, mark: int) -> Iterator[Swap]:
        """A child with the mark goes where there are too many of them, else one without."""
        is_many = self.state.is_above(group, mark)
        able = [one for one in self.state.groups[group] if (mark in self.swapper.marks[one]) == is_many]
        if able:
            yield from self._moves(self.random.choice(able), self._some_groups())

    def _some_groups(self) -> list[int]:
        everywhere = range(len(self.state.groups))
        return self.random.sample(everywhere, min(_GROUPS_TRIED, len(everywhere)))

    def _moves(self, one: int, groups: list[int]) -> Iterator[Swap]:
        state = self.state
        mine = self.swapper.unit_of[one]
        if not state.is_whole(mine):
            mine = [one]
        here = state.where[one]
        for there in groups:
            for theirs in self.swapper.partners(state, there, len(mine)) if there != here else ():
                yield mine, theirs, here, there
