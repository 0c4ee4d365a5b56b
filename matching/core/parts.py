"""
Cut the free part of a problem into components, and gather them in batches of contiguous columns.

A component is a set of slots and helpers joined by arcs, bundles and groups; nothing in one touches another, and every
tier is a sum over components. Costs grow with the square of a component at worst, so the cut is where the speed comes
from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.graphs import components
from matching.core.ground import in_order, lay_ground
from matching.core.tiers import shares, turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from matching.core.ground import Ground
    from matching.core.problem import MatchingProblem

ARCS_PER_BATCH = 1_000_000
LARGE_SHARE = 4
"""A component is large from a fourth of a batch on."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """
    The components of a ground.

    Args:
        slot, helper: int32[S], int32[H], the component of each, -1 where nothing is to be decided.
        inner: int32[S], the component by arcs alone, before bundles join them; two slots that differ share no helper.
        count: number of components, C; numbered by their first slot.
    """

    slot: NDArray[np.int32]
    helper: NDArray[np.int32]
    inner: NDArray[np.int32]
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """
    Some whole components, everything renumbered from 0 and standing in order of component.

    Args:
        slot, helper, arc: positions in the problem; cap: positions of the caps that bind.
        first_slot, first_helper, first_arc: int64[c + 1], where each component begins.
        slot_component, helper_component: int64, which component each belongs to.
        arc_slot, arc_helper, arc_cap, arc_pair: int64[e], ends in local numbers; cap and same-child pair or -1.
        level, turn, bundle, group: per slot; bundle and group in local numbers or -1.
        limit, base, share: per helper: places left, places locked, permille.
        fit, kept, meets: per arc.
        cap_max, pair_cap: places left per local cap; the local cap above each pair or -1.
        is_relaxed: bool[c], the network leaves some rule of the component out; is_plain: nothing but limits to keep.
        net_pair, net_bundle: `arc_pair` and `bundle` as far as the network keeps them, else -1.
        side: int8 per slot, 0 where helpers come after the slot in the network, 1 where they come before.
        first_component: number of the batch's first component.
    """

    slot: NDArray[np.int64]
    helper: NDArray[np.int64]
    arc: NDArray[np.int64]
    cap: NDArray[np.int64]
    first_slot: NDArray[np.int64]
    first_helper: NDArray[np.int64]
    first_arc: NDArray[np.int64]
    slot_component: NDArray[np.int64]
    helper_component: NDArray[np.int64]
    arc_slot: NDArray[np.int64]
    arc_helper: NDArray[np.int64]
    arc_cap: NDArray[np.int64]
    arc_pair: NDArray[np.int64]
    level: NDArray[np.int8]
    turn: NDArray[np.int8]
    bundle: NDArray[np.int64]
    group: NDArray[np.int64]
    child: NDArray[np.int64]
    limit: NDArray[np.int64]
    base: NDArray[np.int64]
    share: NDArray[np.int64]
    fit: NDArray[np.int16]
    kept: NDArray[np.bool_]
    meets: NDArray[np.bool_]
    cap_max: NDArray[np.int64]
    pair_cap: NDArray[np.int64]
    net_pair: NDArray[np.int64]
    net_bundle: NDArray[np.int64]
    is_relaxed: NDArray[np.bool_]
    is_plain: NDArray[np.bool_]
    side: NDArray[np.int8]
    first_component: int

    @property
    def count(self) -> int:
        """Number of components in the batch."""
        return len(self.first_slot) - 1


def split(ground: Ground) -> Split:
    """Find the components."""
    problem = ground.problem
    if not len(ground.arc):
        nobody = np.full(problem.slots, -1, np.int32)
        return Split(nobody, np.full(problem.helpers, -1, np.int32), nobody, 0)
    is_whole = len(ground.arc) == problem.arcs
    slot = problem.arc_slot if is_whole else problem.arc_slot[ground.arc]
    helper = problem.arc_helper if is_whole else problem.arc_helper[ground.arc]
    first = np.full(problem.slots, -1, np.int32)
    begin = np.flatnonzero(np.concatenate([[True], slot[1:] != slot[:-1]]))
    first[slot[begin]] = helper[begin]
    label = _helper_labels(first[slot], helper, problem.helpers)
    inner = np.where(first >= 0, label[first], -1).astype(np.int32)
    outer = _joined(_joined(inner, ground.bundle), ground.group)
    return _largest_last(_numbered(inner, outer, label, helper, problem.helpers), slot)


def _largest_last(parts: Split, arc_slot: NDArray[np.int32]) -> Split:
    """Let the components that fill much of a batch come last: what is hard must not keep the easy ones waiting."""
    arcs = np.bincount(parts.slot[arc_slot], minlength=parts.count)
    is_large = arcs > ARCS_PER_BATCH // LARGE_SHARE
    if not is_large.any() or is_large.all():
        return parts
    order = np.lexsort((np.arange(parts.count), np.where(is_large, arcs, 0)))
    number = np.full(parts.count + 1, -1, np.int32)
    number[order] = np.arange(parts.count, dtype=np.int32)
    return replace(parts, slot=number[parts.slot], helper=number[parts.helper])


def _helper_labels(first: NDArray[np.int32], helper: NDArray[np.int32], helpers: int) -> NDArray[np.int32]:
    """
    Label the helpers that chains of slots join.

    Most helpers of a component share a slot with its smallest; a graph of one edge per helper settles nearly all, and
    only the arcs that still cross are looked at again.

    Args:
        first, helper: per arc, its slot's first helper and its own.
    """
    smallest = np.arange(helpers, dtype=np.int32)
    np.minimum.at(smallest, helper, first)
    label = components(helpers, np.arange(helpers), smallest)
    crossing = np.flatnonzero(label[first] != label[helper])
    ends = np.concatenate([np.arange(helpers), helper[crossing]]), np.concatenate([smallest, first[crossing]])
    return components(helpers, *ends) if len(crossing) else label


def _joined(inner: NDArray[np.int32], key: NDArray[np.int64]) -> NDArray[np.int32]:
    """Give each slot one label among all components that slots of equal key >= 0 join, -1 kept."""
    bound = np.flatnonzero((key >= 0) & (inner >= 0))
    if not len(bound):
        return inner
    first, second = _neighbours(key[bound])
    size = int(inner.max()) + 1
    ends = (inner[bound[first]], inner[bound[second]])
    label = components(size, *ends)
    return np.where(inner >= 0, label[inner], -1).astype(np.int32)


def _neighbours(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair up consecutive entries of equal key."""
    order = np.argsort(key, kind="stable")
    equal = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    return order[equal], order[equal + 1]


