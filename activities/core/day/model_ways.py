"""
Ways in the model: between two stays of a group or a host lies the time the way takes.

A stay says where somebody is by one literal per place. So the ways between two segments are as many as pairs of places,
however many gatherings there are to choose from.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

from activities.core.day.model_edges import add_edges
from activities.core.day.parts import Form

if TYPE_CHECKING:
    from collections.abc import Iterable

    from activities.core.day.guards import Literal
    from activities.core.day.model import Linear, TimeModel
    from activities.core.day.model_edges import Edges
    from activities.core.day.model_rounds import Rounds
    from activities.core.day.posts import PostKey

Spots = dict[str, "Literal"]
"""Place -> a literal that holds where somebody is there."""


@dataclass(frozen=True, slots=True)
class Stay:
    """
    Somebody's time at one gathering.

    Args:
        key: equal keys are one and the same stay.
        spare_before, spare_after: minutes that surely lie between it and the ends of its segment.
    """

    key: tuple[str, ...]
    spots: Spots
    start: Linear
    end: Linear
    spare_before: int = 0
    spare_after: int = 0


class Ways:
    """The ways of one day; nothing is added where none takes time."""

    def __init__(self, times: TimeModel, rounds: dict[str, Rounds], at: dict[PostKey, Spots]) -> None:
        self.times, self.rounds, self.at, self.model = times, rounds, at, times.model
        day = self.times.day
        self.takes_time = bool(day.transfer_minutes or any(day.transfers.values()))
        self._done: set[tuple[tuple[str, ...], ...]] = set()
        self._edges: dict[str, Edges | None] = {}

    def of_groups(self) -> None:
        """Each group's ways between its segments, and between the stations of one."""
        segments = self.times.day.segments
        for group in self.times.day.groups if self.takes_time else ():
            stays = {one.key: self._stays(group.key, one.key) for one in segments if group.key in one.groups}
            for one, two in combinations(stays, 2):
                is_before = self.times.before[one, two] if self.times.day.is_hard("group_twice") else None
                for first, second in product(stays[one], stays[two]):
                    self.between(first, second, is_before)
            for key, mine in stays.items():
                self._within(group.key, key, mine)

    def between(self, one: Stay, two: Stay, is_before: Literal | None, code: str = "transfer") -> None:
        """The way from the first to the second where the literal holds, else back; without one they may be at once."""
        if (one.key, two.key) not in self._done:
            self._done.add((one.key, two.key))
            if is_before is None:
                # What lies between a stay and the end of its segment helps nobody who leaves for the next before.
                one, two = _alone(one), _alone(two)
            there, back = (is_before, ~is_before) if is_before is not None else self._orders(one, two)
            self._way(one, two, [there], code)
            self._way(two, one, [back], code)

    def _orders(self, one: Stay, two: Stay) -> tuple[Literal, Literal]:
        """Whether the first is over before the second begins, or the reverse; neither where they are at once."""
        there, back, at_once = (self.model.new_bool_var("") for _ in range(3))
        self.model.add_exactly_one(there, back, at_once)
        self.model.add(one.end <= two.start).only_enforce_if(there)
        self.model.add(two.end <= one.start).only_enforce_if(back)
        for earlier, later in ((one, two), (two, one)):
            self.model.add(earlier.start + 1 <= later.end).only_enforce_if(at_once)
        return there, back

    def spots_of(self, name: str, leads: Iterable[tuple[PostKey, Literal]]) -> Spots:
        """Where somebody is who leads one of several gatherings of a segment."""
        spots: Spots = {}
        for key, literal in leads:
            for place, here in self.at[key].items():
                if place not in spots:
                    spots[place] = self.model.new_bool_var(f"spot_{name}_{place}")
                self.model.add_bool_or([~literal, ~here, spots[place]])
        return spots

    def _way(self, one: Stay, two: Stay, under: list[Literal], code: str) -> None:
        for (place, here), (to, there) in product(one.spots.items(), two.spots.items()):
            minutes = self.times.day.transfer(place, to)
            if minutes <= one.spare_after + two.spare_before:
                continue
            guard = self.times.guards.under(code, *sorted((place, to)))
            if guard is not None:
                self.model.add(two.start >= one.end + minutes).only_enforce_if([*under, *guard, here, there])

    def _stays(self, group: str, key: str) -> list[Stay]:
        timed, rounds = self.times.timed[key], self.rounds[key]
        if timed.segment.form is not Form.ROTATION:
            post = group if timed.segment.form is Form.BY_GROUP else ""
            return [Stay((key, post), self.at[key, post], timed.start, timed.end)]
        if rounds.turns:
            return self._turns(group, key)
        if self.times.is_coarse:
            return self._edges_of(group, key)
        return [
            Stay((key, group, visit[1]), self.at[key, visit[1]], rounds.start[visit], rounds.end[visit])
            for visit in rounds.start
            if visit[0] == group
        ]

    def _turns(self, group: str, key: str) -> list[Stay]:
        """Round by round; a stay in the middle has the other rounds to walk in."""
        rounds = self.rounds[key]
        shortest = self._shortest_round(key)
        last, stays = len(rounds.turns) - 1, []
        length = next(iter(rounds.length.values()))
        for turn, begin in enumerate(rounds.turns):
            here = [
                ((key, visit[1]), literal)
                for (visit, when), literal in rounds.chosen.items()
                if when == turn and visit[0] == group
            ]
            spots = self.spots_of(f"{key}_{group}_{turn}", here)
            spare = turn * shortest, (last - turn) * shortest
            stays.append(Stay((key, group, str(turn)), spots, begin, begin + length, *spare))
        return stays

    def _edges_of(self, group: str, key: str) -> list[Stay]:
        """Of a rotation without visits: the first round and the last, as far as the group has to be there."""
        if key not in self._edges:
            self._edges[key] = add_edges(self.times, self.times.timed[key], self.rounds[key], self.at)
        edges = self._edges[key]
        if edges is None:
            return []
        spare, length = edges.between, edges.length
        return [
            Stay((key, group, "first"), edges.first[group], edges.begin, edges.begin + length, 0, spare),
            Stay((key, group, "last"), edges.last[group], edges.latest, edges.latest + length, spare, 0),
        ]

    def _shortest_round(self, key: str) -> int:
        rotation = self.times.timed[key].segment.rotation
        return self.times.guards.shortest("round_length", rotation.round) if rotation else 0

    def _within(self, group: str, key: str, stays: list[Stay]) -> None:
        rounds = self.rounds[key]
        if self.times.is_coarse:
            return
        if rounds.turns:
            shortest = self._shortest_round(key)
            for (a, one), (b, two) in combinations(enumerate(stays), 2):
                between = (b - a - 1) * shortest
                self._way(_spare(one, between), _spare(two, 0), [self.times.timed[key].is_placed], "transfer")
            return
        for one, two in combinations(stays, 2):
            if any(self.times.day.transfer(place, to) for place, to in product(one.spots, two.spots)):
                self.between(one, two, self._one_first(group, key, one.key[-1], two.key[-1]))

    def _one_first(self, group: str, key: str, one: str, two: str) -> Literal | None:
        """Which of two visits comes first; None where a group may be on both at once."""
        if not self.times.day.is_hard("visits_overlap"):
            return None
        rounds, placed = self.rounds[key], self.times.timed[key].is_placed
        first, second, literal = (group, one), (group, two), self.model.new_bool_var("")
        self.model.add(rounds.end[first] <= rounds.start[second]).only_enforce_if([literal, placed])
        self.model.add(rounds.end[second] <= rounds.start[first]).only_enforce_if([~literal, placed])
        return literal


def _spare(stay: Stay, after: int) -> Stay:
    """The same stay beside others of its own segment."""
    return Stay(stay.key, stay.spots, stay.start, stay.end, 0, after)


def _alone(stay: Stay) -> Stay:
    """The same stay without the minutes around it."""
    return Stay(stay.key, stay.spots, stay.start, stay.end)
