"""
State every rule, tier and proof again, without the solver.

Nothing here is shared with what found the answer but the problem itself and the definition of the tiers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.kernel.solving import SolveStatus
from matching.core.ground import in_order
from matching.core.result import PROOF_KINDS
from matching.core.tiers import tier_values, tiers_of
from matching.core.verify_bounds import bound_faults
from matching.core.verify_local import step_faults
from matching.core.verify_prices import price_faults
from matching.core.verify_scene import Scene, set_scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.problem import MatchingProblem
    from matching.core.result import MatchingResult, Proof

NAMED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """
    Something a result claims and the problem denies.

    Args:
        code: what is wrong, stable.
        where: positions of slots, helpers, components or tiers concerned, the first few.
    """

    code: str
    where: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Name the fault and where it is."""
        return f"{self.code} {list(self.where)}" if self.where else self.code


def verify(problem: MatchingProblem, result: MatchingResult, workers: int = 1) -> tuple[Fault, ...]:
    """
    Check an answer that pairs people (OPTIMAL or FEASIBLE).

    Args:
        workers: threads.

    Returns:
        Every fault found, none when the answer holds.
    """
    if result.slot_helper.shape != (problem.slots,):
        return (Fault("shape"),)
    problem = in_order(problem)
    chosen, strangers = _chosen_arcs(problem, result.slot_helper)
    if len(strangers):
        return (_fault("not_a_candidate", strangers),)
    faults = rule_faults(problem, chosen, result.slot_helper) + _tier_faults(problem, result, chosen)
    if faults or result.proof is None:
        return tuple(faults) if result.proof is not None else (*faults, *_unproven(result))
    if not _has_shape(problem, result, result.proof):
        return (Fault("proof_shape"),)
    scene = set_scene(problem, chosen, result.proof.component, result.components)
    found = _claim_faults(problem, result)
    found += [_fault(code, where) for code, where in _proof_faults(scene, result, workers) if len(where)]
    return tuple(found)


def _has_shape(problem: MatchingProblem, result: MatchingResult, proof: Proof) -> bool:
    """Tell whether the proof's arrays have the lengths their names promise."""
    count = result.components
    shapes: list[tuple[NDArray[Any], tuple[int, ...]]] = [
        (proof.component, (problem.slots,)),
        (proof.kind, (count,)),
        *((stage.scale, (len(result.tiers), count)) for stage in proof.stages),
        *((stage.draws, (count,)) for stage in proof.stages),
        *((stage.slot, (problem.slots,)) for stage in proof.stages),
        *((stage.helper, (problem.helpers,)) for stage in proof.stages),
        *((stage.cap, (len(problem.cap_max),)) for stage in proof.stages),
        *((stage.pair_child, (len(stage.pair),)) for stage in proof.stages),
        *((stage.pair_helper, (len(stage.pair),)) for stage in proof.stages),
    ]
    is_numbered = proof.component.min(initial=-1) >= -1 and proof.component.max(initial=-1) < count
    is_known = proof.kind.min(initial=0) >= 0 and proof.kind.max(initial=0) < len(PROOF_KINDS)
    return bool(is_numbered and is_known) and all(array.shape == shape for array, shape in shapes)


def rule_faults(problem: MatchingProblem, chosen: NDArray[np.int64], slot_helper: NDArray[np.int32]) -> list[Fault]:
    """Check every rule for the arcs used."""
    found = [
        ("limit", _over_limit(problem, chosen)),
        ("scheme_cap", _over_cap(problem, chosen)),
        ("same_person", _same_person(problem, chosen)),
        ("bundle", _half_bundles(problem, slot_helper)),
        ("group", _unmet_groups(problem, chosen)),
        ("lock", _broken_locks(problem, slot_helper)),
    ]
    return [_fault(code, where) for code, where in found if len(where)]


