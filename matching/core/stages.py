"""
Pack consecutive tiers into stages: one whole-number objective each, in which a higher tier always outweighs the lower.

A stage is as large as the numbers of the solver that will run it allow. For slots that nothing ties together, the sets
that can be filled form a matroid, so small weights (here 4, 3, 2, 1) already give the lexicographic coverage; bundles
break that, and each level then outweighs all that lie below it.

Source: Edmonds, "Matroids and the greedy algorithm", 1971; docs/matching.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from matching.core.tiers import Tier, arc_gain, step_cost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.parts import Batch

ASSIGNMENT_COST_MAX = 2**50
"""Weights the dense assignment solver handles exactly in double precision, prices on the way included."""
FLOW_COST_TIMES_NODES_MAX = 2**58
"""OR-tools multiplies costs by the number of nodes and sums prices along paths, in 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """
    Which stage each tier belongs to, and its weight there.

    Args:
        tiers: T of them; stage: int8[T, c], counted from 0; scale: int64[T, c], weight within the stage.
        count: number of stages.
    """

    tiers: tuple[Tier, ...]
    stage: NDArray[np.int8]
    scale: NDArray[np.int64]
    count: int

    def scale_in(self, stage: int) -> NDArray[np.int64]:
        """Give the weights of one stage, int64[T, c], 0 for tiers of other stages."""
        return np.where(self.stage == stage, self.scale, 0)


def plan_stages(batch: Batch, tiers: tuple[Tier, ...], cost_max: NDArray[np.int64]) -> Plan:
    """
    Group the tiers of each component into stages.

    Args:
        cost_max: int64[c], the largest cost one arc may have in each component.
    """
    coverage = [row for row, tier in enumerate(tiers) if tier.kind == "coverage"]
    others = [[row] for row, tier in enumerate(tiers) if tier.kind != "coverage"]
    span, peak = spans(batch, tiers)
    together = _pack([coverage, *others], span, peak, cost_max)
    apart = _pack([*([row] for row in coverage), *others], span, peak, cost_max)
    is_matroid = _is_matroid(batch)
    stage = np.where(is_matroid, together[0], apart[0])
    return Plan(tiers, stage, np.where(is_matroid, together[1], apart[1]), int(stage.max(initial=0)) + 1)


def _pack(
    units: list[list[int]], span: NDArray[np.int64], peak: NDArray[np.int64], cost_max: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Take units into a stage from the most important down for as long as the numbers stay small, then open the next.

    Args:
        units: tiers that share one place in the order; within a unit of n the weights stand as n, n - 1 .. 1.

    Returns:
        (stage, scale), int64[T, c]. A unit's scale is the product of 1 + span over the units below it in its stage.
    """
    stage, scale = np.zeros_like(span), np.zeros_like(span)
    ranks = [np.arange(len(unit), 0, -1)[:, None] for unit in units]
    unit_span = [(rank * span[unit]).sum(axis=0) for rank, unit in zip(ranks, units, strict=True)]
    unit_peak = [(rank * peak[unit]).max(axis=0) for rank, unit in zip(ranks, units, strict=True)]
    cost, current = np.zeros(span.shape[1]), np.zeros(span.shape[1], np.int64)
    unit_stage = []
    for more, most in zip(unit_span, unit_peak, strict=True):
        cost = cost * (1.0 + more) + most
        is_full = (cost > cost_max) & (cost > most)
        cost, current = np.where(is_full, most, cost), current + is_full
        unit_stage.append(current)
    below, following = np.ones(span.shape[1], np.int64), current
    for place in reversed(range(len(units))):
        below = np.where(unit_stage[place] == following, below, 1)
        stage[units[place]], scale[units[place]] = unit_stage[place], ranks[place] * below
        below, following = below * (1 + unit_span[place]), unit_stage[place]
    return stage, scale


def _is_matroid(batch: Batch) -> NDArray[np.bool_]:
    """Tell which components have nothing but nested limits, bool[c]."""
    free = ~batch.is_relaxed
    free[batch.slot_component[batch.bundle >= 0]] = False
    return free


def spans(batch: Batch, tiers: tuple[Tier, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Bound each tier per component.

    Returns:
        (int64[T, c] the most by which two solutions can differ, int64[T, c] the most one arc or place contributes).
    """
    size = np.diff(batch.first_slot)
    span = np.zeros((len(tiers), batch.count), np.int64)
    peak = np.ones((len(tiers), batch.count), np.int64)
    for row, tier in enumerate(tiers):
        if tier.kind == "coverage":
            counted = (batch.level == tier.level) & (batch.turn == tier.turn)
            span[row] = np.bincount(batch.slot_component[counted], minlength=batch.count)
        elif tier.kind == "kept":
            kept = batch.slot_component[batch.arc_slot[batch.kept]]
            span[row] = np.bincount(kept, minlength=batch.count)
        else:
            peak[row] = _largest_fit(batch) // tier.band if tier.kind == "fit" else _largest_step(batch)
            span[row] = size * peak[row]
    return span, peak


def _largest_fit(batch: Batch) -> NDArray[np.int64]:
    if not len(batch.fit):
        return np.zeros(batch.count, np.int64)
    return np.maximum.reduceat(batch.fit, batch.first_arc[:-1]).astype(np.int64)


def _largest_step(batch: Batch) -> NDArray[np.int64]:
    if not len(batch.helper):
        return np.zeros(batch.count, np.int64)
    last = step_cost(batch.base + places(batch), batch.share)
    return np.maximum.reduceat(last, batch.first_helper[:-1])


def places(batch: Batch) -> NDArray[np.int64]:
    """Give how many places of each helper could ever be used, int64[h]."""
    return np.minimum(batch.limit, np.bincount(batch.arc_helper, minlength=len(batch.helper)))


def arc_weights(batch: Batch, plan: Plan, stage: int) -> NDArray[np.int64]:
    """Weigh each arc for one stage, int64[e]; load costs are a matter of places."""
    scale = plan.scale_in(stage)
    component = batch.slot_component[batch.arc_slot]
    level, turn = batch.level[batch.arc_slot], batch.turn[batch.arc_slot]
    weight = np.zeros(len(batch.arc), np.int64)
    slot_weight = np.zeros(len(batch.slot), np.int64)
    for row, tier in enumerate(plan.tiers):
        if not scale[row].any():
            continue
        if tier.kind == "coverage":
            counted = (batch.level == tier.level) & (batch.turn == tier.turn)
            slot_weight[counted] += scale[row][batch.slot_component[counted]]
        elif tier.kind != "load_squares" and (tier.kind != "kept" or batch.kept.any()):
            weight += scale[row][component] * arc_gain(tier, level, turn, batch.fit, batch.kept)
    return weight + slot_weight[batch.arc_slot]


def load_scale(plan: Plan, stage: int) -> NDArray[np.int64]:
    """Give what one unit of load_squares costs in one stage, int64[c]."""
    rows = [row for row, tier in enumerate(plan.tiers) if tier.kind == "load_squares"]
    scale: NDArray[np.int64] = plan.scale_in(stage)[rows].sum(axis=0)
    return scale
