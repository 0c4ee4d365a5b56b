"""
Why all-or-nothing pairs stay open: which of the two sides is short, and by how many.

A child who needs two people is served by a path source -> first side -> child -> second side -> sink, each person
having as many units as places. Where the greatest number of children is served, the minimum cut splits those who are
not: for one group every eligible person of the first side is taken, for the other every eligible person of the second.
In each group the places named are all used for its children, so needed - places = short, and the shortages sum to the
children (and single slots) left open.

Source: Ford and Fulkerson, "Maximal flow through a network", 1956; Edmonds on matroid intersection, 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.graphs import components, reached

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.problem import MatchingProblem

FIRST, SECOND = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """
    The free part of a problem as needs between two sides.

    Args:
        slot: int64[S], position of the need each slot belongs to, -1 for locked slots.
        side: int8[S], FIRST or SECOND.
        needs: how many needs; one for each bundle and each single slot.
        room: int64[H], places left beside locked pairs.
        arcs: positions of the arcs of free slots.
    """

    slot: NDArray[np.int64]
    side: NDArray[np.int8]
    needs: int
    room: NDArray[np.int64]
    arcs: NDArray[np.int64]


def pair_certificates(problem: MatchingProblem, slot_helper: NDArray[np.int32]) -> list[dict[str, Any]] | None:
    """
    Certify what is open in a problem of pairs and single slots.

    Args:
        slot_helper: int32[S], a verified answer; -1 = open.

    Returns:
        Certificates as `explain` gives them, kind "pair": "slots" are those of the short side, "open" all slots left
        open with them, "needed" - "places" = "short" > 0. None where the problem is not of this form (bundles of three,
        a person on both sides, caps by scheme) or the answer does not serve the greatest number of needs.
    """
    sides = _sides_of(problem)
    if sides is None:
        return None
    used = np.zeros(len(problem.arc_slot), dtype=bool)
    used[sides.arcs] = slot_helper[problem.arc_slot[sides.arcs]] == problem.arc_helper[sides.arcs]
    reached = _reached(problem, sides, used)
    found = [row for side in (FIRST, SECOND) for row in _groups(problem, sides, reached, slot_helper, side)]
    open_slots = np.flatnonzero((slot_helper == -1) & (sides.slot >= 0))
    is_whole = sum(row["short"] for row in found) == len(np.unique(sides.slot[open_slots]))
    return found if is_whole else None


def _sides_of(problem: MatchingProblem) -> _Sides | None:
    """Number the needs and colour the slots so that nobody stands on both sides; None where that cannot be."""
    slots, helpers = problem.slots, problem.helpers
    locked = problem.arc_locked
    room = problem.helper_limit - np.bincount(problem.arc_helper[locked], minlength=helpers)
    is_locked = np.zeros(slots, dtype=bool)
    is_locked[problem.arc_slot[locked]] = True
    bundle = np.where(_is_bound(problem, is_locked), problem.slot_bundle.astype(np.int64), -1)
    if len(problem.cap_helper) or np.bincount(bundle[bundle >= 0], minlength=1).max(initial=0) > 2:  # noqa: PLR2004
        return None
    arcs = np.flatnonzero(~is_locked[problem.arc_slot])
    side = _colour(problem, bundle, arcs)
    if side is None:
        return None
    key = np.where(bundle >= 0, bundle, int(bundle.max(initial=0)) + 1 + np.arange(slots))
    need = np.full(slots, -1, np.int64)
    free = np.flatnonzero(~is_locked)
    names, need[free] = np.unique(key[free], return_inverse=True)
    return _Sides(need, side, len(names), np.maximum(room, 0), arcs)


def _is_bound(problem: MatchingProblem, is_locked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Flag slots whose bundle still binds: none of its slots is locked."""
    loose = np.unique(problem.slot_bundle[is_locked])
    return np.asarray((problem.slot_bundle >= 0) & ~np.isin(problem.slot_bundle, loose))


def _colour(problem: MatchingProblem, bundle: NDArray[np.int64], arcs: NDArray[np.int64]) -> NDArray[np.int8] | None:
    """Give each slot a side, int8[S]: slots that share a person stand together, the two of a bundle apart."""
    slots = problem.slots
    group = components(slots + problem.helpers, problem.arc_slot[arcs], slots + problem.arc_helper[arcs])[:slots]
    bound = np.flatnonzero(bundle >= 0)
    order = bound[np.argsort(bundle[bound], kind="stable")]
    twin = np.flatnonzero(np.diff(bundle[order]) == 0)
    one, other = group[order[twin]], group[order[twin + 1]]
    size = slots + problem.helpers
    # Each group twice, once per side; a bundle ties one side of the one to the other side of the other.
    cover = components(2 * size, np.concatenate([one, one + size]), np.concatenate([other + size, other]))
    if (cover[:size] == cover[size:])[np.unique(group)].any():
        return None
    return np.asarray(cover[group] > cover[group + size], np.int8)


