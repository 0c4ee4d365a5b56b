"""Turn facts and rules into the problem's columns, never forming a pair that no reach would allow."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from matching.core.candidates import Candidates, pair_key
from matching.core.facts import UNKNOWN, Facts, PairColumns, Reach, SlotColumns
from matching.core.problem import MatchingProblem
from matching.core.rules import RULES, cap_per_helper, is_girl, is_woman, slot_kinds
from matching.core.score import fit_points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PAIRS_AT_ONCE = 2_000_000
"""Pairs judged in one go; bounds the memory the rules and the score need beside the result."""


class _Arcs(NamedTuple):
    """Allowed pairs and their points, equally long."""

    slot: NDArray[np.int32]
    helper: NDArray[np.int32]
    fit: NDArray[np.int16]


def build_problem(facts: Facts) -> MatchingProblem:
    """
    Generate the candidate arcs of every slot and score them.

    A locked pair is a candidate whatever the rules say, and limits and caps are lifted to what is locked: what was
    promised stays, and `rules.broken_by_rule` tells what has changed since.

    Returns:
        Arcs in order of slot, then helper; slots and helpers keep their positions.
    """
    arcs = _in_order([_allowed(facts, scheme, kind) for scheme, kind in slot_kinds(facts)] + [_locked(facts)])
    width = len(facts.helpers)
    caps = _caps(facts, arcs)
    group = _girls(facts)
    return MatchingProblem(
        slot_child=facts.slots.child.astype(np.int32),
        slot_level=facts.children.level[facts.slots.child].astype(np.int8),
        slot_scheme=facts.slots.scheme.astype(np.int16),
        slot_bundle=facts.slots.bundle.astype(np.int32),
        slot_turn=facts.slots.turn.astype(np.int8),
        helper_limit=np.maximum(facts.helpers.limit, _count(facts.locked.second, width)).astype(np.int32),
        helper_share=facts.helpers.share.astype(np.int16),
        cap_helper=caps[0],
        cap_scheme=caps[1],
        cap_max=caps[2],
        arc_slot=arcs.slot,
        arc_helper=arcs.helper,
        arc_fit=arcs.fit,
        arc_kept=_listed(arcs, facts.kept),
        arc_locked=_listed(arcs, facts.locked),
        slot_group=group,
        arc_meets=None if group is None else is_woman(facts, arcs.helper),
    )


def _girls(facts: Facts) -> NDArray[np.int32] | None:
    """Give the girl and scheme of each slot whose scheme wants a woman for every girl, -1 elsewhere; None if none."""
    asks = np.array([scheme.has_woman_for_girl for scheme in facts.schemes] or [False])
    slots = facts.slots
    if not len(slots) or not asks.any():
        return None
    bound = asks[slots.scheme] & is_girl(facts, slots.child)
    return np.where(bound, slots.child.astype(np.int64) * len(facts.schemes) + slots.scheme, -1).astype(np.int32)


def able_but_for_room(facts: Facts, slots: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """
    List who could fill some slots if everybody had a place left: what stands takes no room, and there are no caps.

    Returns:
        (position in `slots`, helper), int32, equally long, ordered by both.
    """
    own = replace(facts.slots, **{item.name: getattr(facts.slots, item.name)[slots] for item in fields(SlotColumns)})
    free = replace(
        facts,
        slots=own,
        helpers=replace(facts.helpers, limit=np.maximum(facts.helpers.limit, 1)),
        schemes=tuple(replace(scheme, helper_cap=None) for scheme in facts.schemes),
        kept=PairColumns(),
        locked=PairColumns(),
        caps=None,
    )
    arcs = _in_order([_allowed(free, scheme, kind) for scheme, kind in slot_kinds(free)])
    return arcs.slot, arcs.helper


def helpers_without_limits(facts: Facts, scheme: int, kind: int) -> NDArray[np.int32]:
    """List the helpers no rule about the helper alone forbids, before limits, ascending."""
    everyone = np.arange(len(facts.helpers), dtype=np.int32)
    # Rules of this scope never look at the slot, so any valid position will do; there is one when there are arcs.
    pairs = Candidates(facts, scheme, kind, np.zeros(len(everyone), np.int32), everyone, PairColumns())
    allowed = np.ones(len(everyone), dtype=bool)
    for rule in RULES:
        if rule.scope == "helper":
            allowed &= ~rule.forbids(pairs)
    return everyone[allowed]


def pairs_in_reach(
    facts: Facts, scheme: int, kind: int, helpers: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """
    Join slots and helpers on the key of their reach, a chunk of about `PAIRS_AT_ONCE` pairs at a time.

    Yields:
        (slot, helper), int32, ordered by slot, then helper.
    """
    slots = np.flatnonzero((facts.slots.scheme == scheme) & (facts.slots.kind == kind)).astype(np.int32)
    slot_key = _slot_key(facts, scheme, kind, slots)
    slots, slot_key = slots[slot_key != UNKNOWN], slot_key[slot_key != UNKNOWN]
    key, helper = _helper_keys(facts, facts.schemes[scheme].kinds[kind].reach, helpers)
    begin = np.searchsorted(key, slot_key, side="left")
    count = np.searchsorted(key, slot_key, side="right") - begin
    for part in _parts(count):
        repeat = count[part]
        first = np.repeat(begin[part] - np.cumsum(repeat) + repeat, repeat)
        yield np.repeat(slots[part], repeat), helper[first + np.arange(len(first))]


def _parts(count: NDArray[np.int64]) -> Iterator[slice]:
    """Cut the slots into runs of about `PAIRS_AT_ONCE` pairs."""
    chunk = np.cumsum(count) // PAIRS_AT_ONCE
    edges = np.flatnonzero(np.diff(chunk)) + 1
    for begin, end in zip([0, *edges.tolist()], [*edges.tolist(), len(count)], strict=True):
        if end > begin:
            yield slice(begin, end)


def _slot_key(facts: Facts, scheme: int, kind: int, slots: NDArray[np.int32]) -> NDArray[np.int32]:
    reach = facts.schemes[scheme].kinds[kind].reach
    name = "klass" if reach is Reach.SAME_CLASS else reach.name.lower()
    key: NDArray[np.int32] = getattr(facts.children, name)[facts.slots.child[slots]]
    return key


def _helper_keys(facts: Facts, reach: Reach, helpers: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give (key, helper) ordered by key, then helper; a helper of several classes stands once per class."""
    if reach is Reach.SAME_CLASS:
        klass, helper = _classes(facts, helpers)
    else:
        klass, helper = getattr(facts.helpers, reach.name.lower())[helpers], helpers
    klass, helper = klass[klass != UNKNOWN], helper[klass != UNKNOWN]
    order = np.lexsort((helper, klass))
    return klass[order], helper[order]


