"""What components get that the time did not reach: of several quick answers the best, component by component."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matching.core.greedy import greedy
from matching.core.tiers import arc_gain, step_cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from matching.core.parts import Batch
    from matching.core.tiers import Tier


def fall_back(
    batch: Batch, tiers: tuple[Tier, ...], wanted: NDArray[np.bool_], starts: Sequence[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """
    Give the best choice known for some components.

    Args:
        wanted: bool[c], the components to answer.
        starts: choices of arcs to begin with; each is made sound and filled up, and so is an empty one.

    Returns:
        Arcs of the wanted components, breaking no rule.
    """
    mine = [one[wanted[batch.slot_component[batch.arc_slot[one]]]] for one in starts]
    nothing = np.zeros(0, np.int64)
    return best_of(batch, tiers, [greedy(batch, wanted, start) for start in (*mine, nothing)])


def best_of(batch: Batch, tiers: tuple[Tier, ...], ways: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Take, in each component, the arcs of the way that is best tier by tier; the earlier one among equals."""
    worth = np.stack([component_values(batch, tiers, way) for way in ways])
    best = np.zeros(batch.count, np.int64)
    here = np.arange(batch.count)
    for number in range(1, len(ways)):
        gap = worth[number] - worth[best, :, here].T
        first = (gap != 0).argmax(axis=0)
        best[gap[first, here] > 0] = number
    return np.concatenate(
        [way[best[batch.slot_component[batch.arc_slot[way]]] == number] for number, way in enumerate(ways)]
    )


def component_values(batch: Batch, tiers: tuple[Tier, ...], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count every tier in each component, int64[T, c], more being better: loads count negative."""
    slot = batch.arc_slot[chosen]
    component = batch.slot_component[slot]
    values = np.zeros((len(tiers), batch.count), np.int64)
    for row, tier in enumerate(tiers):
        if tier.kind == "load_squares":
            helper, cost = _steps(batch, batch.arc_helper[chosen])
            np.subtract.at(values[row], batch.helper_component[helper], cost)
            continue
        gain = arc_gain(tier, batch.level[slot], batch.turn[slot], batch.fit[chosen], batch.kept[chosen])
        np.add.at(values[row], component, gain)
    return values


def _steps(batch: Batch, used: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give helper and cost of every place used, beyond those that are locked."""
    load = np.bincount(used, minlength=len(batch.helper))
    helper = np.repeat(np.arange(len(load)), load)
    place = np.arange(len(helper)) - np.repeat(np.cumsum(load) - load, load) + 1
    return helper, step_cost(batch.base[helper] + place, batch.share[helper])
