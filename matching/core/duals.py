"""Turn node prices into prices of slots, helpers, caps and pairs, which can be checked without the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.network import Network
    from matching.core.parts import Batch


class Prices(NamedTuple):
    """Prices of one stage of one batch: int64 per local slot, helper, cap and pair."""

    slot: NDArray[np.int64]
    helper: NDArray[np.int64]
    cap: NDArray[np.int64]
    pair: NDArray[np.int64]


def natural_prices(
    batch: Batch,
    network: Network,
    cost: NDArray[np.int64],
    node_price: NDArray[np.int64],
    is_open: NDArray[np.bool_],
    flow: NDArray[np.int64],
) -> Prices:
    """
    Read the prices off the nodes.

    Args:
        cost: int64[m]; node_price: int64[n], as `network.potentials` gives them.
        is_open: bool[m], arcs an earlier stage left undecided; flow: int64[m].

    Returns:
        Slot and helper prices have the sign of what they cost; a cap or pair is priced at 0 or more, unless an earlier
        stage fixed it as used up, when any price is right.
    """
    slot_sign = np.where(batch.side == 1, -1, 1)
    helper_sign = np.where(network.helper_side == 1, -1, 1)
    slot = slot_sign * node_price[network.first_slot : network.first_helper]
    helper = -helper_sign * node_price[network.first_helper : network.first_cap]
    rows = np.arange(network.pair_arc, len(network.tail))
    price = -(cost[rows] + node_price[network.tail[rows]] - node_price[network.head[rows]])
    is_used_up = ~is_open[rows] & (flow[rows] == network.capacity[rows])
    price = np.where(is_open[rows], np.maximum(price, 0), np.where(is_used_up, price, 0))
    cap, pair = np.zeros(len(batch.cap), np.int64), np.zeros(len(batch.pair_cap), np.int64)
    end, is_cap = np.maximum(network.tail[rows], network.head[rows]), rows >= network.cap_arc
    cap[end[is_cap] - network.first_cap] = price[is_cap]
    pair[end[~is_cap] - network.first_pair] = price[~is_cap]
    return Prices(slot, helper, cap, pair)
