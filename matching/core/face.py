"""
What the tiers decided so far leave open of one component: columns settled, rows that must be used up, and the prices
that say so.

Where a tier's prices are exact, its best solutions are just those that use every column that gains, none that loses,
and every row that has a price to the full (complementary slackness). Later tiers are then solved over the few columns
left, without a row of whole weights for the tier before; its prices, times a large enough factor, go into theirs.

Source: Ahuja, Magnanti and Orlin, "Network Flows", 1993, ch. 9; docs/matching.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from matching.core.bound import Priced, reduced_weight
from matching.core.milp import Face, Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

DENOMINATOR = 2**28
ROUNDING = 2**12
"""Reduced worth, in 1/DENOMINATOR, that rounding alone can explain."""
NEARLY_EXACT = 2**20
"""What a bound may leave over a tier's value, in 1/DENOMINATOR, for its prices to be called exact."""
FACTOR_MAX = 2**12
"""Beyond such factors the products of prices would leave 64 bits."""


class RowPrices(NamedTuple):
    """Whole prices of one tier: of slots, helpers, caps, pairs, of each slot's row in its group, and other tiers."""

    slot: NDArray[np.int64]
    helper: NDArray[np.int64]
    cap: NDArray[np.int64]
    pair: NDArray[np.int64]
    meet: NDArray[np.int64]
    tiers: list[int]
    denominator: int


def no_prices(program: Program, tiers: int) -> RowPrices:
    """Price nothing, which proves a tier no arc counts for."""
    rows = (program.slots, program.helpers, program.caps, program.pairs, program.slots)
    slot, helper, cap, pair, meet = (np.zeros(len(row), np.int64) for row in rows)
    return RowPrices(slot, helper, cap, pair, meet, [0] * tiers, DENOMINATOR)


def narrowed(face: Face, program: Program, prices: RowPrices, priced: Priced, most: int) -> Face:
    """Settle what a tier's exact prices settle: a best solution loses no more than so much, in all."""
    worth, price = column_worth(priced), row_price(program, prices)
    low = np.where(worth > most, 1.0, face.low)
    high = np.where(worth < -most, 0.0, face.high)
    return Face(low, high, np.where(price > most, program.high, face.row_low))


def column_worth(priced: Priced) -> NDArray[np.int64]:
    """Give what each column gains beyond the prices it pays: arcs, then bundles, then places."""
    bound = np.flatnonzero(priced.bundle >= 0)
    bundles = np.zeros(int(priced.bundle.max(initial=-1)) + 1, np.int64)
    np.add.at(bundles, priced.bundle[bound], priced.slot[bound])
    return np.concatenate([reduced_weight(priced), bundles, priced.helper[priced.place_helper] - priced.place_cost])


def row_price(program: Program, prices: RowPrices) -> NDArray[np.int64]:
    """Give the price of every row, 0 for rows that are equations and may have any."""
    slot = np.where(program.low[: len(program.slots)] == 0, 0, prices.slot)
    helper = np.zeros(len(program.helpers), np.int64)
    return np.concatenate([slot, helper, prices.cap, prices.pair, prices.meet[program.grouped]])


def factor_over(
    base_worth: NDArray[np.int64], base_price: NDArray[np.int64], worth: NDArray[np.int64], price: NDArray[np.int64]
) -> int | None:
    """
    Give the least factor by which a settled tier's prices outweigh a later tier's wherever they settled something.

    Returns:
        None when it would be too large to be sure of the numbers.
    """
    ours = np.concatenate([base_worth, base_price])
    # A column settled at 1 and a row used up lose where they are negative, a column settled at 0 where it is positive.
    theirs = np.concatenate([-np.sign(base_worth) * worth, -price])
    at = np.flatnonzero((np.abs(ours) > ROUNDING) & (theirs > 0))
    if not len(at):
        return 1
    # What rounding may hide is outweighed too: it must not leave a price below 0 or a column in between.
    factor = int(((theirs[at] + 2 * ROUNDING) // np.abs(ours[at])).max()) + 1
    return factor if factor <= FACTOR_MAX else None


def added(prices: RowPrices, base: RowPrices, row: int, factor: int) -> RowPrices:
    """Add a settled tier's prices, so many times, to those of a later one; `row` is the settled tier."""
    tiers = [mine + factor * theirs for mine, theirs in zip(prices.tiers, base.tiers, strict=True)]
    tiers[row] += factor * base.denominator
    return RowPrices(
        prices.slot + factor * base.slot,
        prices.helper + factor * base.helper,
        prices.cap + factor * base.cap,
        prices.pair + factor * base.pair,
        prices.meet + factor * base.meet,
        tiers,
        prices.denominator,
    )
