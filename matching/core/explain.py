"""
Why slots stay open, and what the next best helpers would cost.

For slots that nothing ties together the answer is Hall's theorem: a set of slots all of whose eligible helpers,
together, have fewer places than there are slots. The sets found here are tight, so their shortages sum to the open
slots.

Source: Hall, "On representatives of subsets", 1935; König's theorem by residual reachability (docs/matching.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backend.kernel.solving import SolveStatus
from matching.core.alternatives import alternatives
from matching.core.pair_shortage import pair_certificates
from matching.core.parts import Layout
from matching.core.result import PROOF_KINDS
from matching.core.shortage import batch_certificates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.ground import Ground
    from matching.core.parts import Split
    from matching.core.problem import MatchingProblem
    from matching.core.result import MatchingResult

Certificate = dict[str, Any]


def explain(
    problem: MatchingProblem, result: MatchingResult, *, layout: Layout | None = None, has_alternatives: bool = True
) -> dict[str, Any]:
    """
    Explain a verified answer in positions of slots and helpers.

    Args:
        layout: of this problem, where solving has made one.

    Returns:
        "certificates": each with "slots", "helpers", "open", "places", "needed", "short", "levels" and "kind":
            "shortage" (needed - places = short), "nobody" (no eligible helper at all), "full" (all eligible helpers are
            taken by locked pairs), "pair" (all-or-nothing pairs and the side that is short of people: needed - places =
            short, which counts children), "bundle" (slots filled all or none) or "joint" (several rules meet); in
            the last two the numbers describe the set and short counts its open slots. Where the solve ended before
            coverage was proven the kind is "unproven": more might be filled, and the numbers describe the set only.
        "alternatives": [slot, [[helper, price, kind, fit], ...]] for filled slots, as `alternatives.alternatives` says.
    """
    layout = layout or Layout(problem)
    problem = layout.problem
    pairs = pair_certificates(problem, result.slot_helper) if (problem.slot_bundle >= 0).any() else None
    certificates = _hopeless(layout.ground, layout.parts, result.slot_helper) if pairs is None else pairs
    others: list[list[Any]] = []
    for batch in layout.batches():
        used = result.slot_helper[problem.arc_slot[batch.arc]] == problem.arc_helper[batch.arc]
        chosen = np.flatnonzero(used)
        if pairs is None:
            certificates += batch_certificates(batch, chosen)
        if has_alternatives:
            others += alternatives(batch, chosen, result)
    return {"certificates": _as_proven(certificates, result), "alternatives": others}


def _as_proven(certificates: list[Certificate], result: MatchingResult) -> list[Certificate]:
    """Take back the claims about components whose search ended before coverage was decided."""
    covered = all(tier.bound == tier.value for tier in result.tiers if tier.name.startswith("coverage"))
    if result.status is SolveStatus.OPTIMAL or covered or result.proof is None:
        return certificates
    component = result.proof.component
    is_open = np.append(result.proof.kind == PROOF_KINDS.index("none"), [False])
    return [one | {"kind": "unproven"} if is_open[component[one["open"]]].any() else one for one in certificates]


def _hopeless(ground: Ground, parts: Split, slot_helper: NDArray[np.int32]) -> list[Certificate]:
    """Explain the open slots no free arc leads to: nobody eligible, everyone full, or so for another of the bundle."""
    problem = ground.problem
    lost = np.flatnonzero((slot_helper == -1) & (parts.slot == -1))
    begin = np.searchsorted(problem.arc_slot, lost)
    end = np.searchsorted(problem.arc_slot, lost, side="right")
    key = _tied(ground.bundle[lost], ground.group[lost])
    certificates = []
    order = np.argsort(key, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        if len(group):
            helpers = [problem.arc_helper[begin[one] : end[one]] for one in group.tolist()]
            certificates.append(_lost(ground, lost[group], helpers))
    return certificates


def _tied(bundle: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Label slots so that those of one bundle or group, however chained, share a label."""
    label = np.arange(len(bundle))
    while True:
        before = label.copy()
        for key in (bundle, group):
            bound = np.flatnonzero(key >= 0)
            names, number = np.unique(key[bound], return_inverse=True)
            least = np.full(len(names), len(label))
            np.minimum.at(least, number, label[bound])
            label[bound] = least[number]
        if (label == before).all():
            return label


def _lost(ground: Ground, slots: NDArray[np.int64], helpers: list[NDArray[np.int32]]) -> Certificate:
    """State one hopeless slot or bundle."""
    names = np.unique(np.concatenate(helpers))
    places = int(np.maximum(ground.limit[names], 0).sum())
    kind = "nobody" if not len(names) else "full"
    if places and (ground.group[slots] >= 0).any():
        kind = "joint"
    elif len(slots) > 1:
        kind = "bundle"
    return {
        "slots": slots.tolist(),
        "helpers": names.tolist(),
        "open": slots.tolist(),
        "places": places if kind in {"bundle", "joint"} else 0,
        "needed": len(slots),
        "short": len(slots),
        "levels": np.unique(ground.problem.slot_level[slots]).tolist(),
        "kind": kind,
    }
