"""
Check the prices of the components that rest on "duals".

One stage is optimal when no pair used is worth less than its prices, no pair unused is worth more, and nothing that has
a price stands empty. What has a price other than 0 is settled for the stages that follow; they may only choose among
the rest. That the stages decide the tiers in their order follows from the weights, which are checked too.

Source: complementary slackness (Schrijver, "Theory of Linear and Integer Programming", 1986, ch. 7); docs/matching.md.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from matching.core.lottery import tickets
from matching.core.result import PROOF_KINDS, Proof, StageProof
from matching.core.tiers import Tier, turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from matching.core.verify_scene import Scene

ARCS_AT_ONCE = 1_000_000
DUALS = PROOF_KINDS.index("duals")
Found = list[tuple[str, "NDArray[np.int64]"]]


@dataclass(slots=True, eq=False)
class _Open:
    """What earlier stages have left undecided."""

    arc: NDArray[np.bool_]
    bundle: NDArray[np.bool_]
    place: NDArray[np.bool_]
    cap: NDArray[np.bool_]
    settled_pairs: NDArray[np.int64]
    helper_is_ours: NDArray[np.bool_]
    workers: int


def price_faults(scene: Scene, proof: Proof, tiers: tuple[Tier, ...], seed: int, workers: int = 1) -> Found:
    """Check weights and prices of every stage."""
    is_ours = np.append(proof.kind == DUALS, False)
    if not is_ours.any():
        return []
    found = scale_faults(scene, proof, tiers)
    helper_is_ours = is_ours[scene.helper_component]
    left = _Open(
        arc=is_ours[scene.component_of(scene.free)],
        bundle=is_ours[scene.bundle_component],
        place=is_ours[scene.helper_component[scene.place_helper]],
        cap=is_ours[scene.helper_component[scene.problem.cap_helper]],
        settled_pairs=np.zeros(0, np.int64),
        helper_is_ours=helper_is_ours,
        workers=workers,
    )
    for stage in proof.stages:
        found += _stage_faults(scene, stage, tiers, seed, left)
    return found


def scale_faults(scene: Scene, proof: Proof, tiers: tuple[Tier, ...]) -> Found:
    """
    Check that each tier has its weight in one stage, that stages keep the order, and that weights outweigh.

    Within a stage a weight exceeds all that the tiers below it can change together. Coverage of slots that nothing ties
    together is a matroid, where it is enough that the weights fall, each by more than that.
    """
    ours = np.flatnonzero(proof.kind == DUALS)
    scales = np.stack([stage.scale[:, ours] for stage in proof.stages]) if proof.stages else np.zeros((0, 0, 0))
    if scales.shape[1:] != (len(tiers), len(ours)):
        return [("scale", ours)]
    where = (scales > 0).argmax(axis=0)
    wrong = ((scales > 0).sum(axis=0) != 1).any(axis=0) | (scales < 0).any(axis=(0, 1))
    wrong |= (np.diff(where, axis=0) < 0).any(axis=0)
    draws = np.stack([stage.draws[ours] for stage in proof.stages])
    wrong |= (draws[:, None, :] & (scales > 0)).any(axis=(0, 1)) | (draws.sum(axis=0) != 1)
    weight = np.take_along_axis(scales, where[None], axis=0)[0]
    span, is_matroid = _spans(scene, tiers)[:, ours], _matroids(scene)[ours]
    return [("scale", ours[wrong | ~_outweighs(weight, where, span, is_matroid, tiers)])]


def _outweighs(
    weight: NDArray[np.int64],
    stage: NDArray[np.int64],
    span: NDArray[np.int64],
    is_matroid: NDArray[np.bool_],
    tiers: tuple[Tier, ...],
) -> NDArray[np.bool_]:
    holds = np.ones(weight.shape[1], dtype=bool)
    below, ranked = np.zeros(weight.shape[1]), np.zeros(weight.shape[1])
    for row in reversed(range(len(tiers))):
        if row + 1 < len(tiers):
            new = stage[row] != stage[row + 1]
            below, ranked = np.where(new, 0, below), np.where(new, 0, ranked)
        may_rank = is_matroid & (tiers[row].kind == "coverage")
        holds &= np.where(may_rank, weight[row] - ranked > below, weight[row] > below)
        # In floating point so that an absurd weight cannot wrap round; far below 2**53 the sums are exact.
        below = below + np.where(may_rank, 0, weight[row].astype(float) * span[row])
        ranked = np.where(may_rank, weight[row], ranked)
    return holds


def _spans(scene: Scene, tiers: tuple[Tier, ...]) -> NDArray[np.int64]:
    """Bound by how much two solutions of a component can differ in each tier, int64[T, C]."""
    problem, size = scene.problem, scene.components
    busy = np.zeros(problem.slots, dtype=bool)
    busy[problem.arc_slot[scene.free]] = True
    slots = np.bincount(scene.slot_component[busy], minlength=size)
    step, fit = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.maximum.at(step, scene.helper_component[scene.place_helper], scene.place_cost)
    turn = turns(problem)
    if any(tier.kind == "fit" for tier in tiers):
        best = _best_fit(scene)
        np.maximum.at(fit, scene.slot_component[busy], best[busy])
    rows = []
    for tier in tiers:
        if tier.kind == "coverage":
            counted = busy & (problem.slot_level == tier.level) & (turn == tier.turn)
            rows.append(np.bincount(scene.slot_component[counted], minlength=size))
        elif tier.kind == "kept":
            kept = scene.free[problem.arc_kept[scene.free]]
            rows.append(np.bincount(scene.component_of(kept), minlength=size))
        else:
            rows.append(slots * (fit // tier.band if tier.kind == "fit" else step))
    return np.array(rows)


def _best_fit(scene: Scene) -> NDArray[np.int64]:
    """Give the best fit among each slot's free arcs, int64[S], 0 without any."""
    problem = scene.problem
    best = np.zeros(problem.slots, np.int64)
    slot = problem.arc_slot[scene.free]
    if len(slot):
        begin = np.flatnonzero(np.concatenate([[True], slot[1:] != slot[:-1]]))
        best[slot[begin]] = np.maximum.reduceat(problem.arc_fit[scene.free], begin)
    return best


