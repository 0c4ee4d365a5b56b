"""Check the rounded prices of the components that rest on "bound": one set per tier, each tight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.bound import Priced, safe_bound
from matching.core.result import PROOF_KINDS, BoundProof, Proof
from matching.core.tiers import Tier, arc_gain, turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.verify_scene import Scene

BOUND = PROOF_KINDS.index("bound")
SUM_MAX = 2**62


def bound_faults(scene: Scene, proof: Proof, tiers: tuple[Tier, ...]) -> list[tuple[str, NDArray[np.int64]]]:
    """Give the components without a bound for every tier, and those one of whose bounds does not hold."""
    ours = np.flatnonzero(proof.kind == BOUND)
    claims = {(one.component, one.tier): one for one in proof.bounds}
    missing, wrong = [], []
    for component in ours.tolist():
        sets = [claims.get((component, row)) for row in range(len(tiers))]
        if any(one is None for one in sets):
            missing.append(component)
        elif not _holds(scene, component, tiers, [one for one in sets if one is not None]):
            wrong.append(component)
    return [("bound_missing", np.array(missing, np.int64)), ("bound", np.array(wrong, np.int64))]


def _holds(scene: Scene, component: int, tiers: tuple[Tier, ...], sets: list[BoundProof]) -> bool:
    """Check all tiers of one component: values as counted, bounds as the prices give them, both equal."""
    mine = np.flatnonzero(scene.component_of(scene.free) == component)
    gains = [_gain(scene, tier, mine) for tier in tiers]
    places = np.flatnonzero(scene.helper_component[scene.place_helper] == component)
    values = [_value(scene, tier, gain, mine, places) for tier, gain in zip(tiers, gains, strict=True)]
    worst = [_worst(scene, tier, component, places) for tier in tiers]
    for row, claim in enumerate(sets):
        claims = claim.value == values[row] == claim.bound and claim.tier == row and claim.denominator >= 1
        if not claims or len(claim.fixed) != len(tiers) or claim.fixed[row] or min(claim.fixed[row:]) < 0:
            return False
        if not _has_prices(claim):
            return False
        priced = _priced(scene, claim, tiers, gains, mine, places)
        rest = sum(price * low for price, low in zip(claim.fixed, [*values[:row], *worst[row:]], strict=True))
        if priced is None or (safe_bound(priced) - rest) // claim.denominator != values[row]:
            return False
    return True


def _has_prices(claim: BoundProof) -> bool:
    """Tell whether every name has its price, and none is negative that may not be."""
    named = [(claim.slots, claim.slot), (claim.slots, claim.meet), (claim.helpers, claim.helper)]
    named += [(claim.caps, claim.cap), (claim.pair_child, claim.pair), (claim.pair_helper, claim.pair)]
    lowest = min(int(price.min(initial=0)) for price in (claim.cap, claim.pair, claim.meet))
    return lowest >= 0 and all(len(names) == len(prices) for names, prices in named)


def _worst(scene: Scene, tier: Tier, component: int, places: NDArray[np.int64]) -> int:
    """Give the least a tier can be worth in a component: nothing, or every slot at the dearest place."""
    if tier.kind != "load_squares":
        return 0
    slots = int((scene.slot_component == component).sum())
    return -slots * int(scene.place_cost[places].max(initial=0))


def _gain(scene: Scene, tier: Tier, mine: NDArray[np.int64]) -> NDArray[np.int64]:
    problem, arcs = scene.problem, scene.free[mine]
    slot = problem.arc_slot[arcs]
    return arc_gain(tier, problem.slot_level[slot], turns(problem)[slot], problem.arc_fit[arcs], problem.arc_kept[arcs])


def _value(
    scene: Scene, tier: Tier, gain: NDArray[np.int64], mine: NDArray[np.int64], places: NDArray[np.int64]
) -> int:
    if tier.kind == "load_squares":
        return -int(scene.place_cost[places[scene.is_place_used[places]]].sum())
    return int(gain[scene.is_used[mine]].sum())


def _priced(
    scene: Scene,
    claim: BoundProof,
    tiers: tuple[Tier, ...],
    gains: list[NDArray[np.int64]],
    mine: NDArray[np.int64],
    places: NDArray[np.int64],
) -> Priced | None:
    """Lay the claimed prices beside the component's own columns; None when the numbers could overflow."""
    problem, arcs = scene.problem, scene.free[mine]
    factors = [*claim.fixed[: claim.tier], claim.denominator, *claim.fixed[claim.tier + 1 :]]
    dearest = int(scene.place_cost[places].max(initial=0))
    peaks = [int(gain.max(initial=0)) + dearest for gain in gains]
    if sum(abs(factor) * peak for factor, peak in zip(factors, peaks, strict=True)) > SUM_MAX // 8:
        return None
    weight, load = np.zeros(len(arcs), np.int64), 0
    for factor, tier, gain in zip(factors, tiers, gains, strict=True):
        weight += factor * gain
        load += factor if tier.kind == "load_squares" else 0
    slots = np.unique(problem.arc_slot[arcs])
    helpers = np.unique(problem.arc_helper[arcs])
    bundle = scene.bundle[slots]
    several = scene.is_bound[bundle]
    local_bundle = np.full(len(slots), -1, np.int64)
    local_bundle[several] = np.unique(bundle[several], return_inverse=True)[1]
    group, meets = scene.group[slots], np.zeros(len(arcs), dtype=bool)
    if problem.arc_meets is not None:
        meets = problem.arc_meets[arcs]
    pair_key = claim.pair_child << 32 | claim.pair_helper
    own_key = problem.slot_child[problem.arc_slot[arcs]].astype(np.int64) << 32 | problem.arc_helper[arcs]
    cap = np.full(len(arcs), -1, np.int64) if scene.arc_cap is None else scene.arc_cap[mine]
    caps = np.unique(cap[cap >= 0])
    return Priced(
        arc_slot=np.searchsorted(slots, problem.arc_slot[arcs]),
        arc_helper=np.searchsorted(helpers, problem.arc_helper[arcs]),
        arc_cap=np.where(cap >= 0, np.searchsorted(caps, cap), -1),
        arc_pair=_lookup(pair_key, own_key),
        bundle=local_bundle,
        place_helper=np.searchsorted(helpers, scene.place_helper[places]),
        place_cost=load * scene.place_cost[places],
        weight=weight,
        slot=_spread(claim.slots, claim.slot, slots),
        helper=_spread(claim.helpers, claim.helper, helpers),
        cap=_spread(claim.caps, claim.cap, caps),
        cap_max=scene.cap_left[caps],
        pair=claim.pair,
        group=group,
        # A price where no group asks for anything would bound nothing.
        meet=np.where(group >= 0, _spread(claim.slots, claim.meet, slots), 0),
        arc_meets=meets,
    )


def _lookup(names: NDArray[np.int64], wanted: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Give the place of each wanted name, -1 where it is not named."""
    if not len(names):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(names, kind="stable")
    place = order[np.minimum(np.searchsorted(names, wanted, sorter=order), len(names) - 1)]
    return np.where(names[place] == wanted, place, -1)


def _spread(names: NDArray[np.int64], prices: NDArray[np.int64], wanted: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Give the price of each wanted name, 0 where none is claimed."""
    place = _lookup(names, wanted)
    if not len(prices):
        return np.zeros(len(wanted), np.int64)
    return np.where(place >= 0, prices[place], 0)
