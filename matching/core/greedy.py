"""A quick, valid answer for components the time did not reach; nothing is claimed of it but that it breaks no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.parts import Batch

ROUNDS = 12


def greedy(batch: Batch, wanted: NDArray[np.bool_], start: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Fill slots in order of need, each with the kept or else best helper who has a place, a round for all at a time.

    Args:
        wanted: bool[c], the components to fill.
        start: arcs to begin with, keeping limits and caps; what breaks another rule is taken out first.

    Returns:
        Arcs of the batch, keeping limits, caps, one person per child, bundles whole and groups met.
    """
    taken = _sound(batch, start)
    candidates = np.flatnonzero(wanted[batch.slot_component[batch.arc_slot]])
    candidates = candidates[_is_possible(batch, taken, candidates)]
    slot = batch.arc_slot[candidates]
    order = np.lexsort((-batch.fit[candidates], ~batch.kept[candidates], -batch.level[slot], batch.turn[slot]))
    left = candidates[order]
    for _ in range(ROUNDS):
        left = left[_is_possible(batch, taken, left)]
        if not len(left):
            break
        # Whoever does not meet a group waits until somebody who does is there; a group met once stays so.
        ready = left[~np.isin(batch.arc_slot[left], _waiting(batch, taken)) | batch.meets[left]]
        if not len(ready):
            break
        best = ready[np.sort(np.unique(batch.arc_slot[ready], return_index=True)[1])]
        taken = np.concatenate([taken, _accepted(batch, taken, best)])
    return _sound(batch, taken)


def standing(batch: Batch, wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """
    Give the kept arcs of the wanted components that can all stand together, one for each slot, and fill the rest up.

    A component of which less than half stands is left alone: nothing near its best can be made of so little.
    """
    component = batch.slot_component[batch.arc_slot]
    kept = np.flatnonzero(batch.kept & wanted[component])
    first = np.unique(batch.arc_slot[kept], return_index=True)[1]
    stands = _sound(batch, _accepted(batch, kept[:0], kept[first]))
    slots = np.bincount(batch.slot_component, minlength=len(wanted))
    is_begun = 2 * np.bincount(component[stands], minlength=len(wanted)) >= slots
    return greedy(batch, wanted & is_begun, stands[is_begun[component[stands]]])


def _waiting(batch: Batch, taken: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the slots of groups that nobody meets yet."""
    met = np.unique(batch.group[batch.arc_slot[taken[batch.meets[taken]]]])
    return np.flatnonzero((batch.group >= 0) & ~np.isin(batch.group, met))


def _sound(batch: Batch, taken: NDArray[np.int64]) -> NDArray[np.int64]:
    """Take out second places of one person with a child, half bundles and unmet groups, until nothing is left to."""
    pair = batch.arc_pair[taken]
    taken = taken[(pair < 0) | (_rank(pair) == 0)]
    while True:
        whole = _whole_bundles(batch, taken)
        met = whole[~np.isin(batch.arc_slot[whole], unmet_slots(batch, whole))]
        if len(met) == len(taken):
            return met
        taken = met


def unmet_slots(batch: Batch, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the slots filled whose group no arc meets."""
    slot = batch.arc_slot[chosen]
    group = batch.group[slot]
    met = np.unique(group[batch.meets[chosen]])
    return np.asarray(slot[(group >= 0) & ~np.isin(group, met)])


def _is_possible(batch: Batch, taken: NDArray[np.int64], arcs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which arcs could be added to those taken, one at a time."""
    is_filled = np.zeros(len(batch.slot), dtype=bool)
    is_filled[batch.arc_slot[taken]] = True
    possible = ~is_filled[batch.arc_slot[arcs]]
    for number, room in _limits(batch):
        used = np.bincount(number[taken][number[taken] >= 0], minlength=len(room))
        named = np.flatnonzero(number[arcs] >= 0)
        possible[named] &= (used < room)[number[arcs[named]]]
    return possible


def _accepted(batch: Batch, taken: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int64]:
    """Accept, in order, those that keep every limit together with all asked before them."""
    accepted = np.ones(len(asked), dtype=bool)
    for number, room in _limits(batch):
        mine = number[asked]
        used = np.bincount(number[taken][number[taken] >= 0], minlength=len(room))
        named = np.flatnonzero(mine >= 0)
        accepted[named] &= _rank(mine[named]) < (room - used)[mine[named]]
    return asked[accepted]


def _limits(batch: Batch) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Give what each arc counts towards, and how much of it there is."""
    ones = np.ones(len(batch.pair_cap), np.int64)
    return [(batch.arc_helper, batch.limit), (batch.arc_cap, batch.cap_max), (batch.arc_pair, ones)]


def _rank(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count, for each entry, the equal entries before it."""
    order = np.argsort(key, kind="stable")
    first = np.searchsorted(key[order], key[order])
    rank = np.empty(len(key), np.int64)
    rank[order] = np.arange(len(key)) - first
    return rank


def _whole_bundles(batch: Batch, taken: NDArray[np.int64]) -> NDArray[np.int64]:
    is_filled = np.zeros(len(batch.slot), dtype=bool)
    is_filled[batch.arc_slot[taken]] = True
    half = np.unique(batch.bundle[(batch.bundle >= 0) & ~is_filled])
    return taken[~np.isin(batch.bundle[batch.arc_slot[taken]], half)]
