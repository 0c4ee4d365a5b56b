"""What a solve answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from backend.kernel.solving import SolveStatus
    from matching.core.tiers import Mode

StoppedBy = Literal["time", "memory"]


@dataclass(frozen=True, slots=True)
class TierValue:
    """One tier's value and its proven bound; equal when the tier is proven, None when no bound was reached."""

    name: str
    value: int
    bound: int | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """
    Locked pairs that cannot all stand.

    Args:
        rule: "limit", "scheme_cap", "same_person" or "one_per_slot".
        slots, helpers: positions of those concerned.
    """

    rule: str
    slots: tuple[int, ...]
    helpers: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StageProof:
    """
    Whole-number prices that prove one stage of every component that rests on "duals".

    Args:
        scale: int64[T, C]; the stage maximises the sum of scale x tier (loads count negative); 0 = not in this stage.
        draws: bool[C], the components in which this stage maximises tickets instead.
        slot: int64[S], price of filling the slot; helper: int64[H], price of a place with the helper.
        cap: int64[K], price of a place under the cap.
        pair_child, pair_helper, pair: price of "one slot of this child for this helper", where it is not 0.
    """

    scale: NDArray[np.int64]
    draws: NDArray[np.bool_]
    slot: NDArray[np.int64]
    helper: NDArray[np.int64]
    cap: NDArray[np.int64]
    pair_child: NDArray[np.int64]
    pair_helper: NDArray[np.int64]
    pair: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class BoundProof:
    """
    Rounded prices that bound one tier of one component.

    Args:
        component: its number; `tier`: position among the tiers; `denominator`: all prices are divided by it.
        fixed: T prices: of keeping an earlier tier at its value, and, 0 or more, of a later tier counted along at its
            worst; 0 for the tier itself.
        slots, slot: positions and prices, and so on for helpers, caps and (child, helper) pairs; meet: price, 0 or
            more, of filling each of the slots by an arc that does not meet its group.
        value: the tier's value in this component; `bound`: what the prices prove, in the tier's own sense.
    """

    component: int
    tier: int
    denominator: int
    fixed: tuple[int, ...]
    slots: NDArray[np.int64]
    slot: NDArray[np.int64]
    helpers: NDArray[np.int64]
    helper: NDArray[np.int64]
    caps: NDArray[np.int64]
    cap: NDArray[np.int64]
    pair_child: NDArray[np.int64]
    pair_helper: NDArray[np.int64]
    pair: NDArray[np.int64]
    meet: NDArray[np.int64]
    value: int
    bound: int


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """
    What the proofs of all components rest on.

    Args:
        component: int32[S], the component of each slot, -1 for slots with nothing to decide.
        kind: int8[C], position in `PROOF_KINDS`.
        stages: for the components on "duals"; bounds: for those on "bound".
    """

    component: NDArray[np.int32]
    kind: NDArray[np.int8]
    stages: tuple[StageProof, ...]
    bounds: tuple[BoundProof, ...] = ()


PROOF_KINDS = ("duals", "bound", "search", "none")
VERIFIED = "verified"
"""The last stage a program reports: its result file is written, only the explanation is to come."""


@dataclass(frozen=True, slots=True, eq=False)
class MatchingResult:
    """
    The answer to one problem.

    Args:
        status: OPTIMAL, FEASIBLE, TIMED_OUT or INVALID.
        slot_helper: int32[S], the helper of each slot, -1 = open.
        tiers: in order of importance.
        components: how many independent parts were solved.
        proofs: components per kind of proof; `is_certified`: none rests on search, and all is proven.
        seconds: by phase: "build" (locks, components), "solve", "lottery", "prove", "verify".
        stopped_by: what ended a FEASIBLE or TIMED_OUT run.
        conflicts: what makes the locks INVALID.
    """

    status: SolveStatus
    slot_helper: NDArray[np.int32]
    tiers: tuple[TierValue, ...]
    components: int
    proofs: dict[str, int]
    is_certified: bool
    seed: int
    mode: Mode
    fit_band: int
    seconds: dict[str, float] = field(default_factory=dict)
    stopped_by: StoppedBy | None = None
    conflicts: tuple[Conflict, ...] = ()
    proof: Proof | None = None

    @property
    def largest_load(self) -> int:
        """Most places any one helper fills; beside the squares it says whether somebody carries far more."""
        held = self.slot_helper[self.slot_helper >= 0]
        return int(np.bincount(held).max(initial=0))

    def as_json(self) -> dict[str, Any]:
        """Give the facts a program reads, arrays left out."""
        return {
            "status": str(self.status),
            "tiers": [{"name": tier.name, "value": tier.value, "bound": tier.bound} for tier in self.tiers],
            "components": self.components,
            "proofs": self.proofs,
            "certified": self.is_certified,
            "largest_load": self.largest_load,
            "seconds": {phase: round(value, 6) for phase, value in self.seconds.items()},
            "stopped_by": self.stopped_by,
            "mode": self.mode,
            "fit_band": self.fit_band,
            "seed": self.seed,
            "conflicts": [
                {"rule": item.rule, "slots": list(item.slots), "helpers": list(item.helpers)} for item in self.conflicts
            ],
        }


def save_result(result: MatchingResult, path: Path) -> None:
    """Write `slot_helper` as an npz file, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, slot_helper=result.slot_helper)
    partial.replace(path)


def load_assignment(path: Path) -> NDArray[np.int32]:
    """Read `slot_helper` from a result file."""
    with np.load(path, allow_pickle=False) as file:
        return np.asarray(file["slot_helper"], np.int32)


def without_answer(
    status: SolveStatus,
    slots: int,
    mode: Mode,
    fit_band: int,
    seed: int,
    conflicts: tuple[Conflict, ...] = (),
    stopped_by: StoppedBy | None = None,
) -> MatchingResult:
    """Build a result that pairs nobody."""
    nobody = np.full(slots, -1, np.int32)
    proofs = dict.fromkeys(PROOF_KINDS[:3], 0)
    return MatchingResult(
        status, nobody, (), 0, proofs, False, seed, mode, fit_band, stopped_by=stopped_by, conflicts=conflicts
    )