def _chosen_arcs(
    problem: MatchingProblem, slot_helper: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the arc each filled slot uses; give the arcs, and the slots that use none of theirs."""
    filled = np.flatnonzero(slot_helper != -1)
    key = problem.arc_slot.astype(np.int64) << 32 | problem.arc_helper
    wanted = filled << 32 | slot_helper[filled]
    place = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    if not len(key):
        return np.zeros(0, np.int64), filled
    return place[key[place] == wanted], filled[key[place] != wanted]


def _over_limit(problem: MatchingProblem, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    load = np.bincount(problem.arc_helper[chosen], minlength=problem.helpers)
    return np.flatnonzero(load > problem.helper_limit)


def _over_cap(problem: MatchingProblem, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the caps exceeded: places filled per (helper, scheme) against the cap of that name."""
    if not len(problem.cap_helper):
        return np.zeros(0, np.int64)
    key = problem.arc_helper[chosen].astype(np.int64) << 32 | problem.slot_scheme[problem.arc_slot[chosen]]
    used, times = np.unique(key, return_counts=True)
    named = problem.cap_helper.astype(np.int64) << 32 | problem.cap_scheme
    place = np.minimum(np.searchsorted(used, named), max(len(used) - 1, 0))
    if not len(used):
        return np.zeros(0, np.int64)
    return np.flatnonzero((used[place] == named) & (times[place] > problem.cap_max))


def _same_person(problem: MatchingProblem, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    key = problem.slot_child[problem.arc_slot[chosen]].astype(np.int64) << 32 | problem.arc_helper[chosen]
    order = np.argsort(key, kind="stable")
    again = order[1:][key[order[1:]] == key[order[:-1]]]
    return np.asarray(problem.arc_slot[chosen[again]], np.int64)


def _half_bundles(problem: MatchingProblem, slot_helper: NDArray[np.int32]) -> NDArray[np.int64]:
    """Give the bundles filled in part that hold no locked slot."""
    bound = np.flatnonzero(problem.slot_bundle >= 0)
    names, group = np.unique(problem.slot_bundle[bound], return_inverse=True)
    size, filled = np.bincount(group), np.bincount(group, weights=slot_helper[bound] != -1)
    is_locked = np.zeros(problem.slots, dtype=bool)
    is_locked[problem.arc_slot[problem.arc_locked]] = True
    freed = np.bincount(group, weights=is_locked[bound]) > 0
    return names[(filled > 0) & (filled < size) & ~freed].astype(np.int64)


def _unmet_groups(problem: MatchingProblem, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the groups in which somebody new holds a slot, and nobody, locked or new, meets them."""
    if problem.slot_group is None or problem.arc_meets is None:
        return np.zeros(0, np.int64)
    group = problem.slot_group[problem.arc_slot]
    filled, met = np.unique(group[chosen[~problem.arc_locked[chosen]]]), group[chosen[problem.arc_meets[chosen]]]
    return np.asarray(np.setdiff1d(filled[filled >= 0], met), np.int64)


def _broken_locks(problem: MatchingProblem, slot_helper: NDArray[np.int32]) -> NDArray[np.int64]:
    locked = np.flatnonzero(problem.arc_locked)
    slot = problem.arc_slot[locked]
    return np.asarray(slot[slot_helper[slot] != problem.arc_helper[locked]], np.int64)


def _tier_faults(problem: MatchingProblem, result: MatchingResult, chosen: NDArray[np.int64]) -> list[Fault]:
    """Count every tier again."""
    tiers = tiers_of(problem, result.mode, result.fit_band)
    if tuple(tier.name for tier in result.tiers) != tuple(tier.name for tier in tiers):
        return [Fault("tier_names")]
    values = tier_values(problem, tiers, chosen)
    wrong = [row for row, tier in enumerate(result.tiers) if tier.value != values[row]]
    return [Fault("tier_value", tuple(wrong))] if wrong else []


def _unproven(result: MatchingResult) -> list[Fault]:
    return [Fault("proof_missing")] if result.status is SolveStatus.OPTIMAL else []


def _claim_faults(problem: MatchingProblem, result: MatchingResult) -> list[Fault]:
    """Check what the result says of itself against its own proof."""
    assert result.proof is not None  # noqa: S101 - the caller has looked
    counts = np.bincount(result.proof.kind, minlength=len(PROOF_KINDS)).tolist()
    is_proven = counts[-1] == 0
    open_rows = [row for row, tier in enumerate(result.tiers) if tier.bound != tier.value]
    claims = [
        ("status", result.status is SolveStatus.OPTIMAL and not is_proven),
        ("tier_bound", result.status is SolveStatus.OPTIMAL and bool(open_rows)),
        ("tier_bound", _is_below_value(problem, result)),
        ("proof_count", result.proofs != dict(zip(PROOF_KINDS[:-1], counts, strict=False))),
        ("certified", result.is_certified != (is_proven and counts[PROOF_KINDS.index("search")] == 0)),
    ]
    return [Fault(code) for code, is_wrong in claims if is_wrong]


def _is_below_value(problem: MatchingProblem, result: MatchingResult) -> bool:
    """Tell whether a bound denies the value beside it."""
    tiers = tiers_of(problem, result.mode, result.fit_band)
    signs = [-1 if tier.kind == "load_squares" else 1 for tier in tiers]
    return any(
        tier.bound is not None and sign * tier.bound < sign * tier.value
        for sign, tier in zip(signs, result.tiers, strict=True)
    )


def _proof_faults(scene: Scene, result: MatchingResult, workers: int) -> list[tuple[str, NDArray[np.int64]]]:
    assert result.proof is not None  # noqa: S101 - the caller has looked
    tiers = tiers_of(scene.problem, result.mode, result.fit_band)
    return [
        ("component", scene.torn),
        *price_faults(scene, result.proof, tiers, result.seed, workers),
        *bound_faults(scene, result.proof, tiers),
        *step_faults(scene, result.proof, tiers),
    ]


def _fault(code: str, where: NDArray[np.int64]) -> Fault:
    return Fault(code, tuple(where[:NAMED_AT_MOST].tolist()))
