"""
What would fill open slots, each cure tried by a solve of its own.

Cures are of few kinds: more places for people who could come, a wider reach, background checks put in order, a rule on
sex, on distance or on a woman for every girl given up. Each is tried alone, on the draft as it stands, with what stands
kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from matching.core.candidates import Candidates
from matching.core.changes import CapTo, Change, Cleared, KindTo, LimitBy, WomanFor
from matching.core.facts import PairColumns, Reach, SexRule
from matching.core.rules import RULES, cap_per_helper
from matching.core.score import distance_m
from matching.core.whatif import OPEN, QUICK, Difference, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from backend.kernel.solving import SolveLimits
    from matching.core.facts import Facts

NAMED_AT_MOST = 3
ALSO_AT_MOST = 2
# Where two cures fill equally many: the one that asks least comes first.
_EFFORT = {"clearance": 0, "limit": 1, "scheme_cap": 2, "radius": 3, "reach": 4, "sex": 5, "woman": 6}
_NEXT_REACH = {
    Reach.SAME_CLASS: Reach.SCHOOL,
    Reach.SCHOOL: Reach.TOWNSHIP,
    Reach.VILLAGE: Reach.TOWNSHIP,
    Reach.TOWNSHIP: Reach.COUNTY,
}


@dataclass(frozen=True, slots=True)
class Cures:
    """
    What was tried for some open slots.

    Args:
        found: cures that fill something, best first: most slots of the greatest need, then the least asked of people.
        unanswered: kinds of the cures whose solve ended without an answer, out of time or memory.
    """

    found: tuple[Remedy, ...]
    unanswered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remedy:
    """
    One cure that was tried.

    Args:
        kind: "limit", "scheme_cap", "clearance", "reach", "radius", "sex" or "woman".
        change: what was changed, cut down to the people it takes.
        helpers: those people; empty where a rule changes for everybody.
        filled: level -> slots filled more. complete: children more all of whose slots are filled.
        moves: pairs of the draft that would change hands. farther_m: mean metres of the pairs that are new.
        also: what is nearly the same and no choice of its own, such as asking one person less for one place less.
    """

    kind: str
    change: Change
    helpers: tuple[int, ...]
    filled: dict[int, int]
    complete: int
    moves: int
    farther_m: int
    also: tuple[Remedy, ...] = ()

    @property
    def gain(self) -> int:
        """Slots filled more."""
        return sum(self.filled.values())


def remedies(
    facts: Facts,
    present: NDArray[np.int32],
    short: Sequence[int],
    *,
    sample: Sequence[int] | None = None,
    limits: SolveLimits = QUICK,
    most: int = NAMED_AT_MOST,
) -> Cures:
    """
    Try cures for some open slots of a draft.

    A cure counts if it fills one of these slots, fills more than a solve without it, and opens no slot of greater need.

    Args:
        present: int32[S], the draft; `short`: its open slots to be cured, at least one.
        sample: of these the slots looked at for who could come; all without it.
        most: how many are named.
    """
    # What a solve without any change would fill is nobody's merit.
    anyway = compare(facts, present, limits=limits)
    tried = [
        (kind, change, compare(facts, present, [change], limits=limits))
        for kind, change in _cures(facts, _after(present, anyway), short if sample is None else sample)
    ]
    found = [
        _remedy(facts, kind, change, difference, anyway)
        for kind, change, difference in tried
        if _fills_one_of(set(short), difference)
    ]
    best = folded(_each_once(sorted((one for one in found if one is not None), key=_rank)))[:most]
    return Cures(tuple(best), tuple(kind for kind, _change, difference in tried if not difference.is_answered))


def _each_once(ranked: list[Remedy]) -> list[Remedy]:
    """Of two cures cut down to the same change the first."""
    return [one for at, one in enumerate(ranked) if one.change not in [other.change for other in ranked[:at]]]


def folded(ranked: Sequence[Remedy]) -> list[Remedy]:
    """Cures that are choices of their own, in their order, each with at most `ALSO_AT_MOST` nearly the same as it."""
    heads: list[Remedy] = []
    for one in ranked:
        at = next((at for at, head in enumerate(heads) if nearly_same(head, one)), None)
        if at is None:
            heads.append(one)
        elif len(heads[at].also) < ALSO_AT_MOST:
            heads[at] = replace(heads[at], also=(*heads[at].also, one))
    return heads


def nearly_same(one: Remedy, other: Remedy) -> bool:
    """Whether two cures ask the same of mostly the same people, and fill the same but for a single place or child."""
    if one.kind != other.kind or not one.helpers or not other.helpers:
        return False
    shared = len({*one.helpers} & {*other.helpers})
    levels = one.filled.keys() | other.filled.keys()
    apart = sum(abs(one.filled.get(level, 0) - other.filled.get(level, 0)) for level in levels)
    most = max(len(one.helpers), len(other.helpers))
    return 2 * shared >= most and apart <= 1 and abs(one.complete - other.complete) <= 1


def _after(present: NDArray[np.int32], difference: Difference) -> NDArray[np.int32]:
    after = present.copy()
    for move in difference.moves:
        after[move.slot] = move.new
    return after


def _fills_one_of(short: set[int], difference: Difference) -> bool:
    return any(move.slot in short and move.new != OPEN for move in difference.moves)


def _rank(remedy: Remedy) -> tuple[object, ...]:
    by_level = tuple(-remedy.filled[level] for level in sorted(remedy.filled, reverse=True))
    return (*by_level, _EFFORT[remedy.kind], len(remedy.helpers))


def _cures(facts: Facts, present: NDArray[np.int32], short: Sequence[int]) -> Iterator[tuple[str, Change]]:
    slots = _with_other_halves(facts, present, short)
    places = {(int(facts.slots.scheme[slot]), int(facts.slots.kind[slot])) for slot in slots}
    busy: dict[int, set[int]] = {scheme: set() for scheme, _kind in places}
    for scheme, kind in sorted(places):
        here = np.array([s for s in slots if (facts.slots.scheme[s], facts.slots.kind[s]) == (scheme, kind)], np.int32)
        for name, change in _people_cures(facts, present, scheme, kind, here):
            if isinstance(change, LimitBy):
                busy[scheme].update(change.helpers)
            yield name, change
        yield from _rule_cures(facts, scheme, kind)
    for scheme, kinds in Counter(scheme for scheme, _kind in places).items():
        # Where a child's places are filled all or none, room on one side alone may fill nothing.
        if kinds > 1 and busy[scheme]:
            yield "limit", LimitBy(tuple(sorted(busy[scheme])))
    for scheme in sorted({scheme for scheme, _kind in places}):
        if facts.schemes[scheme].has_woman_for_girl:
            yield "woman", WomanFor(scheme, is_asked=False)


def _with_other_halves(facts: Facts, present: NDArray[np.int32], short: Sequence[int]) -> list[int]:
    """The slots, and the open ones bundled with them."""
    bundle = facts.slots.bundle
    keys = np.unique(bundle[list(short)])
    beside = np.flatnonzero(np.isin(bundle, keys[keys >= 0]) & (present == OPEN))
    return sorted({*short, *beside.tolist()})


def _people_cures(
    facts: Facts, present: NDArray[np.int32], scheme: int, kind: int, short: NDArray[np.int32]
) -> Iterator[tuple[str, Change]]:
    """More places for the busy, or a check put in order: of those whom no other rule keeps away from these slots."""
    able = eligible_but_for(facts, scheme, kind, short, {"limit", "scheme_cap", "same_person", "woman_for_girl"})
    load = np.bincount(present[present >= 0], minlength=len(facts.helpers))
    busy = able[load[able] >= facts.helpers.limit[able]]
    if len(busy):
        yield "limit", LimitBy(tuple(busy.tolist()))
    cap, caps = facts.schemes[scheme].helper_cap, cap_per_helper(facts, scheme)
    if cap is not None and caps is not None:
        mine = present[facts.slots.scheme == scheme]
        held = np.bincount(mine[mine >= 0], minlength=len(facts.helpers))
        if (held[able] >= caps[able]).any():
            yield "scheme_cap", CapTo(scheme, cap + 1)
    uncleared = eligible_but_for(facts, scheme, kind, short, {"clearance", "same_person", "woman_for_girl"})
    uncleared = np.setdiff1d(uncleared, able)
    if len(uncleared):
        yield "clearance", Cleared(tuple(uncleared.tolist()))


def _rule_cures(facts: Facts, scheme: int, kind: int) -> Iterator[tuple[str, Change]]:
    rules = facts.schemes[scheme].kinds[kind]
    if rules.reach in _NEXT_REACH:
        yield "reach", KindTo(scheme, kind, {"reach": _NEXT_REACH[rules.reach]})
    if rules.radius_m:
        yield "radius", KindTo(scheme, kind, {"radius_m": 2 * rules.radius_m})
    if rules.sex_rule is not SexRule.NONE:
        yield "sex", KindTo(scheme, kind, {"sex_rule": SexRule.NONE})


def eligible_but_for(
    facts: Facts, scheme: int, kind: int, slots: NDArray[np.int32], apart: set[str]
) -> NDArray[np.int32]:
    """List the helpers whom no rule but those named keeps away from at least one of the slots, ascending."""
    everyone = np.arange(len(facts.helpers), dtype=np.int32)
    fit = np.zeros(len(everyone), dtype=bool)
    for slot in slots:
        pairs = Candidates(facts, scheme, kind, np.full(len(everyone), slot, np.int32), everyone, PairColumns())
        allowed = np.ones(len(everyone), dtype=bool)
        for rule in RULES:
            if rule.code not in apart:
                allowed &= ~rule.forbids(pairs)
        fit |= allowed
    return everyone[fit]


def _remedy(facts: Facts, kind: str, change: Change, difference: Difference, anyway: Difference) -> Remedy | None:
    at_rest = anyway if anyway.is_answered else None
    filled = {
        level: after - (at_rest.filled[level][1] if at_rest else before)
        for level, (before, after) in difference.filled.items()
    }
    # Solved tier by tier, the first level that changes at all must gain.
    if next((more for _level, more in sorted(filled.items(), reverse=True) if more), 0) <= 0:
        return None
    helpers = _needed(facts, change, difference)
    new = [(move.slot, move.new) for move in difference.moves if move.new != OPEN]
    return Remedy(
        kind=kind,
        change=_cut_down(change, helpers),
        helpers=helpers,
        filled=filled,
        complete=difference.complete[1] - (at_rest.complete[1] if at_rest else difference.complete[0]),
        moves=sum(1 for move in difference.moves if move.old != OPEN),
        farther_m=_mean_distance(facts, new),
    )


def _needed(facts: Facts, change: Change, difference: Difference) -> tuple[int, ...]:
    """Of the people a change speaks of, those the answer leans on."""
    if isinstance(change, LimitBy):
        limit = facts.helpers.limit
        return tuple(h for h in change.helpers if difference.load.get(h, 0) > limit[h])
    if isinstance(change, Cleared):
        gains = {move.new for move in difference.moves}
        return tuple(h for h in change.helpers if h in gains)
    return ()


def _cut_down(change: Change, helpers: tuple[int, ...]) -> Change:
    if isinstance(change, LimitBy):
        return LimitBy(helpers, change.more)
    return Cleared(helpers) if isinstance(change, Cleared) else change


def _mean_distance(facts: Facts, pairs: list[tuple[int, int]]) -> int:
    """Metres between the two, on average over the pairs whose positions are known; 0 where none is."""
    if not pairs:
        return 0
    slot, helper = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    known = helper < len(facts.helpers)
    distance = distance_m(Candidates(facts, 0, 0, slot[known], helper[known], PairColumns()))
    distance = distance[distance >= 0]
    return int(distance.mean()) if len(distance) else 0
