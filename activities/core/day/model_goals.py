"""The goals as terms of the model, in the order of `GOALS`, each with a bound that needs no search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.core.day.goals import ROUND_MINUTES, peers_of
from activities.core.day.model import TimeModel
from activities.core.day.model_hosts import EXTRA, HostModel
from activities.core.day.model_places import PlaceModel
from activities.core.day.model_rounds import add_rounds
from activities.core.day.model_seats import SeatModel
from activities.core.day.model_trips import TripModel
from activities.core.day.plans import DayPlan, PlacedPost, PlacedSegment, PlacedTrip, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from ortools.sat.python import cp_model

    from activities.core.day.model import Linear, Timed
    from activities.core.day.parts import Trip
    from activities.core.day.problem import DayProblem


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal in the model: its term, and a value no plan can be below."""

    name: str
    term: Linear
    least: int


class DayModel:
    """A whole day: times, rounds, places, hosts, trips, and what makes a plan good."""

    def __init__(
        self,
        day: DayProblem,
        *,
        is_elastic: bool = False,
        is_coarse: bool = False,
        most_called: Mapping[str, int] | None = None,
        only: AbstractSet[tuple[str, ...]] | None = None,
    ) -> None:
        self.day = day
        self.times = TimeModel(day, is_elastic=is_elastic, is_coarse=is_coarse, most_called=most_called, only=only)
        self.rounds = {key: add_rounds(self.times, timed) for key, timed in self.times.timed.items()}
        self.places = PlaceModel(self.times, self.rounds)
        # Seats know nobody who leads two gatherings at once.
        is_by_seats = is_coarse and day.is_hard("host_twice")
        self.hosts = (SeatModel if is_by_seats else HostModel)(self.times, self.places)
        self.trips = TripModel(self.hosts)
        self.model = self.times.model

    def goals(self) -> list[Goal]:
        """The goals in order; to be asked for once, before the first solve."""
        return [
            Goal("left_out", sum(1 - timed.is_placed for timed in self.times.timed.values()), 0),
            Goal("reserve", self.reserve(), 0),
            Goal("remarks", sum(self.times.guards.remarks.values()), 0),
            self._finish(),
            Goal("waiting", self._waiting(), 0),
            Goal("rides", self.rides(), 0),
            Goal("order", self._order(), 0),
            Goal("load", self._load(), 0),
            Goal("place", self._place(), 0),
            Goal("balance", self._balance(), 0),
            Goal("round", self._round(), 0),
        ]

    def _new(self, name: str, most: int = 24 * 60) -> cp_model.IntVar:
        return self.model.new_int_var(0, most, name)

    def _finish(self) -> Goal:
        """No group can be done before all its segments have taken the time they need, one after the other."""
        finish, least = self._new("finish"), self.day.begin
        for timed in self.times.timed.values():
            self.model.add(finish >= timed.end)
        for group in self.day.groups if self.day.is_hard("group_twice") else ():
            mine = [one for one in self.times.timed.values() if group.key in one.segment.groups]
            self.model.add(finish >= self.day.begin + sum(self._minutes(one) for one in mine))
            needed = sum(self._shortest(one) for one in mine if self._must_be(one))
            least = max(least, self.day.begin + needed)
        return Goal("finish", finish, least)

    def _shortest(self, timed: Timed) -> int:
        return self.times.guards.shortest("length", timed.segment.minutes)

    def _must_be(self, timed: Timed) -> bool:
        return timed.segment.is_mandatory and self.day.is_hard("placed")

    def _minutes(self, timed: Timed) -> Linear:
        """Its minutes, 0 for one left out."""
        if self._must_be(timed):
            return timed.length
        minutes = self._new("")
        self.model.add(minutes == timed.length).only_enforce_if(timed.is_placed)
        self.model.add(minutes == 0).only_enforce_if(~timed.is_placed)
        return minutes

    def _waiting(self) -> Linear:
        terms: list[Linear] = [self._pauses(timed) for timed in self.times.timed.values()]
        for keys, heads in self._alike().items():
            mine = [self.times.timed[key] for key in keys]
            first, last = self._new("first"), self._new("last")
            for timed in mine:
                self.model.add(first <= timed.start).only_enforce_if(timed.is_placed)
                self.model.add(last >= timed.end)
            self.model.add(last >= first)
            idle = last - first - sum(self._minutes(timed) for timed in mine)
            terms.append(heads * (idle if self.day.is_hard("group_twice") else self._at_least_none(idle)))
        return sum(terms)

    def _at_least_none(self, idle: Linear) -> Linear:
        """Who is in two places at once waits for nothing, and for no less than that."""
        minutes = self._new("idle")
        self.model.add(minutes >= idle)
        return minutes

    def _alike(self) -> dict[tuple[str, ...], int]:
        """Children by the segments they take part in: groups of one way wait alike."""
        alike: dict[tuple[str, ...], int] = {}
        for group in self.day.groups:
            keys = tuple(key for key, one in self.times.timed.items() if group.key in one.segment.groups)
            if keys:
                alike[keys] = alike.get(keys, 0) + group.size
        return alike

    def rides(self) -> Linear:
        """Child-minutes between a ride and the programme; groups of one way wait alike."""
        terms: list[Linear] = []
        for trip in self.day.trips:
            heads: dict[tuple[str, ...], int] = {}
            for group in dict.fromkeys(trip.groups):
                keys = tuple(key for key, one in self.times.timed.items() if group in one.segment.groups)
                heads[keys] = heads.get(keys, 0) + self.day.riders([group])
            terms += [count * self._beside(trip, keys) for keys, count in heads.items() if keys]
        return sum(terms)

    def _beside(self, trip: Trip, keys: tuple[str, ...]) -> Linear:
        """Minutes between a ride and the nearest of these segments: none of them is nearer than that."""
        wait, start = self._new("ride"), self.trips.start[trip.key]
        nearest = {key: self.model.new_bool_var("") for key in keys}
        for key, literal in nearest.items():
            timed = self.times.timed[key]
            gap = start - timed.end if trip.is_return else timed.start - start - trip.minutes
            self.model.add(wait >= gap).only_enforce_if(literal)
            self.model.add_implication(literal, timed.is_placed)
            for driven in self.trips.drives[trip.key].values():
                self.model.add_bool_or([*nearest.values(), ~timed.is_placed, ~driven])
        return wait

    def _pauses(self, timed: Timed) -> Linear:
        """Child-minutes of a rotation beyond the visits and the time meant for changing."""
        segment, lengths = timed.segment, self.rounds[timed.segment.key].length
        if segment.rotation is None:
            return 0
        pauses: dict[tuple[int, ...], Linear] = {}
        heads: dict[tuple[int, ...], int] = {}
        for group in segment.groups:
            visits = [length for (who, _station), length in lengths.items() if who == group]
            same = tuple(length.index for length in visits)
            if same not in pauses:
                pauses[same] = self._new("pause")
                idle = timed.length - sum(visits) - segment.rotation.changes
                self.model.add(pauses[same] >= idle).only_enforce_if(timed.is_placed)
            heads[same] = heads.get(same, 0) + self.day.riders([group])
        return sum(heads[same] * pause for same, pause in pauses.items())

    def _order(self) -> Linear:
        terms = []
        for (one, two), literal in self.times.before.items():
            first, second = self.times.timed[one], self.times.timed[two]
            if set(first.segment.groups) & set(second.segment.groups):
                wrong = self.model.new_bool_var("")
                self.model.add_bool_or(wrong, literal, ~first.is_placed, ~second.is_placed)
                terms.append(wrong)
        return sum(terms)

    def reserve(self) -> Linear:
        """Turns led by reserves."""
        reserves = {person.key for person in self.day.people if person.is_reserve}
        return sum(one for leads in self.hosts.leads.values() for key, one in leads.items() if key in reserves)

    def _load(self) -> Linear:
        most = self._new("most")
        for load in self.hosts.load.values():
            self.model.add(most >= load)
        return most

    def _place(self) -> Linear:
        return sum(
            step * self.places.at[key][place]
            for key, post in self.places.posts.items()
            for step, place in enumerate(post.places)
            if step and place in self.places.at[key]
        )

    def _balance(self) -> Linear:
        terms = []
        for keys in peers_of(self.day).values():
            most = len(self.day.segments if self.day.is_hard("host_twice") else self.places.posts)
            high, low = self._new("high", most), self._new("low", most)
            for key in keys:
                led = self.hosts.turns(key)
                self.model.add(high >= led)
                self.model.add(low <= led)
            terms.append(high - low)
        return sum(terms)

    def _round(self) -> Linear:
        terms = []
        for timed in self.times.timed.values():
            step, odd = self._new(""), self.model.new_bool_var("")
            even = self.model.add(timed.start == ROUND_MINUTES * step)
            even.only_enforce_if([~odd, timed.is_placed])
            terms.append(odd)
        return sum(terms)

    def plan_of(self, solver: cp_model.CpSolver) -> DayPlan:
        """The plan a solver found; hosts still to be found are left away."""
        placed = [
            self._placed(solver, key, timed)
            for key, timed in self.times.timed.items()
            if solver.boolean_value(timed.is_placed)
        ]
        trips = [
            PlacedTrip(trip, vehicle, solver.value(self.trips.start[trip]))
            for trip, drives in self.trips.drives.items()
            for vehicle, literal in drives.items()
            if solver.boolean_value(literal)
        ]
        return DayPlan(tuple(sorted(placed, key=lambda one: (one.start, one.end))), tuple(trips))

    def _placed(self, solver: cp_model.CpSolver, key: str, timed: Timed) -> PlacedSegment:
        posts = tuple(
            PlacedPost(name, self._true(solver, self.places.at[key, name])[0], self._hosts(solver, key, name))
            for segment, name in self.places.posts
            if segment == key
        )
        rounds = self.rounds[key]
        visits = [
            Visit(*visit, solver.value(rounds.start[visit]), solver.value(rounds.length[visit]))
            for visit in rounds.start
        ]
        visits.sort(key=lambda one: (one.start, one.group))
        return PlacedSegment(key, solver.value(timed.start), solver.value(timed.length), posts, tuple(visits))

    def _hosts(self, solver: cp_model.CpSolver, segment: str, post: str) -> tuple[str, ...]:
        chosen = self._true(solver, self.hosts.leads[segment, post])
        return tuple(sorted(key for key in chosen if key and not key.startswith(EXTRA)))

    @staticmethod
    def _true(solver: cp_model.CpSolver, literals: dict[str, cp_model.IntVar]) -> list[str]:
        return [key for key, literal in literals.items() if solver.boolean_value(literal)] or [""]
