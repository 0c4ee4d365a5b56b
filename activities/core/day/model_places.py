"""Places in the model: which gathering is where, room for everybody, ways between, equipment."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

from activities.core.day.clock import WHOLE_DAY
from activities.core.day.parts import Form, Setting
from activities.core.day.posts import posts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ortools.sat.python import cp_model

    from activities.core.day.guards import Literal
    from activities.core.day.model import Linear, Timed, TimeModel
    from activities.core.day.model_rounds import Rounds
    from activities.core.day.posts import Post

PostKey = tuple[str, str]
"""Segment and gathering."""
Stay = tuple[str, "Linear", "Linear", "Literal"]
"""Place, start, end, and the literal under which somebody is there."""


class PlaceModel:
    """
    Where each gathering is: `at[segment, gathering][place]`.

    A gathering without places to choose from has an empty choice.
    """

    def __init__(self, times: TimeModel, rounds: dict[str, Rounds]) -> None:
        self.times, self.rounds = times, rounds
        self.posts = {
            (segment.key, post.key): post for segment in times.day.segments for post in posts_of(times.day, segment)
        }
        self.at = {key: self._choice(post) for key, post in self.posts.items()}
        for key, post in self.posts.items():
            self._is_open_and_dry(key, post)
        self._keeps_locked_places()
        self._room_for_everybody()
        self._enough_equipment()
        self._groups_have_time_to_walk()

    def _choice(self, post: Post) -> dict[str, Literal]:
        times, placed = self.times, self.times.timed[post.segment].is_placed
        others = [place.key for place in times.day.places if place.key not in post.places]
        choice = {}
        for place in [*post.places, *others]:
            under = [] if place in post.places else times.guards.under("place_fits", post.segment, post.key, place)
            if place not in post.places and not under and under is not None:
                continue
            choice[place] = times.model.new_bool_var(f"at_{post.segment}_{post.key}_{place}")
            for literal in under or ():
                times.model.add_implication(choice[place], ~literal)
        if times.day.places:
            times.model.add(sum(choice.values()) == placed)
        return choice

    def _is_open_and_dry(self, key: PostKey, post: Post) -> None:
        times, timed = self.times, self.times.timed[post.segment]
        places = {place.key: place for place in times.day.places}
        for name, literal in self.at[key].items():
            place = places[name]
            if place.hours != WHOLE_DAY and (under := times.guards.under("place_hours", name)) is not None:
                times.inside(place.hours, timed.start, timed.end, [*under, literal])
            if times.day.is_raining and not place.is_indoor:
                self._forbid("rain", literal, *key)
            if timed.segment.setting is Setting.INDOOR and not place.is_indoor:
                self._forbid("roof", literal, post.segment)
            if timed.segment.setting is Setting.OUTDOOR and place.is_indoor:
                self._forbid("open_air", literal, *key)

    def _forbid(self, code: str, literal: Literal, *keys: str) -> None:
        under = self.times.guards.under(code, *keys)
        if under is not None:
            self.times.model.add_bool_or([~literal, *(~one for one in under)])

    def _keeps_locked_places(self) -> None:
        for lock in self.times.day.locks:
            key = (lock.segment, lock.post)
            under = self.times.guards.under("locked", lock.segment, *filter(None, [lock.post]))
            if lock.place is not None and under is not None:
                chosen = self.at[key].get(lock.place, False)
                self.times.model.add_bool_or([chosen, *(~one for one in under)])

    def _room_for_everybody(self) -> None:
        for place in self.times.day.places:
            here = [key for key in self.at if place.key in self.at[key]]
            if place.at_once is not None and len(here) > place.at_once:
                spans = [(self._whole(key, place.key), 1) for key in here]
                self._at_most("at_once", place.key, spans, place.at_once)
            if place.capacity is not None:
                spans = [span for key in here for span in self._heads(key, place.key)]
                self._at_most("capacity", place.key, spans, place.capacity)

    def _at_most(self, code: str, key: str, spans: list[tuple[cp_model.IntervalVar, int]], most: int) -> None:
        """Given up: the room is as large as all together need."""
        under = self.times.guards.under(code, key)
        if under is None or sum(amount for _span, amount in spans) <= most:
            return
        limit = most + sum(sum(amount for _span, amount in spans) * ~literal for literal in under)
        self.times.model.add_cumulative([span for span, _a in spans], [amount for _s, amount in spans], limit)

    def _whole(self, key: PostKey, place: str) -> cp_model.IntervalVar:
        return self.times.interval(self.times.timed[key[0]], self.at[key][place], f"in_{key}_{place}")

    def _heads(self, key: PostKey, place: str) -> Iterator[tuple[cp_model.IntervalVar, int]]:
        """Children of a gathering at a place: all at once, or one group after the other at a station."""
        post, rounds, day = self.posts[key], self.rounds[key[0]], self.times.day
        if self.times.timed[key[0]].segment.form is not Form.ROTATION:
            yield self._whole(key, place), day.riders(post.groups)
            return
        for group in post.groups:
            visit = (group, post.key)
            parts = rounds.start[visit], rounds.length[visit], rounds.end[visit]
            span = self.times.model.new_optional_interval_var(*parts, self.at[key][place], f"in_{key}_{group}")
            yield span, day.riders([group])

    def _enough_equipment(self) -> None:
        for name, most in self.times.day.equipment.items():
            spans = []
            for timed in self.times.timed.values():
                posts = (post for post in self.posts.values() if post.segment == timed.segment.key)
                amount = sum(count for post in posts for key, count in post.equipment if key == name)
                if amount:
                    spans.append((self.times.interval(timed, timed.is_placed, f"{name}_{timed.segment.key}"), amount))
            self._at_most("equipment", name, spans, most)

    def _groups_have_time_to_walk(self) -> None:
        """Between two stays of a group lies the way; only where some way takes time at all."""
        day = self.times.day
        if not day.transfer_minutes and not any(day.transfers.values()):
            return
        done: set[tuple[PostKey, PostKey, str, str]] = set()
        for group in day.groups:
            for one, two in combinations(self.times.day.segments, 2):
                if group.key in one.groups and group.key in two.groups:
                    self._between(group.key, self.times.timed[one.key], self.times.timed[two.key], done)
            for segment in day.segments:
                if segment.rotation and group.key in segment.groups:
                    self._between_stations(group.key, segment.key)

    def _between(self, group: str, one: Timed, two: Timed, done: set[tuple[PostKey, PostKey, str, str]]) -> None:
        literal = self.times.before[one.segment.key, two.segment.key]
        for a, b in product(self._posts(group, one), self._posts(group, two)):
            # Where both are not visits, the ways of all groups are one.
            rest = "" if not (one.segment.rotation or two.segment.rotation) else group
            if (a, b, rest, "") not in done:
                done.add((a, b, rest, ""))
                self.way(self._stays(group, a), self._stays(group, b), [literal])
                self.way(self._stays(group, b), self._stays(group, a), [~literal])

    def _between_stations(self, group: str, segment: str) -> None:
        posts = self._posts(group, self.times.timed[segment])
        for a, b in combinations(posts, 2):
            first, second = self._stays(group, a), self._stays(group, b)
            if any(self.times.day.transfer(x[0], y[0]) for x, y in product(first, second)):
                literal = self.times.model.new_bool_var("")
                self._one_first(group, a, b, literal)
                self.way(first, second, [literal])
                self.way(second, first, [~literal])

    def _one_first(self, group: str, a: PostKey, b: PostKey, literal: Literal) -> None:
        rounds, placed = self.rounds[a[0]], self.times.timed[a[0]].is_placed
        one, other = (group, a[1]), (group, b[1])
        self.times.model.add(rounds.end[one] <= rounds.start[other]).only_enforce_if([literal, placed])
        self.times.model.add(rounds.end[other] <= rounds.start[one]).only_enforce_if([~literal, placed])

    def _posts(self, group: str, timed: Timed) -> list[PostKey]:
        segment = timed.segment
        if segment.form is Form.ROTATION:
            return [(segment.key, station.key) for station in segment.stations]
        return [(segment.key, group if segment.form is Form.BY_GROUP else "")]

    def _stays(self, group: str, key: PostKey) -> list[Stay]:
        timed, rounds = self.times.timed[key[0]], self.rounds[key[0]]
        start, end = timed.start, timed.end
        if timed.segment.rotation:
            start, end = rounds.start[group, key[1]], rounds.end[group, key[1]]
        return [(place, start, end, literal) for place, literal in self.at[key].items()]

    def way(self, first: list[Stay], second: list[Stay], under: list[Literal], code: str = "transfer") -> None:
        """Under the literals, the second begins when the way from the first is done."""
        for (place, _start, end, here), (to, start, _end, there) in product(first, second):
            minutes = self.times.day.transfer(place, to)
            guard = self.times.guards.under(code, *sorted((place, to))) if minutes else None
            if guard is not None:
                self.times.model.add(start >= end + minutes).only_enforce_if([*under, *guard, here, there])
