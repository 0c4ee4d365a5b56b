"""The next best helpers of every filled slot, and what giving it to them would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.result import PROOF_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.parts import Batch
    from matching.core.result import MatchingResult

FREE, MOVES_OTHERS, COSTS_A_PLACE = range(3)
NAMED_AT_MOST = 2
_DEAREST = 2**59
"""Prices beyond are all alike: no points of fit add up to so many."""
_NAMED = np.iinfo(np.int64).max
"""The rank of an arc that is listed already."""


def alternatives(batch: Batch, chosen: NDArray[np.int64], result: MatchingResult) -> list[list[Any]]:
    """
    Name up to two other helpers for every filled slot of the batch.

    Args:
        chosen: the batch's arcs in use.

    Returns:
        [slot, [[helper, price, kind, fit], ...]], best first. Price is in points of fit, and fit is the pair's own.
        Kind 0: the helper has a place left and the price is what the change costs; 1: somebody else would have to
        move, and it costs at least the price, or None where no proof says how much; 2: another slot would have to
        stay open.
    """
    held = np.full(len(batch.slot), -1, np.int64)
    held[batch.arc_slot[chosen]] = chosen
    is_used = np.zeros(len(batch.arc), dtype=bool)
    is_used[chosen] = True
    arcs = np.flatnonzero(~is_used & (held[batch.arc_slot] >= 0))
    if not len(arcs):
        return []
    kind = np.where(_has_room(batch, chosen, arcs), FREE, MOVES_OTHERS)
    is_eligible = _may_be_named(batch, arcs, kind)
    arcs, kind = arcs[is_eligible], kind[is_eligible]
    price = batch.fit[held[batch.arc_slot[arcs]]].astype(np.int64) - batch.fit[arcs]
    price, kind, is_known = _with_prices(batch, arcs, price, kind, result)
    return _best(batch, arcs, price, kind, is_known)


def _may_be_named(batch: Batch, arcs: NDArray[np.int64], kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Leave out whoever has no place left where enough others have one: they come first, whatever the rest costs."""
    is_free, slot = kind == FREE, batch.arc_slot[arcs]
    has_enough = np.bincount(slot[is_free], minlength=len(batch.slot)) >= NAMED_AT_MOST
    return np.asarray(is_free | ~has_enough[slot])


