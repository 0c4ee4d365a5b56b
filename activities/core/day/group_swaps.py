"""Dividing by swapping: everybody dealt out evenly, then two at a time change places until nothing is broken."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from activities.core.day.groups import GROUP_GOALS

if TYPE_CHECKING:
    from activities.core.day.groups import GroupingProblem, Mark, PupilKey

_WEIGHTS = (10**8, 10**6, 10**4, 100, 1)
"""A goal outweighs those after it; exact while fewer than a hundred of the later are broken at once."""

Kinds = tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]
"""The marks of those who leave, and of those who come."""


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
        self.marks = [tuple(index[mark] for mark in pupil.marks) for pupil in problem.pupils]
        self.wanted = {size: self._wanted(names, size) for size in set(problem.sizes)}
        self.off = {size: _tables(wanted, size) for size, wanted in self.wanted.items()}
        self._changes: dict[Kinds, tuple[tuple[int, int], ...]] = {}
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

    def start(self) -> list[list[int]]:
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

    def partners(self, state: Division, there: int, size: int) -> list[list[int]]:
        """Units of the same size, or as many who are alone."""
        units = [unit for unit in map(self.unit_of.__getitem__, state.groups[there]) if state.is_whole(unit)]
        same = [unit for unit in units if len(unit) == size]
        if size == 1:
            return same
        alone = [unit[0] for unit in units if len(unit) == 1]
        return same + [self.random.sample(alone, size) for _try in range(40) if len(alone) >= size]

    def change(self, mine: list[int], theirs: list[int]) -> tuple[tuple[int, int], ...]:
        """(mark, by how many) a group has more of when the one leave and the others come."""
        kinds = tuple(self.marks[one] for one in mine), tuple(self.marks[one] for one in theirs)
        found = self._changes.get(kinds)
        if found is None:
            count = Counter(mark for marks in kinds[1] for mark in marks)
            count.subtract(mark for marks in kinds[0] for mark in marks)
            found = self._changes[kinds] = tuple((mark, step) for mark, step in count.items() if step)
        return found

    def as_keys(self, groups: list[list[int]]) -> tuple[tuple[PupilKey, ...], ...]:
        """Numbers back to keys, each group in the order of the problem."""
        return tuple(tuple(self.keys[one] for one in sorted(group)) for group in groups)


class Division:
    """A division while it is being improved: where everybody is, and how many of each mark each group has."""

    def __init__(self, swapper: Swapper, groups: list[list[int]]) -> None:
        self.swapper, self.groups = swapper, groups
        self.off = [swapper.off[len(group)] for group in groups]
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

    def is_above(self, group: int, mark: int) -> bool:
        """Whether a group has more children of a mark than an even mix."""
        return self.count[group][mark] > self.swapper.wanted[len(self.groups[group])][mark][1]

    def broken_marks(self) -> list[tuple[int, int]]:
        """(group, mark) of which there are too many or too few."""
        return [
            (group, mark)
            for group, count in enumerate(self.count)
            for mark, (n, (a, b)) in enumerate(zip(count, self.swapper.wanted[len(self.groups[group])], strict=True))
            if not a <= n <= b
        ]

    def broken_ties(self) -> list[tuple[int, int]]:
        """Two who are together and should not be, or the other way round."""
        return [
            (one, other)
            for one, ties in enumerate(self.swapper.ties)
            for other, cost in ties.items()
            if one < other and (cost > 0) == (self.where[one] == self.where[other])
        ]

    def gain(self, mine: list[int], theirs: list[int], here: int, there: int) -> int:
        """By how much the cost changes when the two change places; below zero is better."""
        mix = 0
        ours, others, off, off_there = self.count[here], self.count[there], self.off[here], self.off[there]
        for mark, step in self.swapper.change(mine, theirs):
            n, m = ours[mark], others[mark]
            mix += off[mark][n + step] - off[mark][n] + off_there[mark][m - step] - off_there[mark][m]
        return mix * _WEIGHTS[2] + self._moved(mine, theirs, here, there) + self._moved(theirs, mine, there, here)

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


def _tables(wanted: list[tuple[int, int]], size: int) -> list[list[int]]:
    """For each mark, how many too many or too few so many children of it are."""
    return [[max(0, least - n, n - most) for n in range(size + 1)] for least, most in wanted]


assert len(_WEIGHTS) == len(GROUP_GOALS)  # noqa: S101 - the two lists are one list in two places
