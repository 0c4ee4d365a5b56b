"""
The components that are networks, as one circulation, and the steps on it: improve, price, and cut down to the ties.

Every node but the roots stands for something people know: a slot, a helper, a cap, or "one slot of this child for this
helper". Flow runs root -> slot -> (pair) -> (cap) -> helper -> root, one unit per place filled; the k-th place of a
helper is an arc of its own that costs more than the one before. A bundle of two runs root -> helper -> slot -> slot ->
helper -> root, so that half a bundle cannot flow. Each component has its own root.

Source: Ahuja, Magnanti and Orlin, "Network Flows", 1993, ch. 9; docs/matching.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.core.graphs import strong_components
from matching.core.parts import ranges
from matching.core.stages import places
from matching.core.tiers import step_cost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.parts import Batch


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """
    One circulation for the network components of a batch; n nodes, m arcs.

    Args:
        nodes: n. Roots, slots, helpers, caps and pairs follow each other, beginning at 0 and `first_*`.
        tail, head, capacity: int64[m]. The batch's own arcs, then those of places, of slots to the root, of bundles, of
            pairs and of caps follow each other, beginning at 0 and `*_arc`.
        component: int64[m]; node_component: int64[n].
        helper_side: int8 per helper, as `Batch.side`.
        place_helper, place_cost: the helper and the load_squares of each place.
        free_slot: the slots with an arc to the root; bundle_slot: the slot each bundle's arc starts at.
    """

    nodes: int
    first_slot: int
    first_helper: int
    first_cap: int
    first_pair: int
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    capacity: NDArray[np.int64]
    component: NDArray[np.int64]
    node_component: NDArray[np.int64]
    helper_side: NDArray[np.int8]
    place_helper: NDArray[np.int64]
    place_cost: NDArray[np.int64]
    free_slot: NDArray[np.int64]
    bundle_slot: NDArray[np.int64]
    place_arc: int
    free_arc: int
    bundle_arc: int
    pair_arc: int
    cap_arc: int


def build_network(batch: Batch) -> Network:
    """
    Lay out the circulation of every component.

    Where caps cross a pair, or the sides of bundles share helpers, no network says it all: the circulation then leaves
    those pairs, or all bundles of that component, out, and whoever uses it looks whether the answer keeps them anyway.
    """
    slots, helpers, caps = len(batch.slot), len(batch.helper), len(batch.cap)
    pairs = len(batch.pair_cap)
    first_slot = batch.count
    first_helper, first_cap = first_slot + slots, first_slot + slots + helpers
    first_pair = first_cap + caps
    cap_helper, pair_helper = np.zeros(caps, np.int64), np.zeros(pairs, np.int64)
    helper, cap, pair = batch.arc_helper, batch.arc_cap, batch.net_pair
    cap_helper[cap[cap >= 0]] = helper[cap >= 0]
    pair_helper[pair[pair >= 0]] = helper[pair >= 0]
    is_cap_used = np.bincount(cap[cap >= 0], minlength=caps) > 0
    is_pair_used = np.bincount(pair[pair >= 0], minlength=pairs) > 0
    helper_side = np.zeros(helpers, np.int8)
    helper_side[helper] = batch.side[batch.arc_slot]
    above_helper = first_helper + helper
    above = np.where(cap >= 0, first_cap + cap, above_helper)
    above = np.where(pair >= 0, first_pair + pair, above)
    count = places(batch)
    place_helper = np.repeat(np.arange(helpers), count)
    place = np.arange(len(place_helper)) - np.repeat(np.cumsum(count) - count, count) + 1
    free = np.flatnonzero(batch.net_bundle < 0)
    link_from, link_to = _links(batch)
    pair_ids, cap_ids = np.flatnonzero(is_pair_used), np.flatnonzero(is_cap_used)
    pair_cap = batch.pair_cap[pair_ids]
    above_pair = np.where(pair_cap >= 0, first_cap + pair_cap, first_helper + pair_helper[pair_ids])
    # Each block as (lower end, upper end, side): lower is nearer the slot; side 1 turns the arc round.
    blocks = [
        (first_slot + batch.arc_slot, above, batch.side[batch.arc_slot]),
        (first_helper + place_helper, batch.helper_component[place_helper], helper_side[place_helper]),
        (batch.slot_component[free], first_slot + free, batch.side[free]),
        (first_slot + link_from, first_slot + link_to, np.zeros(len(link_from), np.int8)),
        (first_pair + pair_ids, above_pair, helper_side[pair_helper[pair_ids]]),
        (first_cap + cap_ids, first_helper + cap_helper[cap_ids], helper_side[cap_helper[cap_ids]]),
    ]
    low, high, turned = (np.concatenate(column) for column in zip(*blocks, strict=True))
    edges = np.cumsum([len(block[0]) for block in blocks]).tolist()
    capacity = np.ones(len(low), np.int64)
    capacity[edges[4] :] = batch.cap_max[cap_ids]
    node_component = np.concatenate(
        [
            np.arange(batch.count),
            batch.slot_component,
            batch.helper_component,
            batch.helper_component[cap_helper],
            batch.helper_component[pair_helper],
        ]
    )
    return Network(
        nodes=first_pair + pairs,
        first_slot=first_slot,
        first_helper=first_helper,
        first_cap=first_cap,
        first_pair=first_pair,
        tail=np.where(turned == 1, high, low),
        head=np.where(turned == 1, low, high),
        capacity=capacity,
        component=node_component[low],
        node_component=node_component,
        helper_side=helper_side,
        place_helper=place_helper,
        place_cost=step_cost(batch.base[place_helper] + place, batch.share[place_helper]),
        free_slot=free,
        bundle_slot=link_from,
        place_arc=edges[0],
        free_arc=edges[1],
        bundle_arc=edges[2],
        pair_arc=edges[3],
        cap_arc=edges[4],
    )


def _links(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the slot on side 1 and the slot on side 0 of every bundle, in order of bundle."""
    bound = np.flatnonzero(batch.net_bundle >= 0)
    bound = bound[np.argsort(batch.net_bundle[bound], kind="stable")]
    before = batch.side[bound] == 1
    return bound[before], bound[~before]