def _has_room(batch: Batch, chosen: NDArray[np.int64], arcs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which arcs could be taken without anyone else moving."""
    load = np.bincount(batch.arc_helper[chosen], minlength=len(batch.helper))
    room = (load < batch.limit)[batch.arc_helper[arcs]]
    pair_max = np.ones(len(batch.pair_cap), np.int64)
    for number, most in ((batch.arc_cap, batch.cap_max), (batch.arc_pair, pair_max)):
        if len(most):
            mine = number[chosen]
            used = np.bincount(mine[mine >= 0], minlength=len(most))
            room &= (number[arcs] < 0) | (used < most)[number[arcs]]
    return np.asarray(room & _stays_met(batch, chosen, arcs))


def _stays_met(batch: Batch, chosen: NDArray[np.int64], arcs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which arcs meet their group, or stand beside another slot that does."""
    meeting = batch.arc_slot[chosen[batch.meets[chosen]]]
    own = np.bincount(meeting, minlength=len(batch.slot))
    group = batch.group[meeting]
    per_group = np.bincount(group[group >= 0], minlength=int(batch.group.max(initial=-1)) + 1)
    slot = batch.arc_slot[arcs]
    group = batch.group[slot]
    is_met = (group < 0) | batch.meets[arcs]
    asked = np.flatnonzero(~is_met)
    is_met[asked] = per_group[group[asked]] > own[slot[asked]]
    return is_met


def _with_prices(
    batch: Batch,
    arcs: NDArray[np.int64],
    price: NDArray[np.int64],
    kind: NDArray[np.int64],
    result: MatchingResult,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """
    Replace the price where others must move by what the proof's first stage says it costs at least.

    The stage speaks in points of fit only where fit comes right after coverage; with bands, or where keeping goes
    first, the price of what is lost there is mixed into it.
    """
    is_known = kind == FREE
    if result.proof is None or not result.proof.stages:
        return price, kind, is_known
    stage = result.proof.stages[0]
    names = [tier.name for tier in result.tiers]
    fit_row = names.index("fit")
    # What holds for a slot is looked up once for each slot: a county has a hundred arcs for each.
    component, slot = batch.first_component + batch.slot_component, batch.arc_slot[arcs]
    scale = np.maximum(stage.scale[fit_row][component], 1)
    cover = [row for row, name in enumerate(names) if name.startswith("coverage")]
    place = stage.scale[cover].min(axis=0)[component]
    place = np.where(place > 0, place, np.iinfo(np.int64).max)
    is_dual = result.proof.kind[component] == PROOF_KINDS.index("duals")
    speaks = is_dual & (stage.scale[fit_row][component] > 0) & (fit_row == len(cover))
    lost = -_reduced(batch, arcs, result)
    moves = kind == MOVES_OTHERS
    costs_place = moves & is_dual[slot] & (lost >= place[slot])
    in_points = moves & speaks[slot]
    price = np.where(in_points, lost // scale[slot], price)
    is_known |= in_points | costs_place
    return np.where(costs_place, 0, price), np.where(costs_place, COSTS_A_PLACE, kind), is_known


def _reduced(batch: Batch, arcs: NDArray[np.int64], result: MatchingResult) -> NDArray[np.int64]:
    """Give what each arc is worth beyond its prices in the first stage."""
    assert result.proof is not None  # noqa: S101 - the caller has looked
    stage = result.proof.stages[0]
    slot, component = batch.arc_slot[arcs], batch.first_component + batch.slot_component
    of_slot = -stage.slot[batch.slot]
    worth = np.zeros(len(arcs), np.int64)
    for row, tier in enumerate(result.tiers):
        scale = stage.scale[row][component]
        if not scale.any():
            continue
        if tier.name.startswith("coverage"):
            level, _, turn = tier.name.removeprefix("coverage.").partition(".")
            of_slot += scale * ((batch.level == int(level)) & (batch.turn == int(turn or 0)))
        elif tier.name in {"fit", "fit_band", "kept"}:
            worth += scale[slot] * _gain(batch, arcs, tier.name, result.fit_band)
    worth += of_slot[slot] - stage.helper[batch.helper][batch.arc_helper[arcs]]
    if len(batch.cap):
        cap = batch.arc_cap[arcs]
        worth -= np.where(cap >= 0, stage.cap[batch.cap[cap]], 0)
    return worth


def _gain(batch: Batch, arcs: NDArray[np.int64], tier: str, fit_band: int) -> NDArray[np.int64]:
    """Give what each arc adds to a tier that counts pairs."""
    if tier == "kept":
        return batch.kept[arcs].astype(np.int64)
    fit = batch.fit[arcs].astype(np.int64)
    return fit // fit_band if tier == "fit_band" else fit


def _best(
    batch: Batch,
    arcs: NDArray[np.int64],
    price: NDArray[np.int64],
    kind: NDArray[np.int64],
    is_known: NDArray[np.bool_],
) -> list[list[Any]]:
    """List the first few arcs of every slot; arcs stand in the order of their slots."""
    slot = batch.arc_slot[arcs]
    begin = np.flatnonzero(np.concatenate([[True], slot[1:] != slot[:-1]]))
    size = np.diff(np.append(begin, len(arcs)))
    rank = kind * (2 * _DEAREST + 1) + np.clip(price, -_DEAREST, _DEAREST)
    named: list[list[list[int | None]]] = [[] for _ in begin]
    for _ in range(NAMED_AT_MOST):
        least = np.minimum.reduceat(rank, begin)
        places = np.flatnonzero(rank == np.repeat(least, size))
        first = places[np.searchsorted(places, begin)]
        found = np.flatnonzero(least < _NAMED)
        mine = first[found]
        columns = batch.helper[batch.arc_helper[arcs[mine]]], price[mine], kind[mine], batch.fit[arcs[mine]]
        for row, one, known in zip(found.tolist(), np.stack(columns, 1).tolist(), is_known[mine].tolist(), strict=True):
            named[row].append(one if known else [one[0], None, *one[2:]])
        rank[first] = _NAMED
    return [list(one) for one in zip(batch.slot[slot[begin]].tolist(), named, strict=True)]