def _numbered(
    inner: NDArray[np.int32],
    outer: NDArray[np.int32],
    helper_label: NDArray[np.int32],
    arc_helper: NDArray[np.int32],
    helpers: int,
) -> Split:
    """Number the components by their first slot, and give the helpers with arcs theirs."""
    busy = np.flatnonzero(outer >= 0)
    labels, first = np.unique(outer[busy], return_index=True)
    number = np.full(int(labels.max(initial=-1)) + 1, -1, np.int32)
    number[labels[np.argsort(first)]] = np.arange(len(labels), dtype=np.int32)
    slot = np.full(len(outer), -1, np.int32)
    slot[busy] = number[outer[busy]]
    helper = np.full(helpers, -1, np.int32)
    used = np.flatnonzero(np.bincount(arc_helper, minlength=helpers))
    to_outer = np.full(int(inner.max(initial=-1)) + 1, -1, np.int32)
    to_outer[inner[busy]] = slot[busy]
    helper[used] = to_outer[helper_label[used]]
    return Split(slot, helper, inner, len(labels))


class Layout:
    """
    A problem cut up, each step taken once it is asked for: solving and explaining want the same.

    Args:
        problem: locks free of conflict once anything is asked for.
    """

    def __init__(self, problem: MatchingProblem) -> None:
        self.problem = in_order(problem)
        self._only: Batch | None = None

    @cached_property
    def ground(self) -> Ground:
        """What is left to decide."""
        return lay_ground(self.problem)

    @cached_property
    def parts(self) -> Split:
        """Its components."""
        return split(self.ground)

    def batches(self) -> Iterator[Batch]:
        """Gather them, in order; a batch that is the only one is kept, of several none is."""
        if self._only is not None:
            yield self._only
            return
        is_only = len(self.ground.arc) <= ARCS_PER_BATCH
        for batch in batches(self.ground, self.parts):
            self._only = batch if is_only else None
            yield batch


def largest_component(ground: Ground, parts: Split) -> int:
    """Count the arcs of the largest component."""
    per_slot = np.bincount(ground.problem.arc_slot[ground.arc], minlength=ground.problem.slots)
    busy = np.flatnonzero(parts.slot >= 0)
    return int(np.bincount(parts.slot[busy], weights=per_slot[busy]).max(initial=0))


