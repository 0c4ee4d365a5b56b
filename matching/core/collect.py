"""Put the answers of the batches together again, in the numbers of the whole problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backend.kernel.solving import SolveStatus
from matching.core.result import PROOF_KINDS, MatchingResult, Proof, StageProof, TierValue, without_answer
from matching.core.tiers import arc_gain, load_squares, shares, tier_values, turns

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        self.is_reached = np.zeros(parts.count, dtype=bool)
        self.most = np.full((len(tiers), parts.count), -1, np.int64)
        self.stages: list[StageProof] = []
        self.bounds: list[BoundProof] = []

    def add(self, batch: Batch, answer: BatchAnswer) -> None:
        """Take over one batch."""
        here = slice(batch.first_component, batch.first_component + batch.count)
        self.chosen.append(batch.arc[answer.chosen])
        self.kind[here], self.is_reached[here] = answer.kind, answer.is_solved
        if answer.is_reached is not None:
            self.is_reached[here] |= answer.is_reached
        self.bounds += answer.bounds
        if answer.most is not None:
            self.most[:, here] = answer.most
        draws = [stage for stage in answer.stages if stage.lottery]
        others = [stage for stage in answer.stages if not stage.lottery]
        # Batches may need different numbers of stages; the lottery is always the last of its own batch.
        for number, stage in enumerate([*others, *draws]):
            self._merge(batch, stage, number)

    def _merge(self, batch: Batch, stage: StagePrices, number: int) -> None:
        problem = self.ground.problem
        while len(self.stages) <= number:
            self.stages.append(
                _empty_stage(len(self.tiers), self.parts.count, problem.slots, problem.helpers, len(problem.cap_max))
            )
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
        chosen = np.concatenate(self.chosen)
        if self.parts.count and not self.is_reached.any():
            return without_answer(SolveStatus.TIMED_OUT, problem.slots, mode, fit_band, seed, stopped_by="time")
        slot_helper = np.full(problem.slots, -1, np.int32)
        slot_helper[problem.arc_slot[chosen]] = problem.arc_helper[chosen]
        is_proven = not (self.kind == NONE).any()
        values = tier_values(problem, self.tiers, chosen)
        bounds = values if is_proven else self.open_bounds(chosen, values)
        counts = np.bincount(self.kind, minlength=len(PROOF_KINDS)).tolist()
        return MatchingResult(
            status=SolveStatus.OPTIMAL if is_proven else SolveStatus.FEASIBLE,
            slot_helper=slot_helper,
            tiers=_with_bounds(self.tiers, values, bounds),
            components=self.parts.count,
            proofs=dict(zip(PROOF_KINDS[:3], counts[:3], strict=True)),
            is_certified=is_proven and counts[2] == 0,
            seed=seed,
            mode=mode,
            fit_band=fit_band,
            stopped_by=None if is_proven else "time",
            proof=Proof(self.parts.slot, self.kind, tuple(self.stages), tuple(self.bounds)),
        )

    def open_bounds(self, chosen: NDArray[np.int64], values: tuple[int, ...]) -> list[int | None]:
        """
        Bound the tiers although some components are unproven: these could at best fill every slot with its best.

        Returns:
            One bound per tier down to the first that is open, then None.
        """
        problem, none = self.ground.problem, np.append(self.kind == NONE, False)
        mine = self.ground.arc[none[self.parts.slot[problem.arc_slot[self.ground.arc]]]]
        used = chosen[none[self.parts.slot[problem.arc_slot[chosen]]] & ~problem.arc_locked[chosen]]
        bounds: list[int | None] = []
        for tier, value in zip(self.tiers, values, strict=True):
            is_open = bool(bounds) and bounds[-1] != values[len(bounds) - 1]
            bounds.append(None if is_open else value + self._room(tier, mine, used))
        return bounds

    def _room(self, tier: Tier, mine: NDArray[np.int64], used: NDArray[np.int64]) -> int:
        """Give by how much a tier could still get better on some arcs, those used now being a part of them."""
        problem = self.ground.problem
        if tier.kind == "load_squares":
            busy = np.unique(problem.arc_helper[used])
            load = np.bincount(problem.arc_helper[used], minlength=problem.helpers)[busy]
            base, share = self.ground.base[busy], shares(problem)[busy]
            return load_squares(base, share) - load_squares(base + load, share)
        gain = [self._gain(tier, arcs) for arcs in (mine, used)]
        best = np.zeros(problem.slots, np.int64)
        np.maximum.at(best, problem.arc_slot[mine], gain[0])
        slots = np.flatnonzero(best)
        by_component = np.bincount(self.parts.slot[slots], weights=best[slots], minlength=self.parts.count)
        most = self.most[self.tiers.index(tier)]
        by_component = np.where((most >= 0) & (self.kind == NONE), np.minimum(most, by_component), by_component)
        return int(by_component.sum()) - int(gain[1].sum())

    def _gain(self, tier: Tier, arcs: NDArray[np.int64]) -> NDArray[np.int64]:
        problem = self.ground.problem
        slot = problem.arc_slot[arcs]
        return arc_gain(
            tier, problem.slot_level[slot], turns(problem)[slot], problem.arc_fit[arcs], problem.arc_kept[arcs]
        )


def _with_bounds(
    tiers: tuple[Tier, ...], values: tuple[int, ...], bounds: Sequence[int | None]
) -> tuple[TierValue, ...]:
    return tuple(TierValue(tier.name, value, bound) for tier, value, bound in zip(tiers, values, bounds, strict=True))


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
