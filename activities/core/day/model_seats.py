"""
Hosts in a coarse model: which segments somebody leads, not which of its gatherings.

Gatherings of one segment that ask for the same are seats of one kind, and hosts still to be found are counted instead
of named. So nothing is left that could be swapped without a difference, which is what makes whole days slow to prove.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.core.day.model_hosts import HostModel
from activities.core.day.model_ways import Stay
from activities.core.day.posts import seats_of

if TYPE_CHECKING:
    from activities.core.day.guards import Literal
    from activities.core.day.model import Linear, TimeModel
    from activities.core.day.model_places import PlaceModel
    from activities.core.day.parts import Segment


class SeatModel(HostModel):
    """A host model without gatherings, locks and, until asked, ways: any plan of the day is an answer of it."""

    def __init__(self, times: TimeModel, places: PlaceModel) -> None:
        self.times, self.places, self.model = times, places, times.model
        self.people = {person.key: person for person in times.day.people if person.hours}
        self.extra = self._extra()
        self.leads, self.parts = {}, {}
        self.called: dict[str, list[tuple[Segment, Linear]]] = {role: [] for role in self.extra}
        for segment in times.day.segments:
            for number, (kind, count) in enumerate(seats_of(times.day, segment).items()):
                self.leads[segment.key, str(number)] = self._seats(segment, kind, count)
        self.busy = {person: self._busy(person) for person in self.people}
        self.load = {person: self._load(person) for person in self.people}
        for person in self.people:
            self._is_there(person)
            self._is_free(person)
            self._has_a_limit(person)
        for role in self.extra:
            self._enough_called(role)
        self._brings_supplies_in_time()
        self._spots: dict[tuple[str, str], dict[str, Literal]] = {}

    def walk(self) -> None:
        """
        From here on hosts need the minutes that ways take. Asked twice it changes nothing.

        Which gathering somebody leads stays open, but as many are at a place as its gatherings ask for.
        """
        if self._spots or self.extra or not self.places.ways.takes_time:
            return
        for segment in self.times.day.segments:
            self._stand_where_they_are_asked_for(segment)
        for person in self.people:
            self._can_walk(person)

    def _stand_where_they_are_asked_for(self, segment: Segment) -> None:
        asked: dict[str, list[Linear]] = {}
        for key, post in self.places.posts.items():
            for place, here in self.places.at[key].items() if key[0] == segment.key else ():
                asked.setdefault(place, []).append(sum(need.count for need in post.hosts) * here)
        there: dict[str, list[Literal]] = {place: [] for place in asked}
        for person in self.people:
            leads = self.busy[person].get(segment.key)
            if leads is None:
                continue
            spots = {place: self.model.new_bool_var(f"stands_{person}_{segment.key}_{place}") for place in asked}
            self.model.add(sum(spots.values()) == leads)
            self._spots[person, segment.key] = spots
            for place, literal in spots.items():
                there[place].append(literal)
        for place, seats in asked.items():
            self.model.add(sum(there[place]) <= sum(seats))

    def _stay(self, person: str, segment: str) -> Stay:
        timed = self.times.timed[segment]
        return Stay(("host", person, segment), self._spots[person, segment], timed.start, timed.end)

    def _seats(self, segment: Segment, kind: tuple[tuple[str, ...], str], count: int) -> dict[str, Literal]:
        able, role = kind
        placed = self.times.timed[segment.key].is_placed
        seats = {person: self.model.new_bool_var(f"sits_{segment.key}_{role}_{person}") for person in able}
        filled: Linear = sum(seats.values())
        if role in self.extra:
            called = self.model.new_int_var(0, count, f"called_{segment.key}_{role}")
            self.called[role].append((segment, called))
            filled += called
        under = self.times.guards.under("host_count", segment.key) if not self.extra else []
        if under is not None:
            self.model.add(filled == count * placed).only_enforce_if(under)
        self.model.add(filled <= count * placed)
        return seats

    def _enough_called(self, role: str) -> None:
        """At no minute lead more than were called."""
        parts = [(self.times.timed[segment.key], called) for segment, called in self.called[role]]
        spans = [self.times.interval(one, one.is_placed, f"called_{role}_{one.segment.key}") for one, _n in parts]
        # The library takes one variable for the room there is, no sum.
        count = self.model.new_int_var(0, len(self.extra[role]), f"found_{role}")
        self.model.add(count == sum(self.extra[role].values()))
        self.model.add_cumulative(spans, [called for _one, called in parts], count)