def _matroids(scene: Scene) -> NDArray[np.bool_]:
    """Tell which components have nothing but nested limits: no bundles or groups, no child's arcs across caps."""
    is_matroid = np.ones(scene.components, dtype=bool)
    bound = scene.bundle_component[scene.is_bound]
    is_matroid[bound[bound >= 0]] = False
    grouped = scene.slot_component[scene.group >= 0]
    is_matroid[grouped[grouped >= 0]] = False
    if scene.arc_cap is None:
        return is_matroid
    problem, cap = scene.problem, scene.arc_cap
    used = np.bincount(cap[cap >= 0], minlength=len(scene.cap_left))
    binds = scene.cap_left < np.minimum(used, scene.limit_left[problem.cap_helper])
    cap = np.where((cap >= 0) & binds[cap], cap, -1)
    key = _pair_key(scene, scene.free)
    order = np.lexsort((cap, key))
    crosses = (key[order[1:]] == key[order[:-1]]) & (cap[order[1:]] != cap[order[:-1]])
    torn = scene.component_of(scene.free[order[1:][crosses]])
    is_matroid[torn[torn >= 0]] = False
    return is_matroid


def _pair_key(scene: Scene, arcs: NDArray[np.int64]) -> NDArray[np.int64]:
    problem = scene.problem
    return problem.slot_child[problem.arc_slot[arcs]].astype(np.int64) << 32 | problem.arc_helper[arcs]


def _stage_faults(scene: Scene, stage: StageProof, tiers: tuple[Tier, ...], seed: int, left: _Open) -> Found:
    """Check one stage's prices and settle what they settle."""
    load_scale = stage.scale[[tier.kind == "load_squares" for tier in tiers]].sum(axis=0)
    total = np.zeros(len(left.bundle), np.int64)
    np.add.at(total, scene.bundle, stage.slot)
    margin = stage.helper[scene.place_helper]
    margin = margin - load_scale[scene.helper_component[scene.place_helper]] * scene.place_cost
    bundles = left.bundle & _is_wrong(total, scene.bundle_filled)
    places = left.place & _is_wrong(margin, scene.is_place_used)
    caps = left.cap & ((stage.cap < 0) | ((stage.cap > 0) & (scene.cap_used < scene.cap_left)))
    found: Found = [
        ("price_slot", np.flatnonzero(bundles[scene.bundle])),
        ("price_place", scene.place_helper[places]),
        ("price_cap", np.flatnonzero(caps)),
        ("price_pair", _wrong_pairs(scene, stage, left)),
        ("price_arc", _wrong_arcs(scene, stage, tiers, seed, left)),
    ]
    left.bundle &= total == 0
    left.place &= margin == 0
    left.cap &= stage.cap == 0
    left.settled_pairs = np.union1d(left.settled_pairs, _named_pairs(stage))
    return found


