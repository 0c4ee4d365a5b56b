"""Solve one component that is no network: tier by tier, with a rounded bound for each where one is tight."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from matching.core.bound import Priced, safe_bound
from matching.core.lottery import TICKET_BITS, tickets
from matching.core.milp import Objective, Program, build_program, minimise, objective, relax
from matching.core.result import BoundProof
from matching.core.tiers import Tier, arc_gain, load_squares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.parts import Batch

DENOMINATOR = 2**20
NEARLY_WHOLE = 1e-6
_BOUND, _SEARCH, _NONE = 1, 2, 3


@dataclass(slots=True, eq=False)
class Found:
    """A component's answer: arcs of the batch, what it rests on, and the bounds that are tight."""

    chosen: NDArray[np.int64]
    kind: int
    bounds: list[BoundProof] = field(default_factory=list)


def search(batch: Batch, component: int, tiers: tuple[Tier, ...], seed: int, deadline: float) -> Found | None:
    """
    Decide every tier in order, then the lottery.

    Returns:
        None when nothing was found in time; kind `_NONE` when the time ended on the way.
    """
    program = build_program(batch, component)
    goals = [_goal(batch, program, tier) for tier in tiers]
    kept: list[Objective] = []
    found: Found | None = None
    for row, tier in enumerate(tiers):
        best, is_finished, proof = _decide(batch, program, goals[row], kept, deadline)
        if best is None:
            return None if found is None else replace(found, kind=_NONE)
        value = _value(batch, program, goals[row], tier, best)
        kept.append(replace(goals[row], value=value))
        found = _noted(found, batch, program, component, best, row, kept, proof, is_finished)
        if found.kind == _NONE:
            return found
    return found if found is None else _draw(batch, program, kept, found, seed, deadline)


def _goal(batch: Batch, program: Program, tier: Tier) -> Objective:
    slot = batch.arc_slot[program.arcs]
    gain = arc_gain(tier, batch.level[slot], batch.turn[slot], batch.fit[program.arcs], batch.kept[program.arcs])
    return objective(program, gain, is_load=tier.kind == "load_squares")


def _value(batch: Batch, program: Program, goal: Objective, tier: Tier, best: NDArray[np.int64]) -> int:
    """Count the tier exactly, in the sense of costs."""
    if tier.kind != "load_squares":
        return int(goal.cost[best].sum())
    load = np.bincount(batch.arc_helper[program.arcs[best]] - program.helpers[0], minlength=len(program.helpers))
    base = batch.base[program.helpers]
    share = batch.share[program.helpers]
    return load_squares(load + base, share) - load_squares(base, share)


def _decide(
    batch: Batch, program: Program, goal: Objective, kept: list[Objective], deadline: float
) -> tuple[NDArray[np.int64] | None, bool, tuple[NDArray[np.float64], NDArray[np.float64]] | None]:
    """Solve one tier: the relaxation when it comes out whole, else a search."""
    _ = batch
    relaxed = relax(program, goal, kept)
    prices = None if relaxed is None else relaxed[1:]
    if relaxed is not None:
        arcs = relaxed[0][: len(program.arcs)]
        if (np.abs(arcs - np.round(arcs)) < NEARLY_WHOLE).all():
            return np.flatnonzero(arcs > 0.5), True, prices  # noqa: PLR2004 - half of one
    best, is_finished = minimise(program, goal, kept, None, deadline - time.monotonic())
    return best, is_finished, prices


def _noted(
    found: Found | None,
    batch: Batch,
    program: Program,
    component: int,
    best: NDArray[np.int64],
    row: int,
    kept: list[Objective],
    prices: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    is_finished: bool,  # noqa: FBT001
) -> Found:
    """Take over a tier's answer, and its bound when it is tight."""
    bounds = [] if found is None else found.bounds
    kind = _BOUND if found is None else found.kind
    proof = None if prices is None else bound_proof(batch, program, component, row, kept, prices)
    if proof is not None and proof.bound == proof.value:
        bounds = [*bounds, proof]
    else:
        kind = _SEARCH
    return Found(program.arcs[best], kind if is_finished else _NONE, bounds)


