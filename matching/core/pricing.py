"""
Large circulations on the few arcs that matter: solve on a part, price the rest, take in what pays, until none does.

A county's component has a hundred arcs for each place, and its optimum uses one of them. The prices of the optimum on
a part prove it for all arcs as soon as no arc left out has a negative reduced cost; until then only arcs dearer by less
than all that could still be gained stay on the table, so the later rounds are small.

Source: Ahuja, Magnanti and Orlin, "Network Flows", 1993, ch. 9.4 and 17; docs/matching.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matching.core.cycles import turn_cycles
from matching.core.network import improve, potentials

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.network import Network

WORTH_PRICING = 100_000
"""Fewer arcs than this the flow solver takes at once, faster than they could be chosen."""
CHEAPEST_OF_SLOT, CHEAPEST_OF_HELPER = 12, 4
FEW_PAYING = 1000
"""So few more arcs are taken in alone."""
SHARE_BEGUN_WITH = 8
"""Of what stands nearly at its best an eighth of all arcs is looked at first."""


def improve_priced(
    network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """
    Move a circulation to its optimum, in place, as `improve` does.

    Args:
        cost: int64[m]; flow: int64[m], any circulation within the capacities; at: arcs that may change.

    Returns:
        int64[n], prices that prove it, where some came about on the way.

    Raises:
        NetworkRefused: the costs were beyond the solver's range.
    """
    arcs, frame = at[at < network.place_arc], at[at >= network.place_arc]
    if len(arcs) < WORTH_PRICING:
        improve(network, cost, flow, at)
        return None
    priced = cost
    if flow[arcs].any():
        price, is_best = _improve_begun(network, cost, flow, arcs, frame)
        if is_best:
            return price
        priced = cost + price[network.tail] - price[network.head]
    is_in = flow[arcs] > 0
    is_in[_promising(network, cost, arcs)] = True
    part = _in_reach(network, priced, flow, np.concatenate([arcs[is_in], frame]))
    while True:
        improve(network, priced, flow, part)
        price = potentials(network, cost, flow, np.concatenate([arcs[is_in], frame]))
        reduced = cost + price[network.tail] - price[network.head]
        paying = np.flatnonzero((reduced[arcs] < 0) & ~is_in)
        if not len(paying):
            return price
        is_in[paying] = True
        part = _in_reach(network, reduced, flow, np.concatenate([arcs[is_in], frame]))
        # The same circulations are best under reduced costs; the solver is quicker where these are smaller.
        priced = reduced if np.abs(reduced[part]).max() <= np.abs(cost[part]).max() else cost


def _improve_begun(
    network: Network,
    cost: NDArray[np.int64],
    flow: NDArray[np.int64],
    arcs: NDArray[np.int64],
    frame: NDArray[np.int64],
) -> tuple[NDArray[np.int64], bool]:
    """
    Improve a circulation that somebody hands over, which is often nearly the best: another solve around a few locks.

    Returns:
        (int64[n], whether they prove it the best on all arcs); where not, it was too far away and is better by a bit.
    """
    is_in = (flow[arcs] > 0) | _near_what_is_used(network, cost, flow, arcs)
    price = np.zeros(network.nodes, np.int64)
    while True:
        part = np.concatenate([arcs[is_in], frame])
        price, is_best = turn_cycles(network, cost, flow, part, price)
        if not is_best:
            return price, False
        reduced = cost[arcs] + price[network.tail[arcs]] - price[network.head[arcs]]
        paying = (reduced < 0) & ~is_in
        if not paying.any():
            return price, True
        is_in |= paying | _nearly_pays(reduced, int(np.count_nonzero(paying)))


def _nearly_pays(reduced: NDArray[np.int64], paying: int) -> NDArray[np.bool_]:
    """Tell half as many arcs as pay, those next to it: prices are still to move, and each round more costs dearly."""
    most = paying + paying // 2
    if paying <= FEW_PAYING or most >= len(reduced):
        return np.zeros(len(reduced), dtype=bool)
    limit = np.partition(reduced, most)[most]
    return np.asarray((reduced > 0) & (reduced < limit))


def _near_what_is_used(
    network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], arcs: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell a share of the arcs: those cheapest beside the one their slot has now, all of a slot that has none."""
    slot = np.minimum(network.tail[arcs], network.head[arcs])
    used = np.full(network.nodes, 2 * np.abs(cost[arcs]).max())
    is_used = flow[arcs] > 0
    used[slot[is_used]] = cost[arcs[is_used]]
    dearer = cost[arcs] - used[slot]
    most = len(arcs) // SHARE_BEGUN_WITH
    return np.asarray(dearer <= np.partition(dearer, most)[most])


def _in_reach(
    network: Network, reduced: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Keep the arcs that could lie on a cycle worth turning: no cycle gains more than all paying arcs together."""
    room = network.capacity[at] - flow[at]
    gains = -np.minimum(reduced[at], 0) * room.astype(float) + np.maximum(reduced[at], 0) * flow[at].astype(float)
    # Sums in double precision: rounded up, so that nothing is lost.
    most = float(gains.sum()) * (1 + 1e-9) + 1
    ahead = (room > 0) & (reduced[at] < most)
    back = (flow[at] > 0) & (-reduced[at] < most)
    return np.asarray(at[ahead | back])


def _promising(network: Network, cost: NDArray[np.int64], arcs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the cheapest arcs of each slot and of each helper, equals in an order of their own for each."""
    ends = network.tail[arcs], network.head[arcs]
    # Fixed noise: who is first among equals here decides the speed, never the answer.
    noise = np.random.default_rng(len(arcs)).random(len(arcs))
    of_slot = _cheapest(np.minimum(*ends), cost[arcs], noise, CHEAPEST_OF_SLOT)
    return np.union1d(of_slot, _cheapest(np.maximum(*ends), cost[arcs], noise, CHEAPEST_OF_HELPER))


def _cheapest(
    key: NDArray[np.int64], cost: NDArray[np.int64], noise: NDArray[np.float64], most: int
) -> NDArray[np.int64]:
    """Give the positions of the `most` cheapest entries of every key, roughly where costs are nearly equal."""
    span = float(cost.max() - cost.min()) + 1.0
    order = np.argsort(key + (cost - cost.min() + noise) / span * 0.999)
    ordered = key[order]
    begin = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    place = np.arange(len(ordered)) - np.repeat(begin, np.diff(np.append(begin, len(ordered))))
    return np.asarray(order[place < most])
