"""What is left to decide once locks are honoured and hopeless arcs are gone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from matching.core.problem import is_sorted
from matching.core.result import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from matching.core.problem import MatchingProblem


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """
    The free part of a problem.

    Args:
        problem: with arcs in order of slot, then helper.
        locked_arc: positions of the locked arcs.
        arc: positions of the arcs still to be decided, ascending.
        limit: int64[H], places left; `base`: int64[H], places the locked pairs fill.
        cap: int64[K], places left under each cap; arc_cap: int64 per free arc, its cap or -1 where none binds.
        bundle: int64[S], -1 where nothing binds: single slots and bundles that hold a locked pair.
        group: int64[S], -1 where nothing binds: no group, a locked pair meets it, or all its free arcs do.
    """

    problem: MatchingProblem
    locked_arc: NDArray[np.int64]
    arc: NDArray[np.int64]
    limit: NDArray[np.int64]
    base: NDArray[np.int64]
    cap: NDArray[np.int64]
    arc_cap: NDArray[np.int64] | None
    bundle: NDArray[np.int64]
    group: NDArray[np.int64]


def in_order(problem: MatchingProblem) -> MatchingProblem:
    """Give the same problem with arcs in order of slot, then helper."""
    if is_sorted(problem):
        return problem
    order = np.lexsort((problem.arc_helper, problem.arc_slot))
    names = ["arc_slot", "arc_helper", "arc_fit", "arc_kept", "arc_locked"]
    names += [] if problem.arc_meets is None else ["arc_meets"]
    return replace(problem, **{name: getattr(problem, name)[order] for name in names})


def lay_ground(problem: MatchingProblem) -> Ground:
    """
    Honour the locks and drop what can never be used.

    Args:
        problem: arcs in order, locks free of conflict.
    """
    locked = np.flatnonzero(problem.arc_locked)
    base = np.bincount(problem.arc_helper[locked], minlength=problem.helpers)
    limit = problem.helper_limit - base
    cap_of_arc, cap = _caps_left(problem, locked)
    bundle = _binding_bundles(problem, locked)
    alive = np.ones(problem.arcs, dtype=bool)
    if len(locked):
        alive &= ~_touches_a_lock(problem, locked)
    if (limit <= 0).any():
        alive &= (limit > 0)[problem.arc_helper]
    if cap_of_arc is not None:
        alive &= (cap_of_arc < 0) | (cap[cap_of_arc] > 0)
    group = groups_left(problem)
    alive = _without_hopeless(problem, bundle, group, alive)
    arc = np.flatnonzero(alive)
    arc_cap = None if cap_of_arc is None else _binding_caps(problem, cap_of_arc[arc], cap, limit)
    return Ground(problem, locked, arc, limit, base, cap, arc_cap, bundle, _binding_groups(problem, group, alive))


def cap_of_arcs(problem: MatchingProblem) -> NDArray[np.int64] | None:
    """Give each arc's cap, int64[E], -1 where none; None when there are no caps at all."""
    if not len(problem.cap_helper):
        return None
    width = int(max(problem.cap_scheme.max(), problem.slot_scheme.max(initial=0))) + 1
    key = problem.cap_helper.astype(np.int64) * width + problem.cap_scheme
    order = np.argsort(key)
    wanted = problem.arc_helper.astype(np.int64) * width + problem.slot_scheme[problem.arc_slot]
    place = order[np.minimum(np.searchsorted(key, wanted, sorter=order), len(key) - 1)]
    return np.where(key[place] == wanted, place, -1)


def conflicts_of(problem: MatchingProblem) -> tuple[Conflict, ...]:
    """Name the locked pairs that break a limit, a cap, one person per child, or one helper per slot."""
    locked = np.flatnonzero(problem.arc_locked)
    slot, helper = problem.arc_slot[locked].astype(np.int64), problem.arc_helper[locked].astype(np.int64)
    held = np.bincount(helper, minlength=problem.helpers)
    found = list(_groups("limit", helper, held[helper] > problem.helper_limit[helper], slot, helper))
    caps = cap_of_arcs(problem)
    if caps is not None:
        cap = caps[locked]
        used = np.bincount(cap[cap >= 0], minlength=len(problem.cap_max))
        over = (cap >= 0) & (used[cap] > problem.cap_max[cap])
        found += _groups("scheme_cap", cap, over, slot, helper)
    pair = problem.slot_child[slot].astype(np.int64) * problem.helpers + helper
    found += _groups("same_person", pair, _is_shared(pair), slot, helper)
    found += _groups("one_per_slot", slot, _is_shared(slot), slot, helper)
    return tuple(found)


def _groups(
    rule: str, key: NDArray[np.int64], bad: NDArray[np.bool_], slot: NDArray[np.int64], helper: NDArray[np.int64]
) -> Iterator[Conflict]:
    for one in np.unique(key[bad]).tolist():
        mine = key == one
        yield Conflict(rule, tuple(np.unique(slot[mine]).tolist()), tuple(np.unique(helper[mine]).tolist()))


