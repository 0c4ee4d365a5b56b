"""Is it a plan of this day at all: everything there once, nothing unknown, every length and lock kept."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING

from activities.core.day.parts import Form
from activities.core.day.posts import posts_of
from activities.core.day.sentences import Breach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from activities.core.day.parts import Lock, Segment
    from activities.core.day.plans import DayPlan, PlacedSegment
    from activities.core.day.problem import DayProblem


def placed_of(day: DayProblem, plan: DayPlan) -> Iterator[tuple[Segment, PlacedSegment]]:
    """Segments of the plan that the day knows, each with its description."""
    known = {segment.key: segment for segment in day.segments}
    return ((known[placed.key], placed) for placed in plan.segments if placed.key in known)


def nothing_unknown(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Every key of the plan stands in the day."""
    people, places = {one.key for one in day.people}, {one.key for one in day.places} | {""}
    segments, trips = {one.key for one in day.segments}, {one.key for one in day.trips}
    for key in [
        *(s.key for s in plan.segments if s.key not in segments),
        *(t.key for t in plan.trips if t.key not in trips),
    ]:
        yield _unknown((key,), key)
    for trip in plan.trips:
        if trip.vehicle not in {one.key for one in day.vehicles}:
            yield _unknown((trip.key, trip.vehicle), trip.vehicle)
    for segment, placed in placed_of(day, plan):
        posts = {post.key for post in posts_of(day, segment)}
        for post in placed.posts:
            strangers = [host for host in post.hosts if host not in people]
            strangers += [post.key] * (post.key not in posts) + [post.place] * (post.place not in places)
            yield from (_unknown((segment.key, key), key) for key in strangers)
        stations = {station.key for station in segment.stations}
        for visit in placed.visits:
            if visit.group not in segment.groups or visit.station not in stations:
                yield _unknown((segment.key, visit.group, visit.station), f"{visit.group} {visit.station}")


def _unknown(keys: tuple[str, ...], name: str) -> Breach:
    return Breach("known", keys, {"name": name})


def everything_once(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Nothing stands twice, every gathering has its line, every group its visit to every station."""
    yield from _twice_and_missing_segments(day, plan)
    for segment, placed in placed_of(day, plan):
        wanted = [post.key for post in posts_of(day, segment)]
        yield from _compare(segment.key, wanted, [post.key for post in placed.posts])
        stations = [station.key for station in segment.stations]
        pairs = [f"{group} {station}" for group, station in product(segment.groups, stations)]
        yield from _compare(segment.key, pairs, [f"{visit.group} {visit.station}" for visit in placed.visits])
        for post in placed.posts:
            if len(set(post.hosts)) < len(post.hosts):
                yield Breach("once", (segment.key, post.key), {"segment": segment.key, "name": post.key})


def _twice_and_missing_segments(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    count = Counter([*(one.key for one in plan.segments), *(one.key for one in plan.trips)])
    for key, times in count.items():
        if times > 1:
            yield Breach("once", (key,), {"segment": key, "name": ""})
    for segment in day.segments:
        if segment.is_mandatory and not count[segment.key]:
            yield Breach("placed", (segment.key,), {"segment": segment.key})


def _compare(segment: str, wanted: list[str], found: list[str]) -> Iterator[Breach]:
    count = Counter(found)
    for key in wanted:
        facts = {"segment": segment, "name": key}
        if not count[key]:
            yield Breach("complete", (segment, key), facts)
        if count[key] > 1:
            yield Breach("once", (segment, key), facts)


def lengths_kept(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """A segment takes as long as it may."""
    for segment, placed in placed_of(day, plan):
        if not segment.minutes.allows(placed.minutes):
            facts = {"shortest": segment.minutes.shortest, "longest": segment.minutes.longest}
            yield Breach("length", (segment.key,), {"segment": segment.key, "minutes": placed.minutes} | facts)


def locks_kept(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """What a person decided stays."""
    for lock in day.locks:
        placed = plan.segment(lock.segment)
        changed = ["segment"] if placed is None else _changed(lock, placed, day.segment(lock.segment).form)
        for name in changed:
            keys = (lock.segment, lock.post) if lock.post else (lock.segment,)
            yield Breach("locked", keys, {"segment": lock.segment, "name": lock.post, "what": name})


def _changed(lock: Lock, placed: PlacedSegment, form: Form) -> list[str]:
    post = placed.post(lock.post) if lock.post or form is Form.PLENARY else None
    place, hosts = (post.place, post.hosts) if post else (None, None)
    pairs = {
        "start": (lock.start, placed.start),
        "minutes": (lock.minutes, placed.minutes),
        "place": (lock.place, place),
        "hosts": (None if lock.hosts is None else set(lock.hosts), set(hosts or ())),
    }
    return [name for name, (wanted, found) in pairs.items() if wanted is not None and wanted != found]


JUDGES = (nothing_unknown, everything_once, lengths_kept, locks_kept)
