"""
What no plan can be below in who leads: the seats alone, without the clock.

People who may lead the same are one class, and segments that ask for the same are one kind. What one person leads in a
day is a pattern, so many segments of each kind; how many people of a class follow each pattern is all that is left to
choose. So nothing can be swapped without a difference, and the relaxation is tight (Gilmore and Gomory's patterns for
cutting stock): it is proven in a blink what takes the whole day's model minutes. Any plan is an answer, so the bounds
hold for every plan.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

from activities.core.day.goals import peers_of
from activities.core.day.posts import seats_of
from activities.core.day.stages import FOUND, proven_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from activities.core.day.model import Linear
    from activities.core.day.parts import Length, Person, Segment
    from activities.core.day.problem import DayProblem

_MOST_PATTERNS = 20_000
_NO_LIMIT = 24 * 60


@dataclass(frozen=True, slots=True)
class Seats:
    """
    Segments of one kind.

    Args:
        minutes: that each takes at least; count: how many segments.
        able: for each kind of seat the people who may take it; filled: how many seats of it a segment has.
        may_stay_out: whether it is one segment that need not take place.
    """

    minutes: int
    count: int
    able: tuple[frozenset[str], ...]
    filled: tuple[int, ...]
    may_stay_out: bool


@dataclass(frozen=True, slots=True)
class Crew:
    """
    People who could stand in for each other everywhere.

    Args:
        roles: in which they are compared with their peers; most: minutes one of them can lead.
        seats: kind of segment -> the kinds of its seats they may take.
    """

    size: int
    roles: tuple[str, ...]
    most: int
    seats: tuple[tuple[int, ...], ...]


Pattern = tuple[tuple[int, int, int], ...]
"""(kind of segment, kind of seat, how many) of what one person leads."""


class TooManyPatterns(Exception):
    """More than are worth a look."""


class HostBounds:
    """Bounds for "load" and "balance", each under what is held of the goals before."""

    def __init__(self, day: DayProblem) -> None:
        self.day, self.held = day, dict[str, int]()
        self.kinds = _kinds(day) if day.is_hard("host_count") and day.is_hard("host_twice") else []
        self.crews = _crews(day, self.kinds) if self.kinds else []

    def hold(self, name: str, value: int) -> None:
        """From here on the goal is at most so much."""
        self.held[name] = value

    def least(self, name: str, seconds: float) -> int:
        """A value no plan is below; 0 where nothing is known."""
        if name not in {"load", "balance"} or not self.crews:
            return 0
        until = time.monotonic() + seconds
        try:
            return self._least_load(until) if name == "load" else self._least_balance(until)
        except TooManyPatterns:
            return 0

    def _least_load(self, until: float) -> int:
        """The first sum of minutes that is enough for the one who leads longest."""
        surely = [one for one in self.kinds if not one.may_stay_out]
        minutes = sum(one.minutes * one.count * sum(one.filled) for one in surely)
        low = high = -(-minutes // sum(crew.size for crew in self.crews))
        while high < _NO_LIMIT and self._is_too_little(high, until):
            low, high = high + 1, high + high // 4 + 1
        found = {_minutes(self.kinds, one) for crew in self.crews for one in self.patterns(crew, high)}
        sums = sorted(one for one in found if one >= low)
        first, last = 0, len(sums)
        while first < last:
            middle = (first + last) // 2
            if self._is_too_little(sums[middle], until):
                first = middle + 1
            else:
                last = middle
        return sums[first] if first < len(sums) else low

    def _is_too_little(self, most: int, until: float) -> bool:
        """Whether it is proven that somebody has to lead longer."""
        if time.monotonic() >= until:
            return False
        status, _solver = self._solved(_Choice(self, most), until)
        return bool(status == cp_model.INFEASIBLE)

    def _least_balance(self, until: float) -> int:
        choice = _Choice(self, self.held.get("load", _NO_LIMIT))
        choice.model.minimize(choice.balance())
        status, solver = self._solved(choice, until)
        return max(0, proven_of(solver)) if status in FOUND else 0

    def _solved(self, choice: _Choice, until: float) -> tuple[cp_model.CpSolverStatus, cp_model.CpSolver]:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.01, until - time.monotonic())
        # One worker and all of the relaxation: it proves most at the root.
        solver.parameters.num_workers, solver.parameters.linearization_level = 1, 2
        return solver.solve(choice.model), solver

    def patterns(self, crew: Crew, most: int) -> list[Pattern]:
        """
        Everything one person of a class could lead in so many minutes.

        Raises:
            TooManyPatterns: nobody wants to wait for these.
        """
        found: list[Pattern] = [()]
        for index, (kind, seats) in enumerate(zip(self.kinds, crew.seats, strict=True)):
            more: list[Pattern] = []
            for pattern in found:
                left = (min(crew.most, most) - _minutes(self.kinds, pattern)) // kind.minutes
                more += [(*pattern, *taken) for taken in _taken(index, seats, min(kind.count, left)) if taken]
                if len(found) + len(more) > _MOST_PATTERNS:
                    raise TooManyPatterns
            found += more
        return found


class _Choice:
    """How many people of each class follow each pattern, so that every seat is taken."""

    def __init__(self, bounds: HostBounds, most: int) -> None:
        self.bounds, self.model = bounds, cp_model.CpModel()
        self.chosen: list[tuple[Crew, Pattern, cp_model.IntVar]] = []
        for crew in bounds.crews:
            mine = [(one, self.model.new_int_var(0, crew.size, "")) for one in bounds.patterns(crew, most)]
            self.model.add(sum(count for _pattern, count in mine) == crew.size)
            self.chosen += [(crew, pattern, count) for pattern, count in mine]
        self._every_seat_is_taken()

    def _every_seat_is_taken(self) -> None:
        taken: dict[tuple[int, int], list[Linear]] = {}
        for _crew, pattern, count in self.chosen:
            for number, seat, times in pattern:
                taken.setdefault((number, seat), []).append(times * count)
        out = []
        for index, kind in enumerate(self.bounds.kinds):
            placed: Linear = 1
            if kind.may_stay_out:
                placed = self.model.new_bool_var("")
                out.append(1 - placed)
            for seat, filled in enumerate(kind.filled):
                self.model.add(sum(taken.get((index, seat), [])) == filled * kind.count * placed)
        if "left_out" in self.bounds.held:
            self.model.add(sum(out) <= self.bounds.held["left_out"])

    def balance(self) -> Linear:
        """Sum over roles of the most turns less the fewest."""
        terms: list[Linear] = []
        for role in peers_of(self.bounds.day):
            turns: dict[int, list[cp_model.IntVar]] = {}
            for crew, pattern, count in self.chosen:
                if role in crew.roles:
                    turns.setdefault(sum(times for _kind, _seat, times in pattern), []).append(count)
            high, low = (self.model.new_int_var(0, len(self.bounds.day.segments), "") for _ in range(2))
            for number, counts in turns.items():
                is_followed = self.model.new_bool_var("")
                self.model.add(sum(counts) <= len(self.bounds.day.people) * is_followed)
                self.model.add(high >= number).only_enforce_if(is_followed)
                self.model.add(low <= number).only_enforce_if(is_followed)
            terms.append(high - low)
        return sum(terms)


def _taken(kind: int, seats: tuple[int, ...], most: int) -> Iterator[Pattern]:
    """Ways to take up to so many segments of a kind, each in one of the seats."""
    if not seats:
        yield ()
        return
    for times in range(most + 1):
        for rest in _taken(kind, seats[1:], most - times):
            yield ((kind, seats[0], times), *rest) if times else rest


def _minutes(kinds: list[Seats], pattern: Pattern) -> int:
    return sum(kinds[kind].minutes * times for kind, _seat, times in pattern)


def _kinds(day: DayProblem) -> list[Seats]:
    found: dict[Seats, int] = {}
    alone: list[Seats] = []
    for segment in day.segments:
        seats = seats_of(day, segment)
        if not seats:
            continue
        able = tuple(frozenset(able) for able, _role in seats)
        may_stay_out = not (segment.is_mandatory and day.is_hard("placed"))
        one = Seats(shortest_of(day, segment), 1, able, tuple(seats.values()), may_stay_out)
        if may_stay_out:
            alone.append(one)
        else:
            found[one] = found.get(one, 0) + 1
    together = [Seats(one.minutes, count, one.able, one.filled, may_stay_out=False) for one, count in found.items()]
    return [*together, *alone]


def _crews(day: DayProblem, kinds: list[Seats]) -> list[Crew]:
    peers = peers_of(day)
    sizes: dict[tuple[tuple[str, ...], int, tuple[tuple[int, ...], ...]], int] = {}
    for person in day.people:
        if person.hours:
            seats = tuple(tuple(n for n, able in enumerate(one.able) if person.key in able) for one in kinds)
            roles = tuple(role for role, keys in peers.items() if person.key in keys)
            same = roles, _most(day, person), seats
            sizes[same] = sizes.get(same, 0) + 1
    return [Crew(size, *same) for same, size in sizes.items()]


def _most(day: DayProblem, person: Person) -> int:
    most = sum(window.end - window.start for window in person.hours) if day.is_hard("host_hours") else _NO_LIMIT
    if person.most_minutes is not None and day.is_hard("host_load"):
        most = min(most, person.most_minutes)
    return min(most, _NO_LIMIT)


def shortest_of(day: DayProblem, segment: Segment) -> int:
    """Minutes a segment takes at least; a rotation no less than its rounds. Half where its length may be broken."""
    least, rotation = _least(day, "length", segment.minutes), segment.rotation
    if rotation is None or not (day.is_hard("inside") and day.is_hard("visits_overlap")):
        return least
    return max(least, _least(day, "round_length", rotation.round) * len(segment.stations))


def _least(day: DayProblem, code: str, length: Length) -> int:
    return length.shortest if day.is_hard(code) else -(-length.shortest // 2)