def bound_proof(
    batch: Batch,
    program: Program,
    component: int,
    row: int,
    kept: list[Objective],
    prices: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> BoundProof:
    """
    Round the relaxation's prices and state what they prove of the last of the kept tiers.

    Returns:
        Value and bound as the tier is counted: large is good, but for loads, which count negative here.
    """
    whole = np.rint(-np.concatenate(prices) * DENOMINATOR).astype(np.int64)
    slots, helpers = len(program.slots), len(program.helpers)
    caps = slots + helpers + len(program.caps)
    rows = len(program.low)
    cap, pair = np.maximum(whole[slots + helpers : caps], 0), np.maximum(whole[caps:rows], 0)
    fixed = np.maximum(whole[rows:], 0)
    priced = _priced(batch, program, kept, fixed, (whole[:slots], whole[slots : slots + helpers], cap, pair))
    rest = sum(price * tier.value for price, tier in zip(fixed.tolist(), kept[:-1], strict=True))
    bound = (safe_bound(priced) + rest) // DENOMINATOR
    pair_arc = np.zeros(len(program.pairs), np.int64)
    arc_pair = np.searchsorted(program.pairs, batch.arc_pair[program.arcs])
    paired = batch.arc_pair[program.arcs] >= 0
    pair_arc[arc_pair[paired]] = program.arcs[paired]
    return BoundProof(
        component=batch.first_component + component,
        tier=row,
        denominator=DENOMINATOR,
        fixed=tuple(fixed.tolist()),
        slots=batch.slot[program.slots],
        slot=priced.slot,
        helpers=batch.helper[program.helpers],
        helper=priced.helper,
        caps=batch.cap[program.caps],
        cap=cap,
        pair_child=batch.child[batch.arc_slot[pair_arc]],
        pair_helper=batch.helper[batch.arc_helper[pair_arc]],
        pair=pair,
        value=-kept[-1].value,
        bound=bound,
    )


def _priced(
    batch: Batch,
    program: Program,
    kept: list[Objective],
    fixed: NDArray[np.int64],
    prices: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
) -> Priced:
    """Put the last kept tier and the earlier ones, at their prices, into one objective."""
    factors = [*fixed.tolist(), DENOMINATOR]
    cost = sum((factor * tier.cost for factor, tier in zip(factors, kept, strict=True)), np.zeros(1, np.int64))
    arcs = program.arcs
    return Priced(
        arc_slot=batch.arc_slot[arcs] - program.slots[0],
        arc_helper=batch.arc_helper[arcs] - program.helpers[0],
        arc_cap=_place(program.caps, batch.arc_cap[arcs]),
        arc_pair=_place(program.pairs, batch.arc_pair[arcs]),
        bundle=_place(program.bundles, batch.bundle[program.slots]),
        place_helper=program.place_helper,
        place_cost=cost[len(arcs) + len(program.bundles) :],
        weight=-cost[: len(arcs)],
        slot=prices[0],
        helper=prices[1],
        cap=prices[2],
        cap_max=batch.cap_max[program.caps],
        pair=prices[3],
    )


def _place(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(wanted >= 0, np.searchsorted(keys, wanted), -1)


def _draw(
    batch: Batch, program: Program, kept: list[Objective], found: Found, seed: int, deadline: float
) -> Found:
    """Hold the lottery among the solutions equal in every tier."""
    arcs = program.arcs
    draw = tickets(seed, batch.slot[batch.arc_slot[arcs]], batch.helper[batch.arc_helper[arcs]])
    goal = objective(program, draw, is_load=False)
    scaled = replace(goal, cost=goal.cost / float(2**TICKET_BITS))
    best, is_finished = minimise(program, scaled, kept, None, deadline - time.monotonic())
    if best is None or not is_finished:
        return replace(found, kind=_NONE)
    return replace(found, chosen=arcs[best])
