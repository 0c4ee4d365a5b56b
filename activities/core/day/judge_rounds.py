"""Groups going round stations: nobody twice at once, equal rounds that change together, inside the segment."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.day.judge_shape import placed_of
from activities.core.day.sentences import Breach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from activities.core.day.parts import Segment
    from activities.core.day.plans import DayPlan, PlacedSegment, Visit
    from activities.core.day.problem import DayProblem


def nobody_twice_at_once(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """A station has one group at a time, a group is at one station at a time."""
    for segment, placed in placed_of(day, plan):
        for one, other in combinations(placed.visits, 2):
            if not (one.start < other.end and other.start < one.end):
                continue
            facts = {"segment": segment.key, "station": one.station, "group": one.group}
            if one.station == other.station and one.group != other.group:
                keys = (segment.key, one.station, one.group, other.group)
                yield Breach("station_twice", keys, facts | {"other": other.group})
            if one.group == other.group and one.station != other.station:
                keys = (segment.key, one.group, one.station, other.station)
                yield Breach("visits_overlap", keys, facts | {"other": other.station})


def visits_inside(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """No visit leaves the time of its segment, none is shorter or longer than it may be."""
    for segment, placed in placed_of(day, plan):
        for visit in placed.visits if segment.rotation else ():
            yield from _visit(segment, placed, visit)


def _visit(segment: Segment, placed: PlacedSegment, visit: Visit) -> Iterator[Breach]:
    facts = {"segment": segment.key, "group": visit.group, "station": visit.station, "minutes": visit.minutes}
    keys = (segment.key, visit.group, visit.station)
    if visit.start < placed.start or visit.end > placed.end:
        yield Breach("inside", keys, facts)
    length = segment.rotation.round if segment.rotation else segment.minutes
    if not length.allows(visit.minutes):
        yield Breach("round_length", keys, facts | {"shortest": length.shortest, "longest": length.longest})


def rounds_in_step(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Rounds are equally long and change together, where the segment says so."""
    for segment, placed in placed_of(day, plan):
        if segment.rotation is None or not placed.visits:
            continue
        if segment.rotation.is_equal and len({visit.minutes for visit in placed.visits}) > 1:
            yield Breach("rounds", (segment.key, "minutes"), {"segment": segment.key, "name": "minutes"})
        if segment.rotation.is_common and _is_out_of_step(placed.visits):
            yield Breach("rounds", (segment.key, "start"), {"segment": segment.key, "name": "start"})


def _is_out_of_step(visits: tuple[Visit, ...]) -> bool:
    """Two visits overlap without beginning together."""
    return any(
        one.start < other.end and other.start < one.end and one.start != other.start
        for one, other in combinations(visits, 2)
    )


JUDGES = (nobody_twice_at_once, visits_inside, rounds_in_step)
