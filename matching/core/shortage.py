"""Find, for the open slots of a batch, the sets of slots whose helpers have too few places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.graphs import components
from matching.core.network import Network, build_network, flow_of
from matching.core.stages import places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.parts import Batch


def batch_certificates(batch: Batch, chosen: NDArray[np.int64]) -> list[dict[str, Any]]:
    """
    Certify every open slot of the batch.

    Args:
        chosen: the batch's arcs in use.
    """
    is_open = np.ones(len(batch.slot), dtype=bool)
    is_open[batch.arc_slot[chosen]] = False
    if not is_open.any():
        return []
    is_single = ~batch.is_relaxed
    is_single[batch.slot_component[batch.bundle >= 0]] = False
    single_open = is_open & is_single[batch.slot_component]
    found = _by_cut(batch, chosen, single_open) if single_open.any() else []
    return found + _by_closure(batch, chosen, is_open & ~single_open)


def _by_cut(batch: Batch, chosen: NDArray[np.int64], is_open: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """State the tight sets of single slots: what the open slots reach in the residual network, cut where it is full."""
    network = build_network(batch)
    flow = flow_of(batch, network, chosen)
    start = network.first_slot + np.flatnonzero(is_open)
    inside = np.arange(len(network.tail))
    inside = inside[(inside < network.place_arc) | (inside >= network.pair_arc)]
    reached = _reach(network, flow, inside, start)
    joined = inside[reached[network.tail[inside]] & reached[network.head[inside]]]
    label = components(network.nodes, network.tail[joined], network.head[joined])
    outward = reached[network.tail] & ~reached[network.head]
    outward[network.free_arc : network.bundle_arc] = False
    room = np.bincount(label[network.tail[outward]], weights=network.capacity[outward], minlength=network.nodes)
    groups = label[network.first_slot : network.first_helper]
    return [
        _state(batch, is_open, slots, helpers, int(room[key]), "shortage")
        for key, slots, helpers in _members(network, reached, label, np.unique(groups[is_open]))
    ]


def _members(
    network: Network, reached: NDArray[np.bool_], label: NDArray[np.integer[Any]], keys: NDArray[np.int64]
) -> list[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """List (label, slots, helpers) of each wanted label among the reached nodes."""
    slots = network.first_slot + np.flatnonzero(reached[network.first_slot : network.first_helper])
    # A helper under a full cap or pair is not reached, yet is part of the reason: name it by the node below it.
    below = np.flatnonzero(reached[network.tail] & ~np.isin(network.tail, slots))
    below = below[(below < network.place_arc) | (below >= network.pair_arc)]
    nodes = np.unique(np.concatenate([np.flatnonzero(reached), network.head[below]]))
    helpers = nodes[(nodes >= network.first_helper) & (nodes < network.first_cap)]
    owner = label.copy()
    owner[network.head[below]] = np.where(
        reached[network.head[below]], label[network.head[below]], label[network.tail[below]]
    )
    return [
        (
            int(key),
            slots[label[slots] == key] - network.first_slot,
            helpers[owner[helpers] == key] - network.first_helper,
        )
        for key in keys
    ]


def _reach(
    network: Network, flow: NDArray[np.int64], at: NDArray[np.int64], start: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Flag the nodes that residual arcs among `at` lead to, bool[n]."""
    forward, backward = at[flow[at] < network.capacity[at]], at[flow[at] > 0]
    tail = np.concatenate([network.tail[forward], network.head[backward]])
    head = np.concatenate([network.head[forward], network.tail[backward]])
    reached = np.zeros(network.nodes, dtype=bool)
    reached[start] = True
    left = np.arange(len(tail))
    while True:
        here = reached[tail[left]]
        new = head[left[here]]
        if reached[new].all():
            return reached
        reached[new] = True
        left = left[~here]


def _by_closure(batch: Batch, chosen: NDArray[np.int64], is_open: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """
    Describe the sets around open slots that bundles, groups or crossing rules tie together.

    Such a set holds the open slots, everyone eligible for them, the slots these people fill, and so on; the numbers say
    how many places the set has, not that no other choice within it could be better (the proof says that).
    """
    if not is_open.any():
        return []
    slots, helpers = is_open.copy(), np.zeros(len(batch.helper), dtype=bool)
    while True:
        before = int(slots.sum() + helpers.sum())
        bundles = batch.bundle[slots & (batch.bundle >= 0)]
        slots |= np.isin(batch.bundle, bundles) & (batch.bundle >= 0)
        slots |= np.isin(batch.group, batch.group[slots]) & (batch.group >= 0)
        helpers[batch.arc_helper[slots[batch.arc_slot]]] = True
        slots[batch.arc_slot[chosen[helpers[batch.arc_helper[chosen]]]]] = True
        if int(slots.sum() + helpers.sum()) == before:
            break
    count = len(batch.slot)
    inside = np.flatnonzero(slots[batch.arc_slot])
    tail, head = batch.arc_slot[inside], count + batch.arc_helper[inside]
    for key in (batch.bundle, batch.group):
        bound = np.flatnonzero(slots & (key >= 0))
        order = bound[np.argsort(key[bound], kind="stable")]
        pairs = np.flatnonzero(np.diff(key[order]) == 0)
        tail, head = np.concatenate([tail, order[pairs]]), np.concatenate([head, order[pairs + 1]])
    label = components(count + len(helpers), tail, head)
    room = _room_within(batch, inside)
    found = []
    for number in np.unique(label[:count][is_open]):
        mine = np.flatnonzero(slots & (label[:count] == number))
        theirs = np.flatnonzero(helpers & (label[count:] == number))
        is_bundled = (batch.bundle[mine] >= 0).any() and not (batch.group[mine] >= 0).any()
        kind = "bundle" if is_bundled else "joint"
        found.append(_state(batch, is_open, mine, theirs, int(room[theirs].sum()), kind))
    return found


def _room_within(batch: Batch, arcs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give how many places each helper has for what some arcs ask for, their caps by scheme counted, int64[h]."""
    helper, cap = batch.arc_helper[arcs], batch.arc_cap[arcs]
    capped = np.flatnonzero(cap >= 0)
    keys, first, count = np.unique(cap[capped], return_index=True, return_counts=True)
    room = np.bincount(helper[cap < 0], minlength=len(batch.helper))
    np.add.at(room, helper[capped][first], np.minimum(batch.cap_max[keys], count))
    return np.minimum(places(batch), room)


def _state(
    batch: Batch,
    is_open: NDArray[np.bool_],
    slots: NDArray[np.int64],
    helpers: NDArray[np.int64],
    room: int,
    kind: str,
) -> dict[str, Any]:
    left = slots[is_open[slots]]
    return {
        "slots": batch.slot[slots].tolist(),
        "helpers": batch.helper[helpers].tolist(),
        "open": batch.slot[left].tolist(),
        "places": room,
        "needed": len(slots),
        "short": len(left),
        "levels": np.unique(batch.level[left]).tolist(),
        "kind": kind,
    }