def batches(ground: Ground, parts: Split) -> Iterator[Batch]:
    """Gather the components, in order, in batches of about `ARCS_PER_BATCH` arcs."""
    problem = ground.problem
    slots = np.flatnonzero(parts.slot >= 0)
    slots = slots[np.argsort(parts.slot[slots], kind="stable")]
    helpers = np.flatnonzero(parts.helper >= 0)
    helpers = helpers[np.argsort(parts.helper[helpers], kind="stable")]
    arc_slot = problem.arc_slot[ground.arc]
    begin = np.searchsorted(arc_slot, np.arange(problem.slots + 1, dtype=arc_slot.dtype))
    count = np.diff(begin)
    numbers = np.arange(parts.count + 1)
    slot_edges = np.searchsorted(parts.slot[slots], numbers)
    helper_edges = np.searchsorted(parts.helper[helpers], numbers)
    arc_edges = np.concatenate([[0], np.cumsum(count[slots])])[slot_edges]
    place = np.zeros(problem.helpers, np.int64)
    place[helpers] = np.arange(len(helpers))
    for first, end in _runs(arc_edges):
        mine = slots[slot_edges[first] : slot_edges[end]]
        theirs = helpers[helper_edges[first] : helper_edges[end]]
        free = ranges(begin[mine], count[mine])
        arc = free if len(ground.arc) == problem.arcs else ground.arc[free]
        arc_slot = np.repeat(np.arange(len(mine)), count[mine])
        arc_helper = place[problem.arc_helper[arc]] - helper_edges[first]
        yield _gather(ground, parts, (mine, theirs, free, arc, arc_slot, arc_helper), first, end)


def _runs(edges: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut components 0 .. C into runs that hold about `ARCS_PER_BATCH` arcs, at least one component each."""
    first, last = 0, len(edges) - 1
    while first < last:
        end = int(np.searchsorted(edges, edges[first] + ARCS_PER_BATCH, side="right")) - 1
        end = min(max(end, first + 1), last)
        yield first, end
        first = end


def ranges(begin: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate begin .. begin + count of every entry."""
    ends = np.cumsum(count)
    return np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begin - ends + count, count)


def _gather(
    ground: Ground,
    parts: Split,
    columns: tuple[NDArray[Any], ...],
    first: int,
    end: int,
) -> Batch:
    """
    Copy the columns of components first .. end into one batch.

    Args:
        columns: slots and helpers; then per arc: position among the free arcs, in the problem, local slot and helper.
    """
    problem = ground.problem
    slots, helpers, free, arc, arc_slot, arc_helper = columns
    slot_component = parts.slot[slots].astype(np.int64) - first
    numbers = np.arange(end - first + 1)
    child = problem.slot_child[slots].astype(np.int64)
    caps, arc_cap = _local(None if ground.arc_cap is None else ground.arc_cap[free], len(arc))
    arc_pair = _pairs(parts.inner[slots].astype(np.int64), child, arc_slot, arc_helper, len(helpers))
    bundle = _local(ground.bundle[slots], len(slots))[1]
    group = _local(ground.group[slots], len(slots))[1]
    pair_cap, is_nested = _nest(arc_pair, arc_cap)
    side, is_two_sided = sides(parts.inner[slots].astype(np.int64), bundle)
    arc_component = slot_component[arc_slot]
    is_relaxed, is_one_sided = np.zeros(end - first, dtype=bool), np.zeros(end - first, dtype=bool)
    is_one_sided[slot_component[~is_two_sided]] = True
    is_relaxed[arc_component[~is_nested]] = True
    is_relaxed |= is_one_sided
    net_pair = np.where(is_nested, arc_pair, -1)
    net_bundle = np.where(is_one_sided[slot_component], -1, bundle)
    side[net_bundle < 0] *= ~is_one_sided[slot_component[net_bundle < 0]]
    is_relaxed[slot_component[group >= 0]] = True
    is_plain = ~is_relaxed
    is_plain[slot_component[bundle >= 0]] = False
    is_plain[arc_component[(arc_cap >= 0) | (arc_pair >= 0)]] = False
    return Batch(
        slot=slots,
        helper=helpers,
        arc=arc,
        cap=caps,
        first_slot=np.searchsorted(slot_component, numbers),
        first_helper=np.searchsorted(parts.helper[helpers] - first, numbers),
        first_arc=np.searchsorted(arc_component, numbers),
        slot_component=slot_component,
        helper_component=parts.helper[helpers].astype(np.int64) - first,
        arc_slot=arc_slot,
        arc_helper=arc_helper,
        arc_cap=arc_cap,
        arc_pair=arc_pair,
        level=problem.slot_level[slots],
        turn=turns(problem)[slots],
        bundle=bundle,
        group=group,
        child=child,
        limit=ground.limit[helpers],
        base=ground.base[helpers],
        share=shares(problem)[helpers],
        fit=problem.arc_fit[arc],
        kept=problem.arc_kept[arc],
        meets=np.zeros(len(arc), dtype=bool) if problem.arc_meets is None else problem.arc_meets[arc],
        cap_max=ground.cap[caps],
        pair_cap=pair_cap,
        net_pair=net_pair,
        net_bundle=net_bundle,
        is_relaxed=is_relaxed,
        is_plain=is_plain,
        side=side,
        first_component=first,
    )


