"""What the proofs speak about: arcs the locks leave free, places, caps, bundles and groups left, and what is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from matching.core.tiers import shares, step_cost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.problem import MatchingProblem


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """
    A problem beside one answer.

    Args:
        problem: arcs in order. components: C.
        free: positions of the arcs the locks leave open, e of them; is_used: bool[e].
        slot_component: int32[S]; helper_component: int64[H]; -1 = none.
        bundle: int64[S], numbered from 0 (a slot of its own included); bundle_filled: bool per bundle, and its
            component; is_bound: bool per bundle, it joins several slots.
        group: int64[S], the group that binds each slot, or -1.
        place_helper, place_cost, is_place_used: per place left that could be used.
        arc_cap: int64[e] or None; cap_left, cap_used: int64[K], beside the locks.
        torn: components that share a helper or a group, or have free arcs outside all components.
    """

    problem: MatchingProblem
    components: int
    free: NDArray[np.int64]
    is_used: NDArray[np.bool_]
    slot_component: NDArray[np.int32]
    helper_component: NDArray[np.int64]
    bundle: NDArray[np.int64]
    bundle_filled: NDArray[np.bool_]
    bundle_component: NDArray[np.int64]
    is_bound: NDArray[np.bool_]
    group: NDArray[np.int64]
    place_helper: NDArray[np.int64]
    place_cost: NDArray[np.int64]
    is_place_used: NDArray[np.bool_]
    arc_cap: NDArray[np.int64] | None
    cap_left: NDArray[np.int64]
    cap_used: NDArray[np.int64]
    limit_left: NDArray[np.int64]
    torn: NDArray[np.int64]

    def component_of(self, arcs: NDArray[np.int64]) -> NDArray[np.int32]:
        """Give the component of arcs of the problem."""
        return self.slot_component[self.problem.arc_slot[arcs]]


def set_scene(
    problem: MatchingProblem, chosen: NDArray[np.int64], slot_component: NDArray[np.int32], components: int
) -> Scene:
    """
    Work out what was open to decision, from the problem and its locks alone.

    Args:
        chosen: arcs used; slot_component: int32[S], the partition the proof claims.
    """
    locked = np.flatnonzero(problem.arc_locked)
    held = np.bincount(problem.arc_helper[locked], minlength=problem.helpers)
    limit_left = problem.helper_limit - held
    caps = _caps(problem)
    cap_held = _tally(caps, locked, len(problem.cap_max))
    cap_left = problem.cap_max - cap_held
    bundle, is_bound = _bundles(problem)
    is_free = _free(problem, limit_left, caps, cap_left)
    group = _groups(problem)
    is_free = _possible_only(problem, is_free, bundle, is_bound, group)
    free = np.flatnonzero(is_free)
    group = _asking(problem, free, group)
    is_chosen = np.zeros(problem.arcs, dtype=bool)
    is_chosen[chosen] = True
    is_filled = np.zeros(problem.slots, dtype=bool)
    is_filled[problem.arc_slot[chosen]] = True
    helper_component, torn = _helper_components(problem, free, slot_component)
    torn = np.union1d(torn, _torn_groups(problem, free, group, slot_component))
    bundle_filled, bundle_component = np.zeros(len(is_bound), dtype=bool), np.full(len(is_bound), -1, np.int64)
    bundle_filled[bundle], bundle_component[bundle] = is_filled, slot_component
    place_helper, place = _places(problem, free, limit_left)
    load = np.bincount(problem.arc_helper[chosen], minlength=problem.helpers) - held
    return Scene(
        problem=problem,
        components=components,
        free=free,
        is_used=is_chosen[free],
        slot_component=slot_component,
        helper_component=helper_component,
        bundle=bundle,
        bundle_filled=bundle_filled,
        bundle_component=bundle_component,
        is_bound=is_bound,
        group=group,
        place_helper=place_helper,
        place_cost=step_cost(held[place_helper] + place, shares(problem)[place_helper]),
        is_place_used=place <= load[place_helper],
        arc_cap=None if caps is None else caps[free],
        cap_left=cap_left,
        cap_used=_tally(caps, chosen, len(problem.cap_max)) - cap_held,
        limit_left=limit_left,
        torn=torn,
    )


def _caps(problem: MatchingProblem) -> NDArray[np.int64] | None:
    """Look up every arc's (helper, scheme) among the caps, int64[E], -1 where none; None without any caps."""
    if not len(problem.cap_helper):
        return None
    named = problem.cap_helper.astype(np.int64) << 32 | problem.cap_scheme
    order = np.argsort(named, kind="stable")
    wanted = problem.arc_helper.astype(np.int64) << 32 | problem.slot_scheme[problem.arc_slot]
    found = order[np.minimum(np.searchsorted(named[order], wanted), len(named) - 1)]
    return np.where(named[found] == wanted, found, -1)


