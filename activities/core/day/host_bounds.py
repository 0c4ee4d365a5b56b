"""
What no plan can be below in who leads: the seats alone, without the clock.

A small model of who could lead what, everybody at most once per segment. Any plan is an answer of it, so its bounds
hold for every plan; and it is solved in a blink where the whole day is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

from activities.core.day.goals import peers_of
from activities.core.day.posts import seats_of
from activities.core.day.stages import FOUND, proven_of

if TYPE_CHECKING:
    from activities.core.day.guards import Literal
    from activities.core.day.model import Linear
    from activities.core.day.parts import Person, Segment
    from activities.core.day.problem import DayProblem


@dataclass
class _Seats:
    """Literals of one person: by segment, and the minutes they take."""

    led: list[Literal] = field(default_factory=list)
    minutes: list[Linear] = field(default_factory=list)


class HostBounds:
    """Bounds for "load" and "balance", each under what is held of the goals before."""

    def __init__(self, day: DayProblem) -> None:
        self.day, self.model = day, cp_model.CpModel()
        self.people = {person.key: person for person in day.people if person.hours}
        self.seats = {key: _Seats() for key in self.people}
        self.placed = {segment.key: self.model.new_bool_var("") for segment in day.segments}
        is_strict = day.is_hard("host_count")
        for segment in day.segments if is_strict else ():
            self._fill(segment)
        for key, person in self.people.items():
            self._stays_within(person, self.seats[key])
        self._alike_in_order()
        self.terms = {"load": self._load(), "balance": self._balance()} if is_strict else {}
        self.left_out = sum(1 - placed for placed in self.placed.values())

    def hold(self, name: str, value: int) -> None:
        """From here on the goal is at most so much."""
        term = self.left_out if name == "left_out" else self.terms.get(name)
        if term is not None:
            self.model.add(term <= value)

    def least(self, name: str, seconds: float) -> int:
        """A value no plan is below; 0 where nothing is known."""
        if name not in self.terms:
            return 0
        self.model.minimize(self.terms[name])
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds, solver.parameters.num_workers = max(0.01, seconds), 1
        status = solver.solve(self.model)
        return max(0, proven_of(solver)) if status in FOUND else 0

    def _fill(self, segment: Segment) -> None:
        placed, minutes = self.placed[segment.key], shortest_of(segment)
        if segment.is_mandatory and self.day.is_hard("placed"):
            self.model.add(placed == 1)
        mine: dict[str, list[Literal]] = {}
        for (able, _role), count in seats_of(self.day, segment).items():
            seats = {key: self.model.new_bool_var("") for key in able}
            self.model.add(sum(seats.values()) == count * placed)
            for key, literal in seats.items():
                mine.setdefault(key, []).append(literal)
        for key, literals in mine.items():
            self.model.add_at_most_one(literals)
            self.seats[key].led += literals
            self.seats[key].minutes += [minutes * literal for literal in literals]

    def _alike_in_order(self) -> None:
        """Of people who could stand in for each other everywhere, the first leads longest."""
        alike: dict[tuple[object, ...], list[str]] = {}
        for key, person in self.people.items():
            asked = tuple(key in able for segment in self.day.segments for able, _role in seats_of(self.day, segment))
            same = asked, person.roles, person.hours, person.most_minutes, person.is_reserve
            alike.setdefault(same, []).append(key)
        for one, other in (pair for keys in alike.values() for pair in pairwise(keys)):
            self.model.add(sum(self.seats[one].minutes) >= sum(self.seats[other].minutes))

    def _stays_within(self, person: Person, seats: _Seats) -> None:
        most = sum(window.end - window.start for window in person.hours)
        if person.most_minutes is not None and self.day.is_hard("host_load"):
            most = min(most, person.most_minutes)
        if self.day.is_hard("host_hours") and seats.minutes:
            self.model.add(sum(seats.minutes) <= most)

    def _load(self) -> Linear:
        most = self.model.new_int_var(0, 24 * 60 * len(self.day.segments) + 1, "")
        for seats in self.seats.values():
            if seats.minutes:
                self.model.add(most >= sum(seats.minutes))
        return most

    def _balance(self) -> Linear:
        terms = []
        for keys in peers_of(self.day).values():
            count = len(self.day.segments)
            high, low = self.model.new_int_var(0, count, ""), self.model.new_int_var(0, count, "")
            for key in keys:
                self.model.add(high >= sum(self.seats[key].led))
                self.model.add(low <= sum(self.seats[key].led))
            terms.append(high - low)
        return sum(terms)


def shortest_of(segment: Segment) -> int:
    """Minutes a segment takes at least; a rotation no less than its rounds."""
    if segment.rotation is None:
        return segment.minutes.shortest
    return max(segment.minutes.shortest, segment.rotation.round.shortest * len(segment.stations))
