"""
Circulations that are nearly the best: turn what cycles still gain, all at once, and be left with prices that prove it.

Prices are lowered along arcs that could be improved, and each node remembers the arc that lowered it. A cycle of such
arcs gains; since a node has one such arc, the cycles share no node and can all be turned together. What prices were
reached stays true for the arcs turned, so the work goes on from there and ends when no arc could be improved: the
circulation is the best then, and the prices say so. From far away this takes long, hence the budget.

Source: Cherkassky and Goldberg, "Negative-cycle detection algorithms", 1999; Ahuja, Magnanti and Orlin, "Network
Flows", 1993, ch. 9.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from matching.core.parts import ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.network import Network

LOOKS_PER_ARC = 96
"""How often an arc is looked at, on average, before a circulation counts as too far from its best."""
ROUNDS_MOST = 1000
"""A round costs its overhead however few arcs it looks at; what comes to its end does so in some fifty."""
ROUNDS_BETWEEN = 4
"""Rounds of lowering between two searches for cycles."""


@dataclass(frozen=True)
class Residual:
    """
    Both directions of some arcs, sorted by the node they leave.

    Args:
        tail, head, room: int32[2k]; length: int64[2k]; room is what may still flow.
        twin: int32[2k], the entry of the other direction; own: int32[k], the entry that runs back along each arc.
        begin: int64[n + 1], where the entries of each node begin.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length: NDArray[np.int64]
    room: NDArray[np.int32]
    twin: NDArray[np.int32]
    own: NDArray[np.int32]
    begin: NDArray[np.int64]

    def leaving(self, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the entries that leave these nodes and have room."""
        entries = ranges(self.begin[nodes], self.begin[nodes + 1] - self.begin[nodes])
        return entries[self.room[entries] > 0]

    def turn(self, entries: NDArray[np.int64]) -> None:
        """Send one unit along each of these entries."""
        self.room[entries] -= 1
        self.room[self.twin[entries]] += 1


def turn_cycles(
    network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64], start: NDArray[np.int64]
) -> tuple[NDArray[np.int64], bool]:
    """
    Improve a circulation in place by turning gaining cycles, until none is left or it has looked too long.

    Args:
        cost: int64[m]; flow: int64[m], any circulation within the capacities; at: arcs that may change.
        start: int64[n], prices to begin with.

    Returns:
        (int64[n], whether the flow is the best on these arcs, which the prices prove then).
    """
    graph = _residual(network, cost, flow, at)
    price, by = start.copy(), np.full(network.nodes, -1)
    left, is_best = LOOKS_PER_ARC * len(at), False
    active = np.flatnonzero(graph.room > 0)
    for number in range(ROUNDS_MOST):
        left -= len(active)
        if left < 0:
            break
        moved = _lowered(graph, price, by, active)
        if not len(moved):
            is_best = True
            break
        if number % ROUNDS_BETWEEN == ROUNDS_BETWEEN - 1:
            moved = np.union1d(moved, _turned(graph, by))
        active = graph.leaving(moved)
    flow[at] = graph.room[graph.own]
    return price, is_best


def _residual(network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64]) -> Residual:
    # Half the width for what is looked up most: a county's component is bound by memory, not by sums.
    low, high = network.tail[at].astype(np.int32), network.head[at].astype(np.int32)
    tail = np.concatenate([low, high])
    order = np.argsort(tail, kind="stable").astype(np.int32)
    place = np.empty_like(order)
    place[order] = np.arange(len(order), dtype=np.int32)
    tail = tail[order]
    back = np.concatenate([place[len(at) :], place[: len(at)]])
    return Residual(
        tail=tail,
        head=np.concatenate([high, low])[order],
        length=np.concatenate([cost[at], -cost[at]])[order],
        room=np.concatenate([network.capacity[at] - flow[at], flow[at]]).astype(np.int32)[order],
        twin=back[order],
        own=place[len(at) :],
        begin=np.searchsorted(tail, np.arange(network.nodes + 1, dtype=np.int32)),
    )


def _lowered(
    graph: Residual, price: NDArray[np.int64], by: NDArray[np.int64], active: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Lower prices along entries once, in place, with who did it; give the nodes lowered."""
    head = graph.head[active]
    reached = price[graph.tail[active]] + graph.length[active]
    lower = np.flatnonzero(reached < price[head])
    head, reached = head[lower], reached[lower]
    np.minimum.at(price, head, reached)
    best = reached == price[head]
    by[head[best]] = active[lower[best]]
    return np.unique(head)


def _turned(graph: Residual, by: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn every cycle among the entries that lowered a node last; give its nodes."""
    before = np.where(by >= 0, graph.tail[by], -1)
    nodes = _on_cycles(before)
    graph.turn(by[nodes])
    by[nodes] = -1
    return nodes


def _on_cycles(before: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Give the nodes on cycles where each node has at most one before it.

    Args:
        before: int64[n], -1 for none.
    """
    end = len(before)
    far = np.append(np.where(before < 0, end, before), end)
    # As many steps back as there are nodes: whoever still is somewhere is on a cycle.
    for _ in range(end.bit_length()):
        far = far[far]
    on_cycle = np.zeros(end, dtype=bool)
    nodes = np.unique(far[far < end])
    while len(nodes):
        on_cycle[nodes] = True
        nodes = before[nodes]
        nodes = nodes[~on_cycle[nodes]]
    return np.flatnonzero(on_cycle)