def _tally(caps: NDArray[np.int64] | None, arcs: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    if caps is None:
        return np.zeros(size, np.int64)
    mine = caps[arcs]
    return np.bincount(mine[mine >= 0], minlength=size)


def _bundles(problem: MatchingProblem) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Number the bundles that bind; every other slot is a bundle of its own."""
    is_locked = np.zeros(problem.slots, dtype=bool)
    is_locked[problem.arc_slot[problem.arc_locked]] = True
    names, group, size = np.unique(problem.slot_bundle, return_inverse=True, return_counts=True)
    has_lock = np.bincount(group, weights=is_locked, minlength=len(names)) > 0
    binds = (problem.slot_bundle >= 0) & (size[group] > 1) & ~has_lock[group]
    own = np.arange(problem.slots) + len(names)
    _, bundle = np.unique(np.where(binds, group, own), return_inverse=True)
    is_bound = np.zeros(int(bundle.max(initial=-1)) + 1, dtype=bool)
    is_bound[bundle[binds]] = True
    return bundle.astype(np.int64), is_bound


def _free(
    problem: MatchingProblem,
    limit_left: NDArray[np.int64],
    caps: NDArray[np.int64] | None,
    cap_left: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Flag the arcs that could be used beside the locks, bool[E]."""
    has_place = limit_left > 0
    is_free = has_place[problem.arc_helper] if not has_place.all() else np.ones(problem.arcs, dtype=bool)
    if caps is not None:
        is_free &= (caps < 0) | (cap_left[caps] > 0)
    locked = np.flatnonzero(problem.arc_locked)
    if not len(locked):
        return is_free
    is_filled = np.zeros(problem.slots, dtype=bool)
    is_filled[problem.arc_slot[locked]] = True
    is_free &= ~is_filled[problem.arc_slot]
    child = problem.slot_child[problem.arc_slot[locked]].astype(np.int64)
    # A second place of one person with one child needs a child some of whose places are locked.
    has_lock = np.isin(problem.slot_child, child)
    asked = np.flatnonzero(is_free & has_lock[problem.arc_slot])
    own = problem.slot_child[problem.arc_slot[asked]].astype(np.int64) << 32 | problem.arc_helper[asked]
    is_free[asked] = ~np.isin(own, child << 32 | problem.arc_helper[locked])
    return is_free


def _whole_bundles_only(
    problem: MatchingProblem, is_free: NDArray[np.bool_], bundle: NDArray[np.int64], is_bound: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Take out the arcs of bundles one slot of which has no arc left."""
    if not is_bound.any():
        return is_free
    has_arc = np.zeros(problem.slots, dtype=bool)
    has_arc[problem.arc_slot[is_free]] = True
    is_hopeless = np.bincount(bundle, weights=~has_arc, minlength=len(is_bound)) > 0
    return np.asarray(is_free & ~(is_hopeless & is_bound)[bundle][problem.arc_slot])


def _groups(problem: MatchingProblem) -> NDArray[np.int64]:
    """Give the group of each slot no lock fills, unless a locked pair meets it, int64[S], -1 for none."""
    if problem.slot_group is None or problem.arc_meets is None:
        return np.full(problem.slots, -1, np.int64)
    names, number = np.unique(problem.slot_group, return_inverse=True)
    is_done = names < 0
    is_done[number[problem.arc_slot[problem.arc_locked & problem.arc_meets]]] = True
    is_done = is_done[number]
    is_done[problem.arc_slot[problem.arc_locked]] = True
    return np.where(is_done, -1, number).astype(np.int64)


def _possible_only(
    problem: MatchingProblem,
    is_free: NDArray[np.bool_],
    bundle: NDArray[np.int64],
    is_bound: NDArray[np.bool_],
    group: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Take out, again and again, the arcs that some bundle or group makes impossible."""
    while True:
        count = np.count_nonzero(is_free)
        is_free = _whole_bundles_only(problem, is_free, bundle, is_bound)
        is_free = _beside_somebody_who_meets(problem, is_free, group)
        if np.count_nonzero(is_free) == count:
            return is_free


def _beside_somebody_who_meets(
    problem: MatchingProblem, is_free: NDArray[np.bool_], group: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Take out an arc that does not meet its group if all that do are of its own slot."""
    if problem.arc_meets is None or not (group >= 0).any():
        return is_free
    meeting = problem.arc_slot[is_free & problem.arc_meets & (group >= 0)[problem.arc_slot]]
    by_group = np.bincount(group[meeting], minlength=int(group.max()) + 1)
    by_slot = np.bincount(meeting, minlength=problem.slots)
    is_alone = (group >= 0) & (by_group[group] == by_slot)
    return np.asarray(is_free & (problem.arc_meets | ~is_alone[problem.arc_slot]))


def _asking(problem: MatchingProblem, free: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keep the groups that some free arc does not meet; the others ask for nothing."""
    if problem.arc_meets is None:
        return group
    asking = group[problem.arc_slot[free[~problem.arc_meets[free]]]]
    return np.where(np.isin(group, asking), group, -1)


def _torn_groups(
    problem: MatchingProblem,
    free: NDArray[np.int64],
    group: NDArray[np.int64],
    slot_component: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Give the components that have only a part of some group's free arcs."""
    if not (group >= 0).any():
        return np.zeros(0, np.int64)
    slots = np.unique(problem.arc_slot[free])
    slots = slots[group[slots] >= 0]
    of_group = np.full(int(group.max()) + 1, -1, np.int64)
    of_group[group[slots]] = slot_component[slots]
    return np.asarray(slot_component[slots[of_group[group[slots]] != slot_component[slots]]], np.int64)


def _helper_components(
    problem: MatchingProblem, free: NDArray[np.int64], slot_component: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each helper the component of its free arcs, and the components that are none."""
    is_whole = len(free) == problem.arcs
    component = slot_component[problem.arc_slot if is_whole else problem.arc_slot[free]]
    helper = problem.arc_helper if is_whole else problem.arc_helper[free]
    of_helper = np.full(problem.helpers, -1, np.int64)
    of_helper[helper] = component
    torn = component[(of_helper[helper] != component) | (component < 0)]
    return of_helper, np.unique(torn).astype(np.int64)


def _places(
    problem: MatchingProblem, free: NDArray[np.int64], limit_left: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the places that could be used: (helper, number from 1)."""
    count = np.minimum(np.maximum(limit_left, 0), np.bincount(problem.arc_helper[free], minlength=problem.helpers))
    helper = np.repeat(np.arange(problem.helpers), count)
    return helper, np.arange(len(helper)) - np.repeat(np.cumsum(count) - count, count) + 1
