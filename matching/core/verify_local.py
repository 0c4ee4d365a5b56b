"""
Check components that rest on "search": no single step makes the answer better.

Branch and bound leaves nothing behind that could be checked again. What can be: that no open slot could simply be
filled, and that no filled slot could be given to somebody with a place left to the good of the tiers. It is less than
a proof, and refuses every answer that is wrong in a plain way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matching.core.result import PROOF_KINDS, Proof
from matching.core.tiers import Tier, arc_gain, shares, step_cost, turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.verify_scene import Scene

SEARCH = PROOF_KINDS.index("search")


def step_faults(scene: Scene, proof: Proof, tiers: tuple[Tier, ...]) -> list[tuple[str, NDArray[np.int64]]]:
    """Give the components on "search" one step would improve."""
    component = scene.component_of(scene.free)
    ours = (component >= 0) & (np.append(proof.kind, [-1])[component] == SEARCH)
    if not ours.any():
        return []
    could = ours & ~scene.is_used & _has_room(scene) & _is_met(scene)
    better = could & (_fills(scene) | _improves(scene, tiers))
    return [("improvable", np.unique(component[better]).astype(np.int64))]


def _has_room(scene: Scene) -> NDArray[np.bool_]:
    """Flag the free arcs whose helper, cap and child have room for one pair more, whoever holds the slot now."""
    problem, free, used = scene.problem, scene.free, scene.free[scene.is_used]
    load = np.bincount(problem.arc_helper[used], minlength=problem.helpers)
    room = (load < scene.limit_left)[problem.arc_helper[free]]
    if scene.arc_cap is not None:
        room &= (scene.arc_cap < 0) | (scene.cap_used < scene.cap_left)[scene.arc_cap]
    key = problem.slot_child[problem.arc_slot[free]].astype(np.int64) << 32 | problem.arc_helper[free]
    return np.asarray(room & ~np.isin(key, key[scene.is_used]))


def _is_met(scene: Scene) -> NDArray[np.bool_]:
    """Flag the arcs that leave no group unmet: of slots without a group, or meeting theirs."""
    meets = scene.problem.arc_meets
    without = scene.group[scene.problem.arc_slot[scene.free]] < 0
    return without if meets is None else np.asarray(without | meets[scene.free])


def _fills(scene: Scene) -> NDArray[np.bool_]:
    """Flag the arcs of open slots that stand alone."""
    slot = scene.problem.arc_slot[scene.free]
    is_filled = np.zeros(scene.problem.slots, dtype=bool)
    is_filled[slot[scene.is_used]] = True
    return np.asarray(~is_filled[slot] & ~scene.is_bound[scene.bundle[slot]])


def _improves(scene: Scene, tiers: tuple[Tier, ...]) -> NDArray[np.bool_]:
    """Flag the arcs that, in the place of the one used, are worth more in the first tier in which the two differ."""
    problem, free = scene.problem, scene.free
    slot = problem.arc_slot[free]
    instead = np.full(problem.slots, -1, np.int64)
    instead[slot[scene.is_used]] = np.flatnonzero(scene.is_used)
    old = instead[slot]
    gain, is_open = np.zeros(len(free), np.int64), old >= 0
    for tier in tiers:
        more = _loads(scene, old) if tier.kind == "load_squares" else _worth(scene, tier, old)
        gain = np.where((gain == 0) & is_open, more, gain)
    return np.asarray(gain > 0)


def _worth(scene: Scene, tier: Tier, old: NDArray[np.int64]) -> NDArray[np.int64]:
    problem, arcs = scene.problem, scene.free
    slot = problem.arc_slot[arcs]
    worth = arc_gain(
        tier, problem.slot_level[slot], turns(problem)[slot], problem.arc_fit[arcs], problem.arc_kept[arcs]
    )
    return worth - worth[old]


def _loads(scene: Scene, old: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give what the last place of who goes costs more than one more of who comes."""
    problem, arcs = scene.problem, scene.free
    locked = np.bincount(problem.arc_helper[problem.arc_locked], minlength=problem.helpers)
    load = locked + np.bincount(problem.arc_helper[arcs[scene.is_used]], minlength=problem.helpers)
    share = shares(problem)
    helper = problem.arc_helper[arcs]
    comes, goes = helper, helper[old]
    return step_cost(load[goes], share[goes]) - step_cost(load[comes] + 1, share[comes])
