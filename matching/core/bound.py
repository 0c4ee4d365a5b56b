"""
The safe bound: whatever the prices, no solution of the component can be worth more than this.

Prices may come from anywhere, rounded as they please; a bad set only gives a weak bound. All sums are whole numbers.

Source: weak duality of linear programs; Neumaier and Shcherbina, "Safe bounds in linear and mixed-integer linear
programming", 2004; docs/matching.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """
    A component's columns with prices; all numbers are local positions from 0.

    Args:
        arc_slot, arc_helper, arc_cap, arc_pair: per arc, cap and pair -1 where none.
        bundle: per slot, -1 or its bundle.
        place_helper, place_cost: per place, its helper and what it costs.
        weight: worth of each arc, earlier tiers included at their prices.
        slot, helper, cap, pair: prices; cap_max: places per cap.
        group: per slot, -1 or its group; meet: per slot, price of filling it beside somebody who meets its group, 0
            where it has none; arc_meets: per arc.
    """

    arc_slot: NDArray[np.int64]
    arc_helper: NDArray[np.int64]
    arc_cap: NDArray[np.int64]
    arc_pair: NDArray[np.int64]
    bundle: NDArray[np.int64]
    place_helper: NDArray[np.int64]
    place_cost: NDArray[np.int64]
    weight: NDArray[np.int64]
    slot: NDArray[np.int64]
    helper: NDArray[np.int64]
    cap: NDArray[np.int64]
    cap_max: NDArray[np.int64]
    pair: NDArray[np.int64]
    group: NDArray[np.int64]
    meet: NDArray[np.int64]
    arc_meets: NDArray[np.bool_]


def safe_bound(priced: Priced) -> int:
    """
    Bound the worth of the arcs used less the cost of the places used.

    Raises:
        ValueError: a cap, pair or group has a negative price, which bounds nothing.
    """
    if (priced.cap < 0).any() or (priced.pair < 0).any() or (priced.meet < 0).any():
        raise ValueError("prices of caps, pairs and groups must be 0 or more")
    free = priced.bundle < 0
    per_bundle = np.zeros(int(priced.bundle.max(initial=-1)) + 1, np.int64)
    np.add.at(per_bundle, priced.bundle[~free], priced.slot[~free])
    bound = positive_sum(priced.slot[free]) + positive_sum(per_bundle)
    bound += positive_sum(priced.helper[priced.place_helper] - priced.place_cost)
    bound += sum(int(price * most) for price, most in zip(priced.cap.tolist(), priced.cap_max.tolist(), strict=True))
    bound += positive_sum(priced.pair)
    return bound + positive_sum(reduced_weight(priced))


def reduced_weight(priced: Priced) -> NDArray[np.int64]:
    """Give what each arc is worth beyond the prices it must pay."""
    reduced = priced.weight - priced.slot[priced.arc_slot] - priced.helper[priced.arc_helper]
    for number, price in ((priced.arc_cap, priced.cap), (priced.arc_pair, priced.pair)):
        paid = np.flatnonzero(number >= 0)
        reduced[paid] -= price[number[paid]]
    if priced.meet.any():
        reduced -= _paid_to_groups(priced)
    return reduced


def _paid_to_groups(priced: Priced) -> NDArray[np.int64]:
    """Give what each arc pays to its slot's row, or, where it meets, is paid by the rows of the other slots."""
    grouped = np.flatnonzero(priced.group >= 0)
    total = np.zeros(int(priced.group.max(initial=-1)) + 1, np.int64)
    np.add.at(total, priced.group[grouped], priced.meet[grouped])
    paid = np.zeros(len(priced.group), np.int64)
    paid[grouped] = priced.meet[grouped] - total[priced.group[grouped]]
    has_group = (priced.group >= 0)[priced.arc_slot]
    mine = np.where(priced.arc_meets, paid[priced.arc_slot], priced.meet[priced.arc_slot])
    return np.where(has_group, mine, 0)


def positive_sum(values: NDArray[np.int64]) -> int:
    """Sum the values above 0 without overflow."""
    positive = values[values > 0]
    if not len(positive):
        return 0
    if int(positive.max()) < 2**62 // len(positive):
        return int(positive.sum())
    return int(sum(positive.tolist()))
