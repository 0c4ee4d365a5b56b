"""Where: places that fit, are open, dry and large enough, and the equipment that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.core.day.clock import clock, fits
from activities.core.day.judge_order import times_of
from activities.core.day.judge_shape import placed_of
from activities.core.day.parts import Setting
from activities.core.day.plans import sessions_of
from activities.core.day.posts import posts_of
from activities.core.day.sentences import Breach

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from activities.core.day.parts import Place, Segment
    from activities.core.day.plans import DayPlan, PlacedSegment
    from activities.core.day.posts import Post
    from activities.core.day.problem import DayProblem

Use = tuple[int, int, int, str]
"""From, to, how much, and the key of the segment."""


def _stays(day: DayProblem, plan: DayPlan) -> Iterator[tuple[Segment, PlacedSegment, Post, Place | None]]:
    places = {place.key: place for place in day.places}
    for segment, placed in placed_of(day, plan):
        for post in posts_of(day, segment):
            found = placed.post(post.key)
            if found is not None:
                yield segment, placed, post, places.get(found.place)


def in_a_fit_place(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Each gathering is at a place its segment names, or of the kind it asks for."""
    for segment, _placed, post, place in _stays(day, plan):
        where = place.key if place else ""
        is_needed = bool(day.places)
        if where not in post.places and (is_needed or where):
            facts = {"segment": segment.key, "name": post.key, "place": where or "—"}
            yield Breach("place_fits", (segment.key, post.key, where), facts)


def in_an_open_place(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Nobody stands before a closed door, in the rain, or indoors on the day in the open."""
    for segment, placed, post, place in _stays(day, plan):
        if place is None:
            continue
        facts = {"segment": segment.key, "name": post.key, "place": place.key} | times_of(placed)
        keys = (segment.key, post.key, place.key)
        if not fits(place.hours, placed.start, placed.end):
            yield Breach("place_hours", keys, facts)
        if day.is_raining and not place.is_indoor:
            yield Breach("rain", keys, facts)
        if segment.setting is Setting.INDOOR and not place.is_indoor:
            yield Breach("roof", keys, facts)
        if segment.setting is Setting.OUTDOOR and place.is_indoor:
            yield Breach("open_air", keys, facts)


def no_place_too_full(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """At no minute are there more children or gatherings than a place takes."""
    sizes = {group.key: group.size for group in day.groups}
    sessions = sessions_of(day, plan)
    for place in day.places:
        heads = [
            (one.start, one.end, sum(sizes.get(group, 0) for group in one.groups), one.segment)
            for one in sessions
            if one.place == place.key
        ]
        stays = [
            (placed.start, placed.end, 1, segment.key) for segment, placed, _p, at in _stays(day, plan) if at == place
        ]
        yield from _too_full("capacity", place.key, heads, place.capacity)
        yield from _too_full("at_once", place.key, stays, place.at_once)


def _too_full(code: str, place: str, uses: list[Use], most: int | None) -> Iterator[Breach]:
    peak = None if most is None else peak_of(uses, most)
    if peak is not None:
        count, start, segments = peak
        yield Breach(
            code, (place, *segments), {"place": place, "count": count, "most": most or 0, "start": clock(start)}
        )


def peak_of(uses: Iterable[Use], most: int) -> tuple[int, int, tuple[str, ...]] | None:
    """The largest sum at one moment where it is above `most`: how much, when, by which segments."""
    uses = list(uses)
    moments = [
        (sum(amount for start, end, amount, _key in uses if start <= moment < end), -moment)
        for moment in {start for start, _end, _amount, _key in uses}
    ]
    count, moment = max(moments, default=(0, 0))
    if count <= most:
        return None
    keys = dict.fromkeys(key for start, end, _amount, key in uses if start <= -moment < end)
    return count, -moment, tuple(keys)


def enough_equipment(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """At no minute is more in use than there is."""
    for key, most in day.equipment.items():
        uses = [
            (placed.start, placed.end, count, segment.key)
            for segment, placed, post, _place in _stays(day, plan)
            for name, count in post.equipment
            if name == key
        ]
        peak = peak_of(uses, most)
        if peak is not None:
            count, start, segments = peak
            facts = {"name": key, "count": count, "most": most, "start": clock(start), "segment": segments[-1]}
            yield Breach("equipment", (key, *segments), facts)


JUDGES = (in_a_fit_place, in_an_open_place, no_place_too_full, enough_equipment)