def _is_shared(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    _, group, times = np.unique(key, return_inverse=True, return_counts=True)
    return np.asarray(times[group] > 1)


def _caps_left(
    problem: MatchingProblem, locked: NDArray[np.int64]
) -> tuple[NDArray[np.int64] | None, NDArray[np.int64]]:
    caps = cap_of_arcs(problem)
    if caps is None:
        return None, np.zeros(0, np.int64)
    held = caps[locked]
    return caps, problem.cap_max - np.bincount(held[held >= 0], minlength=len(problem.cap_max))


def _binding_bundles(problem: MatchingProblem, locked: NDArray[np.int64]) -> NDArray[np.int64]:
    """Leave out bundles of one slot and those a locked pair has set free."""
    bundle = problem.slot_bundle.astype(np.int64)
    freed = np.unique(bundle[problem.arc_slot[locked]])
    bound = np.flatnonzero(bundle >= 0)
    if len(freed):
        bound = bound[~np.isin(bundle[bound], freed)]
    _, group, size = np.unique(bundle[bound], return_inverse=True, return_counts=True)
    result = np.full(problem.slots, -1, np.int64)
    several = size[group] > 1
    result[bound[several]] = bundle[bound[several]]
    return result


def groups_left(problem: MatchingProblem) -> NDArray[np.int64]:
    """
    Give the group each slot still answers to, int64[S], -1 for none.

    A locked pair that meets its group has done what the group asks. One that does not leaves it to the free slots.
    """
    if problem.slot_group is None or problem.arc_meets is None:
        return np.full(problem.slots, -1, np.int64)
    group = problem.slot_group.astype(np.int64)
    met = np.unique(group[problem.arc_slot[problem.arc_locked & problem.arc_meets]])
    if len(met):
        group[np.isin(group, met)] = -1
    group[problem.arc_slot[problem.arc_locked]] = -1
    return group


def _binding_groups(problem: MatchingProblem, group: NDArray[np.int64], alive: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Forget the groups that all their arcs meet; those without any arc stay, to be explained."""
    if problem.arc_meets is None or not (group >= 0).any():
        return group
    has_arc = np.unique(group[problem.arc_slot[alive]])
    doubtful = np.unique(group[problem.arc_slot[alive & ~problem.arc_meets]])
    return np.where(np.isin(group, np.setdiff1d(has_arc, doubtful)), -1, group)


def _touches_a_lock(problem: MatchingProblem, locked: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Flag arcs of a locked slot, and arcs that would give a child a helper already locked to it."""
    filled = np.zeros(problem.slots, dtype=bool)
    filled[problem.arc_slot[locked]] = True
    child, helper = problem.slot_child[problem.arc_slot[locked]].astype(np.int64), problem.arc_helper[locked]
    locked_key = np.unique(child * problem.helpers + helper)
    # Only arcs of helpers with a lock can clash, and they are few: look up those alone.
    has_lock = np.zeros(problem.helpers, dtype=bool)
    has_lock[helper] = True
    suspects = np.flatnonzero(has_lock[problem.arc_helper])
    slot = problem.arc_slot[suspects]
    key = problem.slot_child[slot].astype(np.int64) * problem.helpers + problem.arc_helper[suspects]
    result: NDArray[np.bool_] = filled[problem.arc_slot]
    result[suspects[np.isin(key, locked_key)]] = True
    return result


def _without_hopeless(
    problem: MatchingProblem, bundle: NDArray[np.int64], group: NDArray[np.int64], alive: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Drop what bundles and groups rule out, until neither takes more: each may rule out what the other needs."""
    while True:
        alive = _without_broken_bundles(problem, bundle, alive)
        left = _without_unmet_groups(problem, group, alive)
        if left is alive:
            return alive
        alive = left


def _without_unmet_groups(
    problem: MatchingProblem, group: NDArray[np.int64], alive: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Drop each arc that does not meet where no other slot of its group has one that does; the same array if none."""
    grouped = np.flatnonzero(group >= 0)
    if problem.arc_meets is None or not len(grouped):
        return alive
    number = np.full(problem.slots, -1, np.int64)
    number[grouped] = np.unique(group[grouped], return_inverse=True)[1]
    arcs = np.flatnonzero(alive & (number >= 0)[problem.arc_slot])
    meets, slot = problem.arc_meets[arcs], problem.arc_slot[arcs]
    of_slot = np.bincount(slot[meets], minlength=problem.slots)
    of_group = np.bincount(number[grouped], weights=of_slot[grouped]).astype(np.int64)
    hopeless = arcs[~meets & (of_group[number[slot]] == of_slot[slot])]
    if not len(hopeless):
        return alive
    left = alive.copy()
    left[hopeless] = False
    return left


def _without_broken_bundles(
    problem: MatchingProblem, bundle: NDArray[np.int64], alive: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Drop the arcs of bundles one slot of which nobody can fill."""
    if not (bundle >= 0).any():
        return alive
    served = np.zeros(problem.slots, dtype=bool)
    served[problem.arc_slot[alive]] = True
    broken = np.unique(bundle[(bundle >= 0) & ~served])
    if not len(broken):
        return alive
    return np.asarray(alive & ~np.isin(bundle, broken)[problem.arc_slot])


def _binding_caps(
    problem: MatchingProblem,
    arc_cap: NDArray[np.int64],
    cap: NDArray[np.int64],
    limit: NDArray[np.int64],
) -> NDArray[np.int64] | None:
    """Forget caps that the limit or the number of candidates keeps anyway."""
    used = np.bincount(arc_cap[arc_cap >= 0], minlength=len(cap))
    binds = cap < np.minimum(used, limit[problem.cap_helper])
    if not binds.any():
        return None
    return np.where((arc_cap >= 0) & binds[arc_cap], arc_cap, -1)