def _is_wrong(value: NDArray[np.int64], is_used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Flag what is used at a loss or left though it would gain."""
    return np.where(is_used, value < 0, value > 0)


def _named_pairs(stage: StageProof) -> NDArray[np.int64]:
    return stage.pair_child << 32 | stage.pair_helper


def _wrong_pairs(scene: Scene, stage: StageProof, left: _Open) -> NDArray[np.int64]:
    """Give the helpers of priced pairs not used, or priced below 0 while not settled."""
    key = _named_pairs(stage)
    is_open = ~np.isin(key, left.settled_pairs) & left.helper_is_ours[stage.pair_helper]
    is_used = np.isin(key, _pair_key(scene, scene.free[scene.is_used]))
    twice = np.zeros(len(key), dtype=bool)
    twice[np.unique(key, return_index=True)[1]] = True
    return stage.pair_helper[(is_open & ((stage.pair < 0) | ~is_used)) | ~twice]


def _wrong_arcs(scene: Scene, stage: StageProof, tiers: tuple[Tier, ...], seed: int, left: _Open) -> NDArray[np.int64]:
    """Give the slots of arcs used at a loss or left though they would gain; settle all arcs not at their price."""
    worth = _Worth(scene, stage, tiers, seed)
    pair_key, pair_order = _named_pairs(stage), np.argsort(_named_pairs(stage))

    def check(mine: NDArray[np.int64]) -> NDArray[np.int64]:
        arcs = scene.free[mine]
        reduced = worth.beyond_slot(arcs) - stage.helper[scene.problem.arc_helper[arcs]]
        if scene.arc_cap is not None:
            cap = scene.arc_cap[mine]
            reduced -= np.where(cap >= 0, stage.cap[cap], 0)
        if len(pair_key):
            key = _pair_key(scene, arcs)
            place = pair_order[np.minimum(np.searchsorted(pair_key, key, sorter=pair_order), len(pair_key) - 1)]
            reduced -= np.where(pair_key[place] == key, stage.pair[place], 0)
        left.arc[mine] = reduced == 0
        bad = _is_wrong(reduced, scene.is_used[mine])
        return scene.problem.arc_slot[arcs[bad]].astype(np.int64)

    # Runs share nothing, and numpy lets go of the interpreter's lock within each.
    with ThreadPoolExecutor(left.workers) as pool:
        return np.concatenate([np.zeros(0, np.int64), *pool.map(check, list(_runs(left.arc)))])


def _runs(is_open: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """Give the open positions, so many at a time."""
    places = np.flatnonzero(is_open)
    for begin in range(0, len(places), ARCS_AT_ONCE):
        yield places[begin : begin + ARCS_AT_ONCE]


class _Worth:
    """What arcs are worth in a stage beyond their slot's price; what depends on the slot alone is summed once."""

    def __init__(self, scene: Scene, stage: StageProof, tiers: tuple[Tier, ...], seed: int) -> None:
        self.problem, self.seed = scene.problem, seed
        component = np.maximum(scene.slot_component, 0)
        level, turn = self.problem.slot_level, turns(self.problem)
        self.slot = -stage.slot
        self.others: list[tuple[Tier, NDArray[np.int64]]] = []
        for tier, scale in zip(tiers, stage.scale, strict=True):
            if tier.kind == "coverage":
                self.slot += scale[component] * ((level == tier.level) & (turn == tier.turn))
            elif tier.kind != "load_squares" and scale.any():
                self.others.append((tier, scale[component]))
        self.draws = stage.draws[component] if stage.draws.any() else None

    def beyond_slot(self, arcs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Weigh arcs of the problem, int64."""
        slot, helper = self.problem.arc_slot[arcs], self.problem.arc_helper[arcs]
        worth: NDArray[np.int64] = self.slot[slot]
        for tier, scale in self.others:
            if tier.kind == "fit":
                worth += scale[slot] * (self.problem.arc_fit[arcs].astype(np.int64) // tier.band)
            else:
                kept = np.flatnonzero(self.problem.arc_kept[arcs])
                worth[kept] += scale[slot[kept]]
        if self.draws is not None:
            worth += np.where(self.draws[slot], tickets(self.seed, slot, helper), 0)
        return worth
