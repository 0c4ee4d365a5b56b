"""Places in the model: which gathering is where, room for everybody, equipment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.core.day.clock import WHOLE_DAY
from activities.core.day.model_ways import Ways
from activities.core.day.parts import Form, Setting
from activities.core.day.posts import posts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ortools.sat.python import cp_model

    from activities.core.day.guards import Literal
    from activities.core.day.model import TimeModel
    from activities.core.day.model_rounds import Rounds
    from activities.core.day.posts import Post, PostKey


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
        self.ways = Ways(times, rounds, self.at)
        self.ways.of_groups()

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
        for group in post.groups if rounds.start else ():
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