def _classes(facts: Facts, helpers: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """List the classes taught or headed by these helpers, each pair once."""
    teaches = np.isin(facts.helpers.teaches_helper, helpers)
    klass = np.concatenate([facts.helpers.teaches_class[teaches], facts.helpers.heads_class[helpers]])
    helper = np.concatenate([facts.helpers.teaches_helper[teaches], helpers])
    known = klass != UNKNOWN
    _, once = np.unique(pair_key(klass[known], helper[known], len(facts.helpers)), return_index=True)
    return klass[known][once], helper[known][once]


def _allowed(facts: Facts, scheme: int, kind: int) -> _Arcs:
    """Judge and score every pair in reach of one kind of place."""
    parts = [_no_arcs()]
    helpers = helpers_without_limits(facts, scheme, kind) if len(facts.slots) else np.zeros(0, np.int32)
    for slot, helper in pairs_in_reach(facts, scheme, kind, helpers):
        pairs = Candidates(facts, scheme, kind, slot, helper, PairColumns())
        allowed = np.ones(len(slot), dtype=bool)
        for rule in RULES:
            # The join has kept the reach already.
            if (rule.scope == "pair" and rule.code != "reach") or rule.code == "limit":
                allowed &= ~rule.forbids(pairs)
        pairs = Candidates(facts, scheme, kind, slot[allowed], helper[allowed], PairColumns())
        parts.append(_Arcs(pairs.slot, pairs.helper, fit_points(pairs)))
    return _joined(parts)


def _locked(facts: Facts) -> _Arcs:
    """Score the locked pairs, whatever the rules say of them."""
    parts = [_no_arcs()]
    slot, helper = facts.locked.first, facts.locked.second
    for scheme, kind in slot_kinds(facts):
        here = (facts.slots.scheme[slot] == scheme) & (facts.slots.kind[slot] == kind)
        pairs = Candidates(facts, scheme, kind, slot[here], helper[here], PairColumns())
        parts.append(_Arcs(pairs.slot, pairs.helper, fit_points(pairs)))
    return _joined(parts)


def _in_order(parts: list[_Arcs]) -> _Arcs:
    """Order by slot, then helper, each pair once."""
    arcs = _joined(parts)
    if not len(arcs.slot):
        return arcs
    key = _keys(arcs.slot, arcs.helper)
    order = np.argsort(key, kind="stable")
    key = key[order]
    once = order[np.concatenate([[True], key[1:] != key[:-1]])]
    return _Arcs(arcs.slot[once], arcs.helper[once], arcs.fit[once])


def _keys(slot: NDArray[np.int32], helper: NDArray[np.int32]) -> NDArray[np.int64]:
    """Number pairs so that they order by slot, then helper."""
    return slot.astype(np.int64) << 32 | helper


def _listed(arcs: _Arcs, pairs: PairColumns) -> NDArray[np.bool_]:
    """Flag the arcs that stand in the list; arcs are in order, so the few are looked up among the many."""
    found = np.zeros(len(arcs.slot), dtype=bool)
    if not len(arcs.slot):
        return found
    key, wanted = _keys(arcs.slot, arcs.helper), _keys(pairs.first, pairs.second)
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    found[place[key[place] == wanted]] = True
    return found


def _caps(facts: Facts, arcs: _Arcs) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """List a cap for every helper with a candidate in a capping scheme, lifted to what is locked."""
    rows = [(np.zeros(0, np.int32),) * 3]
    for scheme in range(len(facts.schemes)):
        cap = cap_per_helper(facts, scheme)
        if cap is None:
            continue
        used = np.unique(arcs.helper[facts.slots.scheme[arcs.slot] == scheme])
        locked = facts.locked.second[facts.slots.scheme[facts.locked.first] == scheme]
        lifted = np.maximum(cap, _count(locked, len(facts.helpers)))[used]
        capped = lifted < np.iinfo(np.int32).max
        rows.append((used[capped], np.full(capped.sum(), scheme, np.int32), lifted[capped].astype(np.int32)))
    helper, of_scheme, most = (np.concatenate(column).astype(np.int32) for column in zip(*rows, strict=True))
    return helper, of_scheme, most


def _count(helper: NDArray[np.int32], width: int) -> NDArray[np.int64]:
    return np.bincount(helper, minlength=width)


def _joined(parts: list[_Arcs]) -> _Arcs:
    slot, helper, fit = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Arcs(slot, helper, fit)


def _no_arcs() -> _Arcs:
    return _Arcs(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int16))