def flow_of(batch: Batch, network: Network, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the circulation, int64[m], that uses these arcs of the batch and each helper's cheapest places."""
    flow = np.zeros(len(network.tail), np.int64)
    is_used = np.zeros(len(batch.arc), dtype=bool)
    is_used[chosen] = True
    flow[: network.place_arc] = is_used
    load = np.bincount(batch.arc_helper[chosen], minlength=len(batch.helper))
    first = np.searchsorted(network.place_helper, np.arange(len(batch.helper)))
    place = np.arange(len(network.place_helper)) - first[network.place_helper]
    flow[network.place_arc : network.free_arc] = place < load[network.place_helper]
    is_filled = np.zeros(len(batch.slot), np.int64)
    is_filled[batch.arc_slot[chosen]] = 1
    flow[network.free_arc : network.bundle_arc] = is_filled[network.free_slot]
    flow[network.bundle_arc : network.pair_arc] = is_filled[network.bundle_slot]
    pair, cap = batch.net_pair[chosen], batch.arc_cap[chosen]
    in_pair = np.bincount(pair[pair >= 0], minlength=len(batch.pair_cap))
    in_cap = np.bincount(cap[cap >= 0], minlength=len(batch.cap))
    pair_end, cap_end = _own_node(network, network.pair_arc, network.cap_arc), _own_node(network, network.cap_arc, None)
    flow[network.pair_arc : network.cap_arc] = in_pair[pair_end - network.first_pair]
    flow[network.cap_arc :] = in_cap[cap_end - network.first_cap]
    return flow


def _own_node(network: Network, begin: int, end: int | None) -> NDArray[np.int64]:
    """Give the pair or cap node of such arcs: it is numbered above whatever it leads to."""
    return np.maximum(network.tail[begin:end], network.head[begin:end])


def chosen_arcs(network: Network, flow: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the batch's arcs that carry flow."""
    return np.flatnonzero(flow[: network.place_arc] > 0)


def arc_costs(network: Network, weight: NDArray[np.int64], load_scale: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Cost every arc for one stage, int64[m], to be made small.

    Args:
        weight: int64[e], worth of each arc of the batch; load_scale: int64[c], cost of one unit of load_squares.
    """
    cost = np.zeros(len(network.tail), np.int64)
    cost[: network.place_arc] = -weight
    places_at = slice(network.place_arc, network.free_arc)
    cost[places_at] = load_scale[network.component[places_at]] * network.place_cost
    return cost


SHARE_LOOKED_AT = 8
"""Where prices are nearly known, an eighth of the arcs mostly settles them all."""


class NetworkRefused(RuntimeError):
    """The flow solver gave no answer; its numbers were too large or it is at fault."""


class NotOptimal(RuntimeError):
    """A flow handed over as optimal is not; a fault in this code, never in the input."""


def improve(network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64]) -> None:
    """
    Move a circulation to its optimum, in place.

    Args:
        cost: int64[m]; flow: int64[m], any circulation within the capacities; at: arcs that may change.

    Raises:
        NetworkRefused: the costs were beyond the solver's range.
    """
    room, used = network.capacity[at] - flow[at], flow[at]
    forward, backward = np.flatnonzero(room > 0), np.flatnonzero(used > 0)
    tail = np.concatenate([network.tail[at[forward]], network.head[at[backward]]])
    head = np.concatenate([network.head[at[forward]], network.tail[at[backward]]])
    ends = np.concatenate([tail, head])
    # Sorting the ends would cost a quarter of the solve; marking the nodes costs nearly nothing.
    is_there = np.zeros(network.nodes, dtype=bool)
    is_there[ends] = True
    number = np.cumsum(is_there, dtype=np.int32) - np.int32(1)
    ends = number[ends]
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        ends[: len(tail)],
        ends[len(tail) :],
        np.concatenate([room[forward], used[backward]]),
        np.concatenate([cost[at[forward]], -cost[at[backward]]]),
    )
    nodes = int(is_there.sum())
    solver.set_nodes_supplies(np.arange(nodes, dtype=np.int32), np.zeros(nodes, np.int64))
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise NetworkRefused(f"the flow solver answered {status}")
    change = solver.flows(np.arange(len(tail), dtype=np.int32))
    flow[at[forward]] += change[: len(forward)]
    flow[at[backward]] -= change[len(forward) :]


def potentials(
    network: Network,
    cost: NDArray[np.int64],
    flow: NDArray[np.int64],
    at: NDArray[np.int64],
    guess: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """
    Price the nodes so that no arc of an optimal flow could be improved: shortest distances in the residual network.

    Args:
        at: the arcs that count; the flow must be optimal on them.
        guess: int64[n], prices near which the distances lie; they decide the speed, never the answer.

    Returns:
        int64[n], 0 at every root.

    Raises:
        NotOptimal: a cycle could still be improved.
    """
    price = np.zeros(network.nodes, np.int64)
    is_in = np.ones(len(at), dtype=bool) if guess is None else _near(network, cost, flow, at, guess)
    while True:
        _settle(network, cost, flow, at[is_in], price)
        if is_in.all():
            break
        # What was left aside is looked at once settled; most of it never mattered.
        missed = _pays(network, cost, flow, at, price)
        if not missed.any():
            break
        is_in |= missed
    return price - price[network.node_component]


def _near(
    network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64], guess: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell the arcs in use, and of the others a share: those that come nearest to being worth it."""
    if not len(at):
        return np.zeros(0, dtype=bool)
    reduced = cost[at] + guess[network.tail[at]] - guess[network.head[at]]
    most = min(len(at) // SHARE_LOOKED_AT, len(at) - 1)
    return np.asarray((flow[at] > 0) | (reduced <= np.partition(reduced, most)[most]))


def _pays(
    network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64], price: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell the arcs with room along which a price could be lowered."""
    reduced = cost[at] + price[network.tail[at]] - price[network.head[at]]
    return np.asarray((reduced < 0) & (flow[at] < network.capacity[at]))


def _settle(
    network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64], price: NDArray[np.int64]
) -> None:
    """Lower prices, in place, until no arc could be improved; the best flow needs no more rounds than nodes."""
    forward = at[flow[at] < network.capacity[at]]
    backward = at[flow[at] > 0]
    tail = np.concatenate([network.tail[forward], network.head[backward]]).astype(np.int32)
    order = np.argsort(tail, kind="stable")
    tail = tail[order]
    head = np.concatenate([network.head[forward], network.tail[backward]])[order]
    length = np.concatenate([cost[forward], -cost[backward]])[order]
    begin = np.searchsorted(tail, np.arange(network.nodes + 1, dtype=np.int32))
    has_moved = np.zeros(network.nodes, dtype=bool)
    active = np.arange(len(tail))
    for _ in range(network.nodes + 2):
        ends = head[active]
        reached = price[tail[active]] + length[active]
        lower = np.flatnonzero(reached < price[ends])
        if not len(lower):
            return
        np.minimum.at(price, ends[lower], reached[lower])
        has_moved[:] = False
        has_moved[ends[lower]] = True
        moved = np.flatnonzero(has_moved)
        active = ranges(begin[moved], begin[moved + 1] - begin[moved])
    raise NotOptimal("prices do not settle")


def tied(
    network: Network,
    cost: NDArray[np.int64],
    price: NDArray[np.int64],
    at: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Give those of the arcs that optimal flows may use differently: their reduced cost is 0."""
    reduced = cost[at] + price[network.tail[at]] - price[network.head[at]]
    return np.asarray(at[reduced == 0])


def movable(network: Network, flow: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give those of the arcs that lie on a cycle of the residual network, the only ones whose flow can change."""
    has_room, has_flow = flow[at] < network.capacity[at], flow[at] > 0
    forward, backward = at[has_room], at[has_flow]
    tail = np.concatenate([network.tail[forward], network.head[backward]])
    head = np.concatenate([network.head[forward], network.tail[backward]])
    label = strong_components(network.nodes, tail, head)
    on_cycle = label[network.tail[at]] == label[network.head[at]]
    return np.asarray(at[on_cycle])
