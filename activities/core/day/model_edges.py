"""
The first and the last round of a rotation in a coarse model, which knows no visits.

Whoever goes round in step is at a station in every round if there are as many stations as rounds; if there are fewer,
as many groups are at work in each round as there are stations. So in the first round and in the last so many groups
stand where the stations are, and their ways from what was before and to what comes after count. Which group is at which
station is left open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.core.day.model_rounds import is_in_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from activities.core.day.guards import Literal
    from activities.core.day.model import Linear, Timed, TimeModel
    from activities.core.day.model_rounds import Rounds
    from activities.core.day.posts import PostKey

Spots = dict[str, "Literal"]


@dataclass(frozen=True, slots=True)
class Edges:
    """
    Who is where in the first round and in the last.

    Args:
        begin, latest: when the two begin; `length` of a round.
        between: minutes that surely lie between the one and the end, and between the beginning and the other.
        first, last: group -> place -> a literal that holds where the group is there.
    """

    begin: Linear
    latest: Linear
    length: Linear
    between: int
    first: dict[str, Spots]
    last: dict[str, Spots]


def add_edges(times: TimeModel, timed: Timed, rounds: Rounds, at: Mapping[PostKey, Spots]) -> Edges | None:
    """The edges of one rotation; None where groups need not change together, or nobody says where stations are."""
    segment, rotation, new = timed.segment, timed.segment.rotation, times.model.new_int_var
    stations = [at[segment.key, station.key] for station in segment.stations]
    if rotation is None or not is_in_step(times, timed) or not all(stations):
        return None
    count, length = max(len(segment.groups), len(stations)), next(iter(rounds.length.values()))
    begin, latest = (new(times.day.begin, times.horizon, f"{name}_{segment.key}") for name in ("begin", "latest"))
    inside = [begin >= timed.start, latest >= begin + (count - 1) * length, latest + length <= timed.end]
    for one in inside:
        times.model.add(one).only_enforce_if(timed.is_placed)
    first, last = (_at_work(times, timed, stations, count) for _side in range(2))
    return Edges(
        begin, latest, length, (count - 1) * times.guards.shortest("round_length", rotation.round), first, last
    )


def _at_work(times: TimeModel, timed: Timed, stations: list[Spots], count: int) -> dict[str, Spots]:
    """Groups at places in one round: no more at a place than it has stations, and as many as have to be at work."""
    model, groups = times.model, timed.segment.groups
    places = list(dict.fromkeys(place for spots in stations for place in spots))
    spots = {group: {place: model.new_bool_var("") for place in places} for group in groups}
    for place in places:
        here, there = sum(one[place] for one in spots.values()), sum(one[place] for one in stations if place in one)
        # As many groups as rounds: no station ever rests.
        model.add(here == there if len(groups) == count else here <= there)
    for one in spots.values():
        busy = sum(one.values())
        model.add(busy == timed.is_placed if len(stations) == count else busy <= 1)
    return spots
