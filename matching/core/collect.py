"""Put the answers of the batches together again, in the numbers of the whole problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backend.kernel.solving import SolveStatus
from matching.core.result import PROOF_KINDS, MatchingResult, Proof, StageProof, TierValue, without_answer
from matching.core.tiers import tier_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.engine import BatchAnswer, StagePrices
    from matching.core.ground import Ground
    from matching.core.parts import Batch, Split
    from matching.core.result import BoundProof
    from matching.core.tiers import Mode, Tier

NONE = PROOF_KINDS.index("none")


class Collector:
    """Gathers arcs and proofs batch by batch."""

    def __init__(self, ground: Ground, parts: Split, tiers: tuple[Tier, ...]) -> None:
        self.ground, self.parts, self.tiers = ground, parts, tiers
        self.chosen: list[NDArray[np.int64]] = [ground.locked_arc]
        self.kind = np.full(parts.count, NONE, np.int8)
        self.is_solved = np.zeros(parts.count, dtype=bool)
        self.stages: list[StageProof] = []
        self.bounds: list[BoundProof] = []

    def add(self, batch: Batch, answer: BatchAnswer) -> None:
        """Take over one batch."""
        here = slice(batch.first_component, batch.first_component + batch.count)
        self.chosen.append(batch.arc[answer.chosen])
        self.kind[here], self.is_solved[here] = answer.kind, answer.is_solved
        self.bounds += answer.bounds
        draws = [stage for stage in answer.stages if stage.lottery]
        others = [stage for stage in answer.stages if not stage.lottery]
        # Batches may need different numbers of stages; the lottery is always the last of its own batch.
        for number, stage in enumerate([*others, *draws]):
            self._merge(batch, stage, number)

    def _merge(self, batch: Batch, stage: StagePrices, number: int) -> None:
        problem = self.ground.problem
        while len(self.stages) <= number:
            self.stages.append(_empty_stage(len(self.tiers), self.parts.count, problem.slots, problem.helpers, len(problem.cap_max)))
        into = self.stages[number]
        here = slice(batch.first_component, batch.first_component + batch.count)
        into.scale[:, here] = stage.scale
        into.draws[here] = stage.lottery
        into.slot[batch.slot], into.helper[batch.helper] = stage.prices.slot, stage.prices.helper
        into.cap[batch.cap] = stage.prices.cap
        priced = np.flatnonzero(stage.prices.pair)
        if len(priced):
            self.stages[number] = _with_pairs(into, batch, stage.prices.pair, priced)

    def result(self, mode: Mode, fit_band: int, seed: int) -> MatchingResult:
        """State the whole answer."""
        problem = self.ground.problem
        if self.parts.count and not self.is_solved.any():
            return without_answer(SolveStatus.TIMED_OUT, problem.slots, mode, fit_band, seed)
        chosen = np.concatenate(self.chosen)
        slot_helper = np.full(problem.slots, -1, np.int32)
        slot_helper[problem.arc_slot[chosen]] = problem.arc_helper[chosen]
        is_proven = not (self.kind == NONE).any()
        values = tier_values(problem, self.tiers, chosen)
        bounds = values if is_proven else (None,) * len(values)
        counts = np.bincount(self.kind, minlength=len(PROOF_KINDS)).tolist()
        return MatchingResult(
            status=SolveStatus.OPTIMAL if is_proven else SolveStatus.FEASIBLE,
            slot_helper=slot_helper,
            tiers=tuple(TierValue(tier.name, value, bound) for tier, value, bound in zip(self.tiers, values, bounds, strict=True)),
            components=self.parts.count,
            proofs=dict(zip(PROOF_KINDS[:3], counts[:3], strict=True)),
            is_certified=is_proven and counts[2] == 0,
            seed=seed,
            mode=mode,
            fit_band=fit_band,
            stopped_by=None if is_proven else "time",
            proof=Proof(self.parts.slot, self.kind, tuple(self.stages), tuple(self.bounds)),
        )


def _empty_stage(tiers: int, components: int, slots: int, helpers: int, caps: int) -> StageProof:
    nothing = np.zeros(0, np.int64)
    return StageProof(
        scale=np.zeros((tiers, components), np.int64),
        draws=np.zeros(components, dtype=bool),
        slot=np.zeros(slots, np.int64),
        helper=np.zeros(helpers, np.int64),
        cap=np.zeros(caps, np.int64),
        pair_child=nothing,
        pair_helper=nothing,
        pair=nothing,
    )


def _with_pairs(into: StageProof, batch: Batch, price: NDArray[np.int64], priced: NDArray[np.int64]) -> StageProof:
    """Add the pairs that have a price, named by child and helper."""
    arc = np.zeros(len(price), np.int64)
    paired = np.flatnonzero(batch.arc_pair >= 0)
    arc[batch.arc_pair[paired]] = paired
    return StageProof(
        into.scale,
        into.draws,
        into.slot,
        into.helper,
        into.cap,
        np.concatenate([into.pair_child, batch.child[batch.arc_slot[arc[priced]]]]),
        np.concatenate([into.pair_helper, batch.helper[batch.arc_helper[arc[priced]]]]),
        np.concatenate([into.pair, price[priced]]),
    )