def _local(key: NDArray[np.int64] | None, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Renumber keys >= 0 from 0 in ascending order; give the keys and the numbers, -1 kept."""
    number = np.full(size, -1, np.int64)
    if key is None or not (key >= 0).any():
        return np.zeros(0, np.int64), number
    keys, number[key >= 0] = np.unique(key[key >= 0], return_inverse=True)
    return keys, number


def _pairs(
    inner: NDArray[np.int64],
    child: NDArray[np.int64],
    arc_slot: NDArray[np.int64],
    arc_helper: NDArray[np.int64],
    helpers: int,
) -> NDArray[np.int64]:
    """Number the (child, helper) pairs that more than one arc could use, -1 for all other arcs."""
    arc_pair = np.full(len(arc_slot), -1, np.int64)
    # Slots of one child that no chain of arcs joins cannot share a helper: most never need the look-up.
    order = np.lexsort((inner, child))
    same = (child[order[1:]] == child[order[:-1]]) & (inner[order[1:]] == inner[order[:-1]])
    suspect = np.zeros(len(child), dtype=bool)
    suspect[order[1:][same]] = suspect[order[:-1][same]] = True
    if not suspect.any():
        return arc_pair
    arcs = np.flatnonzero(suspect[arc_slot])
    _, number, times = np.unique(
        child[arc_slot[arcs]] * helpers + arc_helper[arcs], return_inverse=True, return_counts=True
    )
    shared = times[number] > 1
    arc_pair[arcs[shared]] = np.unique(number[shared], return_inverse=True)[1]
    return arc_pair


def _nest(arc_pair: NDArray[np.int64], arc_cap: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """
    Find the cap above each pair, and flag the arcs whose pair crosses caps.

    Returns:
        (int64 per pair, the one cap all its arcs stand under or -1; bool per arc, False where the pair crosses).
    """
    paired = np.flatnonzero(arc_pair >= 0)
    pairs = int(arc_pair.max(initial=-1)) + 1
    low, high = np.full(pairs, np.iinfo(np.int64).max), np.full(pairs, -1)
    np.minimum.at(low, arc_pair[paired], arc_cap[paired])
    np.maximum.at(high, arc_pair[paired], arc_cap[paired])
    is_nested = np.ones(len(arc_pair), dtype=bool)
    is_nested[paired] = (low == high)[arc_pair[paired]]
    return np.where(low == high, high, -1), is_nested


def sides(inner: NDArray[np.int64], bundle: NDArray[np.int64]) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """
    Colour the slots so that bundled slots stand on opposite sides and slots that share helpers on the same.

    Args:
        inner: int64[s], component of each slot by arcs alone; bundle: int64[s], -1 or its bundle.

    Returns:
        (int8[s] side 0 or 1, bool[s] False where no colouring exists or the bundle has more than two slots).
    """
    side, fits = np.zeros(len(inner), np.int8), np.ones(len(inner), dtype=bool)
    bound = np.flatnonzero(bundle >= 0)
    if not len(bound):
        return side, fits
    labels, place = np.unique(inner, return_inverse=True)
    size = len(labels)
    left, right = _neighbours(bundle[bound])
    one, other = place[bound[left]], place[bound[right]]
    # Every group stands in the graph twice, once per colour; a group joined to its own other colour has none.
    ends = (np.concatenate([one, one + size]), np.concatenate([other + size, other]))
    label = components(2 * size, *ends)
    side = (label[:size] > label[size:]).astype(np.int8)[place]
    fits = (label[:size] != label[size:])[place]
    crowded = np.bincount(bundle[bound])[bundle[bound]] > 2  # noqa: PLR2004 - a bundle's two sides
    fits[bound[crowded]] = False
    return side, np.asarray(fits)
