"""Groups going round stations in the model: an open shop, in common rounds where the segment says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activities.core.day.guards import Literal
    from activities.core.day.model import Linear, Timed, TimeModel
    from activities.core.day.parts import Length

VisitKey = tuple[str, str]
"""Group and station."""
_ONCE = ("visits_overlap", "station_twice")
"""What keeps a group, and what keeps a station, from two visits at once: by which part of the key is the same."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """
    One rotation in the model: when each group is at each station, and how long a visit takes.

    Args:
        chosen: which visits are in which common round; empty where there are none.
        turns: when each common round begins; empty where visits may be out of step or of several lengths.
    """

    start: dict[VisitKey, Linear]
    length: dict[VisitKey, Linear]
    end: dict[VisitKey, Linear]
    turns: list[Linear] = field(default_factory=list)
    chosen: dict[tuple[VisitKey, int], Literal] = field(default_factory=dict)


def add_rounds(times: TimeModel, timed: Timed) -> Rounds:
    """The visits of one rotation."""
    segment, rotation = timed.segment, timed.segment.rotation
    if rotation is None:
        return Rounds({}, {}, {})
    keys = list(product(segment.groups, [station.key for station in segment.stations]))
    if times.is_coarse:
        return _as_a_block(times, timed, keys)
    span, new = (times.day.begin, times.horizon + rotation.round.longest), times.model.new_int_var
    rounds = Rounds(
        {key: new(*span, f"visit_{segment.key}_{key}") for key in keys},
        _lengths(times, timed, keys, rotation.round),
        {key: new(*span, f"visited_{segment.key}_{key}") for key in keys},
    )
    for key in keys:
        times.model.add(rounds.end[key] == rounds.start[key] + rounds.length[key])
        times.model.add(rounds.start[key] == times.day.begin).only_enforce_if(~timed.is_placed)
        if (inside := times.guards.under("inside", segment.key, *key)) is not None:
            times.model.add(rounds.start[key] >= timed.start).only_enforce_if([*inside, timed.is_placed])
            times.model.add(rounds.end[key] <= timed.end).only_enforce_if([*inside, timed.is_placed])
    under = times.guards.under("rounds", segment.key)
    _nobody_twice_at_once(times, timed, rounds, is_in_rounds=under == [] and rotation.is_common)
    if under is not None:
        _equal(times, rounds, under, is_equal=rotation.is_equal)
        if rotation.is_common:
            begin, chosen = _changes_together(times, timed, rounds, under)
            rounds.chosen.update(chosen)
            if is_in_step(times, timed):
                rounds.turns.extend(begin)
    return rounds


def is_in_step(times: TimeModel, timed: Timed) -> bool:
    """Whether all change stations together, after rounds of one length, come what may."""
    rotation = timed.segment.rotation
    under = times.guards.under("rounds", timed.segment.key)
    is_kept = all(times.day.is_hard(code) for code in ("inside", *_ONCE))
    return rotation is not None and under == [] and is_kept and rotation.is_common and rotation.is_equal


def _as_a_block(times: TimeModel, timed: Timed, keys: list[VisitKey]) -> Rounds:
    """
    No visits, but the time that all of them take: whoever has most to visit, or most visitors, is busy for so many.

    That holds as well where visits differ in length or begin one by one.
    """
    segment, rotation = timed.segment, timed.segment.rotation
    lengths = _lengths(times, timed, keys, rotation.round) if rotation else {}
    for side, code in enumerate(_ONCE):
        is_kept = times.day.is_hard(code) and times.day.is_hard("inside")
        for one in dict.fromkeys(key[side] for key in keys) if is_kept else ():
            visits = sum(length for key, length in lengths.items() if key[side] == one)
            times.model.add(timed.length >= visits).only_enforce_if(timed.is_placed)
    if is_in_step(times, timed):
        count = max(len(segment.groups), len(segment.stations))
        times.model.add(timed.length >= count * lengths[keys[0]]).only_enforce_if(timed.is_placed)
    return Rounds({}, lengths, {})


def _lengths(times: TimeModel, timed: Timed, keys: list[VisitKey], allowed: Length) -> dict[VisitKey, Linear]:
    """A length per visit; one for all where they must be equal anyway."""
    rotation, new = timed.segment.rotation, times.model.new_int_var
    least = times.guards.shortest("round_length", allowed)
    if rotation is not None and rotation.is_equal and times.guards.under("rounds", timed.segment.key) == []:
        same = new(least, allowed.longest, f"round_{timed.segment.key}")
        lengths = dict.fromkeys(keys, same)
    else:
        lengths = {key: new(least, allowed.longest, f"round_{timed.segment.key}_{key}") for key in keys}
    under = times.guards.under("round_length", timed.segment.key)
    for length in distinct(lengths) if under is not None else ():
        times.model.add(length >= allowed.shortest).only_enforce_if(under)
    return lengths


def distinct(lengths: dict[VisitKey, Linear]) -> list[Linear]:
    """Each variable once; variables compare to terms of the model, so their numbers are compared."""
    return list({length.index: length for length in lengths.values()}.values())


def _nobody_twice_at_once(times: TimeModel, timed: Timed, rounds: Rounds, *, is_in_rounds: bool) -> None:
    """Neither a group nor a station; where common rounds keep them apart already, only as far as that may be broken."""
    for side, code in enumerate(_ONCE):
        if times.day.is_hard(code):
            if not is_in_rounds:
                _never_twice(times, timed, rounds, side)
        else:
            _rarely_twice(times, timed, rounds, side)


def _never_twice(times: TimeModel, timed: Timed, rounds: Rounds, side: int) -> None:
    spans = {
        key: times.model.new_optional_interval_var(
            rounds.start[key], rounds.length[key], rounds.end[key], timed.is_placed, f"span_{key}"
        )
        for key in rounds.start
    }
    for one in dict.fromkeys(key[side] for key in spans):
        times.model.add_no_overlap(span for key, span in spans.items() if key[side] == one)


def _rarely_twice(times: TimeModel, timed: Timed, rounds: Rounds, side: int) -> None:
    """Each two visits at once are a breach of their own; nothing where the rule is ignored."""
    for one, two in combinations(rounds.start, 2):
        names = timed.segment.key, one[side], one[1 - side], two[1 - side]
        under = times.guards.under(_ONCE[side], *names) if one[side] == two[side] else None
        if under is not None:
            first, inside = times.model.new_bool_var(""), [*under, timed.is_placed]
            times.model.add(rounds.end[one] <= rounds.start[two]).only_enforce_if([*inside, first])
            times.model.add(rounds.end[two] <= rounds.start[one]).only_enforce_if([*inside, ~first])


def _equal(times: TimeModel, rounds: Rounds, under: list[Literal], *, is_equal: bool) -> None:
    for one, other in pairwise(distinct(rounds.length)) if is_equal else ():
        times.model.add(one == other).only_enforce_if(under)


def _changes_together(
    times: TimeModel, timed: Timed, rounds: Rounds, under: list[Literal]
) -> tuple[list[Linear], dict[tuple[VisitKey, int], Literal]]:
    """Every visit is in one of as many rounds as there are groups or stations, whichever are more."""
    model, segment = times.model, timed.segment
    stations = [station.key for station in segment.stations]
    count = max(len(segment.groups), len(stations))
    begin, length = [], []
    for turn in range(count):
        begin.append(model.new_int_var(times.day.begin, times.horizon, f"turn_{segment.key}_{turn}"))
        length.append(model.new_int_var(1, segment.rotation.round.longest if segment.rotation else 1, ""))
    chosen = {(key, turn): model.new_bool_var("") for key in rounds.start for turn in range(count)}
    for key in rounds.start:
        model.add_exactly_one(chosen[key, turn] for turn in range(count))
        for turn in range(count):
            inside = [*under, chosen[key, turn], timed.is_placed]
            model.add(rounds.start[key] == begin[turn]).only_enforce_if(inside)
            model.add(rounds.length[key] <= length[turn]).only_enforce_if(inside)
    hard = [side for side, code in enumerate(_ONCE) if times.day.is_hard(code)]
    for side, turn in product(hard, range(count)):
        for one in segment.groups if side == 0 else stations:
            model.add_at_most_one(chosen[key, turn] for key in rounds.start if key[side] == one)
    for turn in range(1, count):
        model.add(begin[turn] >= begin[turn - 1] + length[turn - 1]).only_enforce_if([*under, timed.is_placed])
    _hint_one_station_further_each_round(times, timed, chosen, count)
    return begin, chosen


def _hint_one_station_further_each_round(
    times: TimeModel, timed: Timed, chosen: dict[tuple[VisitKey, int], Literal], count: int
) -> None:
    """A start the search may leave: a cyclic Latin rectangle."""
    groups, stations = timed.segment.groups, [station.key for station in timed.segment.stations]
    for (number, group), (place, station) in product(enumerate(groups), enumerate(stations)):
        for turn in range(count):
            times.model.add_hint(chosen[(group, station), turn], (place - number) % count == turn)
