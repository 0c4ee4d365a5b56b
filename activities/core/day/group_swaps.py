"""Dividing by swapping: everybody dealt out evenly, then two at a time change places as long as it helps."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from activities.core.day.groups import GROUP_GOALS

if TYPE_CHECKING:
    from activities.core.day.groups import GroupingProblem, Mark, PupilKey

_MOST_RESTARTS = 12
_WEIGHTS = (10**8, 10**6, 10**4, 100, 1)
"""A goal outweighs those after it; exact while fewer than a hundred of the later are broken at once."""


class Swapper:
    """
    Divides one problem; children are numbers in the order of the problem.

    Siblings move together: a unit of several changes places with as many others.
    """

    def __init__(self, problem: GroupingProblem, seed: int) -> None:
        self.problem = problem
        self.random = random.Random(seed)  # noqa: S311 - a lottery among equals, not a secret
        self.keys = [pupil.key for pupil in problem.pupils]
        number = {key: index for index, key in enumerate(self.keys)}
        names = list(problem.totals())
        index = {mark: place for place, mark in enumerate(names)}
        self.marks = [[index[mark] for mark in pupil.marks] for pupil in problem.pupils]
        self.wanted = {size: self._wanted(names, size) for size in set(problem.sizes)}
        self.ties = self._ties(number)
        self.units = self._units(number)
        self.unit_of = {one: unit for unit in self.units for one in unit}

    def _wanted(self, names: list[Mark], size: int) -> list[tuple[int, int]]:
        wanted = self.problem.wanted(size)
        return [wanted[name] for name in names]

    def _ties(self, number: dict[PupilKey, int]) -> list[dict[int, int]]:
        """For each child: other child -> what being together costs (or, below zero, saves)."""
        problem = self.problem
        apart, siblings, _mix, wishes, repeats = _WEIGHTS
        ties: list[dict[int, int]] = [{} for _key in self.keys]
        parts = ((problem.apart, apart), (problem.sibling_pairs, -siblings), (problem.wishes, -wishes))
        for pairs, weight in (*parts, (problem.met, repeats)):
            for pair in pairs:
                one, other = (number[key] for key in pair)
                ties[one][other] = ties[one].get(other, 0) + weight
                ties[other][one] = ties[one][other]
        return ties

    def _units(self, number: dict[PupilKey, int]) -> list[list[int]]:
        """Siblings as one, everybody else alone; a family larger than a group is no unit."""
        joined: dict[int, set[int]] = {}
        for keys in self.problem.siblings:
            family = {number[key] for key in keys}
            for one in tuple(family):
                family |= joined.get(one, set())
            for one in family:
                joined[one] = family
        families = {min(family): family for family in joined.values() if len(family) <= min(self.problem.sizes)}
        bound = {one for family in families.values() for one in family}
        return [
            *(sorted(family) for family in families.values()),
            *([one] for one in range(len(self.keys)) if one not in bound),
        ]

    def search(self, deadline: float) -> list[list[int]]:
        """The best division found until all goals are 0, the restarts are used up, or the clock says so."""
        best, least = self._start(), None
        for turn in range(_MOST_RESTARTS):
            groups = best if turn == 0 else self._start()
            self._improve(groups, deadline)
            cost = self.cost(groups)
            if least is None or cost < least:
                best, least = [list(group) for group in groups], cost
            if least <= self.floor() or time.monotonic() > deadline:
                break
        return best

    def floor(self) -> int:
        """The cost of a division with nothing broken."""
        return sum(cost for tie in self.ties for cost in tie.values() if cost < 0) // 2

    def cost(self, groups: list[list[int]]) -> int:
        """One number for a whole division."""
        return sum(self._mix(group) + self._inside(group) for group in groups)

    def _mix(self, group: list[int]) -> int:
        count = [0] * len(self.wanted[len(group)])
        for one in group:
            for mark in self.marks[one]:
                count[mark] += 1
        off = sum(max(0, a - n, n - b) for n, (a, b) in zip(count, self.wanted[len(group)], strict=True))
        return off * _WEIGHTS[2]

    def _inside(self, group: list[int]) -> int:
        inside = set(group)
        return sum(cost for one in group for other, cost in self.ties[one].items() if other in inside) // 2

    def _start(self) -> list[list[int]]:
        """Larger parties first, then everybody by marks, each to the group that has least of their kind."""
        sizes = self.problem.sizes
        groups: list[list[int]] = [[] for _size in sizes]
        counts = [[0] * len(next(iter(self.wanted.values()))) for _size in sizes]
        parties = self._parties()
        self.random.shuffle(parties)
        parties.sort(key=lambda party: (-len(party), [self.marks[one] for one in party]))
        for party in parties:
            is_whole = any(len(group) + len(party) <= size for group, size in zip(groups, sizes, strict=True))
            for part in [party] if is_whole else [[one] for one in party]:
                self._seat(part, groups, counts)
        return groups

    def _seat(self, part: list[int], groups: list[list[int]], counts: list[list[int]]) -> None:
        sizes = self.problem.sizes
        able = [number for number, size in enumerate(sizes) if len(groups[number]) + len(part) <= size]
        best = min(able, key=lambda number: (self._alike(counts[number], part), self.random.random()))
        groups[best] += part
        for one in part:
            for mark in self.marks[one]:
                counts[best][mark] += 1

    def _parties(self) -> list[list[int]]:
        """Units, joined with those they wish to be with, up to a quarter of a group."""
        party = {one: members for members in map(list, self.units) for one in tuple(members)}
        most = max(2, min(self.problem.sizes) // 4)
        for one, ties in enumerate(self.ties):
            for other, cost in ties.items():
                mine, theirs = party[one], party[other]
                if cost < 0 and mine is not theirs and len(mine) + len(theirs) <= most:
                    mine += theirs
                    party.update(dict.fromkeys(theirs, mine))
        return [list(members) for members in {id(members): members for members in party.values()}.values()]

    def _alike(self, count: list[int], unit: list[int]) -> int:
        return sum(count[mark] for one in unit for mark in self.marks[one])

    def _improve(self, groups: list[list[int]], deadline: float) -> None:
        """Each child with a fault takes its best swap, as long as one of them helps."""
        state = _State(self, groups)
        is_better = True
        while is_better and time.monotonic() < deadline:
            is_better = False
            faulty = [unit for unit in self.units if state.has_fault(unit)]
            self.random.shuffle(faulty)
            for unit in faulty:
                if time.monotonic() > deadline:
                    break
                is_better = self._best_swap(state, unit) or is_better

    def _best_swap(self, state: _State, mine: list[int]) -> bool:
        """The best swap of one unit with others of the first group that has one; False where none lowers the cost."""
        here = state.where[mine[0]]
        if any(state.where[one] != here for one in mine):
            return False
        found, least = None, 0
        for there in self.random.sample(range(len(state.groups)), len(state.groups)):
            if found is not None:
                break
            for theirs in self._partners(state, there, len(mine)) if there != here else ():
                gain = state.gain(mine, theirs, here, there)
                if gain < least:
                    least, found = gain, (theirs, there)
        if found is not None:
            state.swap(mine, found[0], here, found[1])
        return found is not None

    def _partners(self, state: _State, there: int, size: int) -> list[list[int]]:
        """Units of the same size, or as many who are alone."""
        units = [unit for unit in map(self.unit_of.__getitem__, state.groups[there]) if state.is_whole(unit)]
        same = [unit for unit in units if len(unit) == size]
        if size == 1:
            return same
        alone = [unit[0] for unit in units if len(unit) == 1]
        return same + [self.random.sample(alone, size) for _try in range(40) if len(alone) >= size]

    def as_keys(self, groups: list[list[int]]) -> tuple[tuple[PupilKey, ...], ...]:
        """Numbers back to keys, each group in the order of the problem."""
        return tuple(tuple(self.keys[one] for one in sorted(group)) for group in groups)


class _State:
    """A division while it is being improved: where everybody is, and how many of each mark each group has."""

    def __init__(self, swapper: Swapper, groups: list[list[int]]) -> None:
        self.swapper, self.groups = swapper, groups
        self.where = [0] * len(swapper.keys)
        self.count = [[0] * len(swapper.wanted[len(groups[0])]) for _group in groups]
        for number, group in enumerate(groups):
            for one in group:
                self.where[one] = number
                for mark in swapper.marks[one]:
                    self.count[number][mark] += 1

    def is_whole(self, unit: list[int]) -> bool:
        """Whether siblings sit together now; those of a torn unit move alone."""
        return len(unit) == 1 or len({self.where[one] for one in unit}) == 1

    def has_fault(self, unit: list[int]) -> bool:
        """Whether a tie is not as it should be, or the group's mix is off."""
        here = self.where[unit[0]]
        ties = self.swapper.ties
        is_torn = any((cost > 0) == (self.where[o] == here) for one in unit for o, cost in ties[one].items())
        return is_torn or self._is_off(here)

    def _is_off(self, here: int) -> bool:
        wanted = self.swapper.wanted[len(self.groups[here])]
        return any(not a <= n <= b for n, (a, b) in zip(self.count[here], wanted, strict=True))

    def gain(self, mine: list[int], theirs: list[int], here: int, there: int) -> int:
        """By how much the cost changes when the two change places; below zero is better."""
        change: dict[int, int] = {}
        for units, step in ((mine, -1), (theirs, 1)):
            for one in units:
                for mark in self.swapper.marks[one]:
                    change[mark] = change.get(mark, 0) + step
        mix = sum(self._off(here, mark, step) + self._off(there, mark, -step) for mark, step in change.items() if step)
        return mix * _WEIGHTS[2] + self._moved(mine, theirs, here, there) + self._moved(theirs, mine, there, here)

    def _off(self, group: int, mark: int, step: int) -> int:
        least, most = self.swapper.wanted[len(self.groups[group])][mark]
        n = self.count[group][mark]
        return max(0, least - n - step, n + step - most) - max(0, least - n, n - most)

    def _moved(self, mine: list[int], theirs: list[int], here: int, there: int) -> int:
        cost = 0
        for one in mine:
            for other, weight in self.swapper.ties[one].items():
                if other in mine or other in theirs:
                    continue
                at = self.where[other]
                cost += weight * ((at == there) - (at == here))
        return cost

    def swap(self, mine: list[int], theirs: list[int], here: int, there: int) -> None:
        """Make the swap."""
        for units, source, target in ((mine, here, there), (theirs, there, here)):
            for one in units:
                self.groups[source].remove(one)
                self.groups[target].append(one)
                self.where[one] = target
                for mark in self.swapper.marks[one]:
                    self.count[source][mark] -= 1
                    self.count[target][mark] += 1


assert len(_WEIGHTS) == len(GROUP_GOALS)  # noqa: S101 - the two lists are one list in two places