def _reached(problem: MatchingProblem, sides: _Sides, used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Flag what the source reaches in the residual network: needs (in), needs (out), helpers, in this order."""
    needs, helpers = sides.needs, problem.helpers
    source = 2 * needs + helpers
    slot, person = problem.arc_slot[sides.arcs], np.int32(2 * needs) + problem.arc_helper[sides.arcs]
    need, is_first, is_used = sides.slot.astype(np.int32)[slot], (sides.side == FIRST)[slot], used[sides.arcs]
    # A unit goes person -> need on the first side, need -> person on the second; where one runs it can go back.
    runs_down = is_first != is_used
    inner = np.where(is_first, need, need + np.int32(needs))
    tail, head = np.where(runs_down, person, inner), np.where(runs_down, inner, person)
    filled = np.zeros(needs, dtype=bool)
    filled[need[is_used]] = True
    through = np.arange(needs, dtype=np.int32)
    joins = np.where(filled, through + needs, through), np.where(filled, through, through + needs)
    starts = _starts(problem, sides, used)
    tail = np.concatenate([tail, joins[0], np.full(len(starts), source, np.int32)])
    head = np.concatenate([head, joins[1], starts.astype(np.int32)])
    return reached(source + 1, tail, head, source)


def _starts(problem: MatchingProblem, sides: _Sides, used: NDArray[np.bool_]) -> NDArray[np.int64]:
    """List what the source still reaches directly: first-side persons with room, open needs without a first side."""
    taken = np.bincount(problem.arc_helper[used], minlength=problem.helpers)
    on_first = np.zeros(problem.helpers, dtype=bool)
    on_first[problem.arc_helper[sides.arcs][(sides.side == FIRST)[problem.arc_slot[sides.arcs]]]] = True
    persons = np.flatnonzero(on_first & (taken < sides.room))
    has_first = np.zeros(sides.needs, dtype=bool)
    free = np.flatnonzero(sides.slot >= 0)
    has_first[sides.slot[free[sides.side[free] == FIRST]]] = True
    is_filled = np.zeros(sides.needs, dtype=bool)
    is_filled[sides.slot[problem.arc_slot[used]]] = True
    return np.concatenate([2 * sides.needs + persons, np.flatnonzero(~has_first & ~is_filled)])


def _groups(
    problem: MatchingProblem, sides: _Sides, reached: NDArray[np.bool_], slot_helper: NDArray[np.int32], side: int
) -> list[dict[str, Any]]:
    """State the sets that are short on one side, each a connected set of slots and the people eligible for them."""
    needs = sides.needs
    free = np.flatnonzero(sides.slot >= 0)
    mine = free[sides.side[free] == side]
    need = sides.slot[mine]
    cut = mine[~reached[need]] if side == FIRST else mine[reached[need + needs]]
    is_cut = np.zeros(problem.slots, dtype=bool)
    is_cut[cut] = True
    inside = sides.arcs[is_cut[problem.arc_slot[sides.arcs]]]
    label = components(
        problem.slots + problem.helpers, problem.arc_slot[inside], problem.slots + problem.arc_helper[inside]
    )
    found = []
    is_open = (slot_helper == -1) & (sides.slot >= 0)
    for key in np.unique(label[cut[is_open[cut]]]):
        slots = cut[label[cut] == key]
        persons = np.unique(problem.arc_helper[inside[label[problem.arc_slot[inside]] == key]])
        found.append(_state(problem, sides, slots, persons, is_open))
    return found


def _state(
    problem: MatchingProblem,
    sides: _Sides,
    slots: NDArray[np.int64],
    persons: NDArray[np.int32],
    is_open: NDArray[np.bool_],
) -> dict[str, Any]:
    left = np.flatnonzero(is_open & np.isin(sides.slot, sides.slot[slots[is_open[slots]]]))
    places = int(sides.room[persons].sum())
    return {
        "slots": slots.tolist(),
        "helpers": persons.tolist(),
        "open": left.tolist(),
        "places": places,
        "needed": len(slots),
        "short": len(slots) - places,
        "levels": np.unique(problem.slot_level[left]).tolist(),
        "kind": "pair" if len(persons) else "nobody",
    }
