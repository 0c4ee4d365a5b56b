"""
Solve one component that no network says whole: tier by tier, over a few of its arcs at a time.

Linear programs are solved over a core of promising arcs and grow by every arc that would gain, until none would; their
prices then bound the tier over all arcs. Where the relaxation does not come out whole, an integer program decides over
the core, and over all arcs its gap leaves in question.

Source: Gilmore and Gomory, 1961 (column generation); Dantzig, Fulkerson and Johnson, 1954 (fixing by reduced cost);
docs/matching.md.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from matching.core.bound import reduced_weight
from matching.core.decided import BOUND, NONE, Decided
from matching.core.face import (
    ROUNDING,
    RowPrices,
    no_prices,
)
from matching.core.lottery import TICKET_BITS, tickets
from matching.core.milp import Objective, Relaxed, minimise, objective, relax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.duals import Prices
    from matching.core.parts import Batch
    from matching.core.result import BoundProof
    from matching.core.tiers import Tier

NEARLY_WHOLE = 1e-6
CORE_PER_SLOT = 6
CLOSE_BY = 4
"""The core grows by a fourth at most, and by what gains."""
TRIAL_SECONDS = 3.0
"""Time given to the hope that a relaxed network's coverage can be reached; without it all is decided from the start."""
ARCS_AT_ONCE, ARCS_PER_SECOND, ARCS_RELAXED_PER_SECOND = 10_000, 600, 20_000
"""The integer solver looks at the clock only now and then: it is given no more arcs than it can take in meanwhile."""


@dataclass(frozen=True, slots=True, eq=False)
class Hint:
    """
    What a relaxed network has found of the component.

    Args:
        losses: per stage, int64 per arc: how far it is from paying its prices; is_used: bool per arc.
        scale, prices: weights of the tiers and prices of the first stage, None unless it holds all coverage.
    """

    losses: list[NDArray[np.int64]]
    is_used: NDArray[np.bool_]
    scale: list[int] | None
    prices: Prices | None


@dataclass(slots=True, eq=False)
class Found:
    """A component's answer: arcs of the batch, what it rests on, tight bounds, and what is the most of each tier."""

    chosen: NDArray[np.int64]
    kind: int
    bounds: list[BoundProof] = field(default_factory=list)
    most: dict[int, int] = field(default_factory=dict)


class _Search(Decided):
    """The tiers of one component decided one after the other, over a core of promising arcs that grows."""

    def __init__(self, batch: Batch, component: int, tiers: tuple[Tier, ...], hint: Hint, deadline: float) -> None:
        super().__init__(batch, component, tiers)
        self.hint, self.deadline = hint, deadline
        self.begin()

    def begin(self) -> None:
        """Forget all that was decided."""
        self.forget()
        self.core = _first_core(self.batch, self.program.arcs, self.hint)
        self.used: NDArray[np.int64] | None = None

    @property
    def seconds(self) -> float:
        """Seconds left."""
        return self.deadline - time.monotonic()

    def take_relaxed_coverage(self, coverage: list[int]) -> bool:
        """
        Decide the first tier after coverage with coverage as the relaxed network has it, which nothing can exceed.

        Returns:
            Whether some choice reaches that coverage; if not, nothing is decided yet.
        """
        if self.hint.scale is None or self.hint.prices is None:
            return False
        used = np.flatnonzero(self.hint.is_used)
        for row in coverage:
            self.keep(row, int(self.goals[row].cost[used].sum()))
        proofs = [self.network_proof(row) for row in coverage]
        if all(proof.bound == proof.value for proof in proofs):
            self.bounds = proofs
            self.prune(coverage[-1], self.network_prices(coverage[-1]))
            latest, self.deadline = self.deadline, min(self.deadline, time.monotonic() + TRIAL_SECONDS)
            is_reached = self.decide(len(coverage))
            self.deadline = latest
            if is_reached:
                return True
        self.begin()
        return False

    def network_proof(self, row: int) -> BoundProof:
        """Bound one tier of coverage by the first stage's prices."""
        return self.proof(row, self.network_prices(row))

    def network_prices(self, row: int) -> RowPrices:
        """State the first stage's prices as those of one tier of coverage."""
        program, prices, scale = self.program, self.hint.prices, self.hint.scale
        assert prices is not None  # noqa: S101 - the caller has looked
        assert scale is not None  # noqa: S101 - the caller has looked
        others = [0 if place == row else weight for place, weight in enumerate(scale)]
        return RowPrices(
            prices.slot[program.slots],
            prices.helper[program.helpers],
            prices.cap[program.caps],
            prices.pair[program.pairs],
            np.zeros(len(program.slots), np.int64),
            others,
            scale[row],
        )

    def decide(self, row: int) -> bool:
        """Solve one tier and fix it; False when the time ended first, or when no choice keeps the tiers before."""
        best: NDArray[np.int64] | None
        if self.used is not None and not self.goals[row].cost[self.face.is_free].any():
            prices, best, is_finished = self.over_base(no_prices(self.program, len(self.tiers)), row), self.used, True
        else:
            prices, relaxed = self.grow(row)
            best, is_finished = self.whole(row, prices, relaxed)
        if self.base is not None and (prices is None or best is None or not self.keeps(row, best)):
            if self.seconds <= 0:
                return False
            self.leave_face()
            return self.decide(row)
        if best is None or not self.keeps(row, best):
            return False
        self.used, self.core = best, np.union1d(self.core, best)
        self.keep(row, self.value(row, best))
        is_tight = self.note(row, prices, is_finished=is_finished)
        if prices is not None and is_tight:
            self.narrow(row, prices)
        elif prices is not None:
            self.prune(row, prices)
        return is_finished

    def grow(self, row: int) -> tuple[RowPrices | None, Relaxed | None]:
        """Solve the relaxation, adding arcs to the core until none outside would gain."""
        # Arcs forgotten without a face have no price that keeps them out of a bound for others to check: as long as
        # the component rests on bounds they stay in question here.
        possible = self.face.open_arcs(self.program) if self.kind == BOUND else self.possible()
        while self.seconds > 0:
            at = self.core[possible[self.core]]
            relaxed = relax(self.program, self.goals[row], self.rows, self.face, at, self.seconds)
            if relaxed is None:
                everything = np.flatnonzero(possible)
                if len(at) == len(everything) or len(everything) > ARCS_RELAXED_PER_SECOND * self.seconds:
                    return None, None
                self.core = np.union1d(self.core, everything)
                continue
            prices = self.over_base(self.rounded(relaxed, row), row)
            if prices is None:
                return None, None
            gain = reduced_weight(self.priced(row, prices))
            gain[self.core] = 0
            better = np.flatnonzero((gain > ROUNDING) & possible)
            if not len(better):
                return prices, relaxed
            self.core = np.union1d(self.core, self.close_by(gain, better, possible))
        return None, None

    def close_by(
        self, gain: NDArray[np.int64], better: NDArray[np.int64], possible: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """
        Give the arcs that gain and, since prices will move by about as much as the best of them gains, those that
        lose less than that; one after the other they would cost a linear program each.
        """
        near = possible & (gain > -gain[better].max())
        near[self.core] = False
        close = np.flatnonzero(near)
        many = len(better) + len(self.core) // CLOSE_BY
        if len(close) > many:
            close = close[np.argpartition(-gain[close], many)[:many]]
        return close

    def whole(
        self, row: int, prices: RowPrices | None, relaxed: Relaxed | None
    ) -> tuple[NDArray[np.int64] | None, bool]:
        """Find a whole solution: the relaxation's own, the one at hand if no other can be better, or by search."""
        if relaxed is not None and (np.abs(relaxed.use - np.round(relaxed.use)) < NEARLY_WHOLE).all():
            return relaxed.at[relaxed.use > 0.5], True  # noqa: PLR2004 - half of one
        possible = np.flatnonzero(self.possible())
        if prices is None:
            return self.search(row, possible)
        bound = self.most[row] = self.bound(row, prices)
        if self.used is not None and -self.value(row, self.used) == bound:
            return self.used, True
        best = self.near(row, relaxed)
        if best is None:
            best, is_finished = self.first_whole(row, prices, possible)
            if not is_finished:
                return best, False
            core = self.core
        else:
            core = best
        gap = None if best is None else bound + self.value(row, best)
        doubtful = self.doubtful(row, prices, gap)
        if best is not None and (gap == 0 or np.isin(doubtful, core).all()):
            return best, True
        return self.bettered(row, best, doubtful)

    def bettered(
        self, row: int, best: NDArray[np.int64] | None, doubtful: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64] | None, bool]:
        """Search the arcs in doubt for anything better than what is at hand, which stays open to it."""
        better, is_finished = self.search(row, np.union1d(doubtful, doubtful if best is None else best))
        if best is None or better is None:
            return (better, is_finished) if best is None else (best, False)
        return (better if self.value(row, better) <= self.value(row, best) else best), is_finished

    def near(self, row: int, relaxed: Relaxed | None) -> NDArray[np.int64] | None:
        """
        Look for a whole solution close to the relaxation, which is nearly whole.

        What the relaxation uses stays open, and so do, around what it halves, the core's other arcs: of the same
        children, of their bundles, and of the helpers who are asked for halves.

        Source: Danna, Rothberg and Le Pape, 2005 (relaxation induced neighbourhoods).
        """
        if relaxed is None:
            return None
        slot = self.batch.arc_slot[self.program.arcs]
        helper = self.batch.arc_helper[self.program.arcs]
        child = self.batch.child[slot]
        halved = relaxed.at[np.abs(relaxed.use - np.round(relaxed.use)) >= NEARLY_WHOLE]
        around = np.isin(child[relaxed.at], child[halved]) | np.isin(helper[relaxed.at], helper[halved])
        at = relaxed.at[(relaxed.use > NEARLY_WHOLE) | around]
        return self.search(row, at)[0]

    def first_whole(
        self, row: int, prices: RowPrices, possible: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64] | None, bool]:
        """Search over the core, and where it holds no solution over more and more of the arcs that lose least."""
        best, is_finished = self.search(row, np.intersect1d(self.core, possible))
        loss = -reduced_weight(self.priced(row, prices))[possible]
        order = possible[np.argsort(loss, kind="stable")]
        count = 2 * len(self.core)
        while best is None and is_finished and count < len(possible) and self.seconds > 0:
            self.core = np.union1d(self.core, order[:count])
            best, is_finished = self.search(row, np.intersect1d(self.core, possible))
            count *= 2
        return best, is_finished

    def search(self, row: int, at: NDArray[np.int64]) -> tuple[NDArray[np.int64] | None, bool]:
        """Decide a tier over some arcs as an integer program; not finished where it would not heed the time."""
        if self.are_too_many(at):
            return None, False
        return minimise(self.program, self.goals[row], self.rows, self.face, at, self.seconds)

    def are_too_many(self, at: NDArray[np.int64]) -> bool:
        """Tell whether an integer program over so many arcs might not heed the time that is left."""
        return len(at) > max(ARCS_AT_ONCE, 2 * len(self.program.slots), ARCS_PER_SECOND * self.seconds)

    def doubtful(self, row: int, prices: RowPrices, gap: int | None) -> NDArray[np.int64]:
        """Give the arcs some better solution might use: those that lose less than the gap, and the core's best."""
        possible = self.possible()
        if gap is None:
            return np.flatnonzero(possible)
        loss = -reduced_weight(self.priced(row, prices))
        keep = possible & (loss <= (gap + 1) * prices.denominator)
        if self.used is not None:
            keep[self.used] = True
        return np.flatnonzero(keep)

    def draw(self, seed: int) -> bool:
        """Hold the lottery among the solutions equal in every tier; False when the time ended first."""
        batch, arcs = self.batch, self.program.arcs
        draw = tickets(seed, batch.slot[batch.arc_slot[arcs]], batch.helper[batch.arc_helper[arcs]])
        goal = objective(self.program, draw, is_load=False)
        scaled = replace(goal, cost=goal.cost / float(2**TICKET_BITS))
        best, is_finished = self.drawn(scaled)
        if self.base is not None and (best is None or not self.keeps(len(self.tiers), best)):
            self.leave_face()
            best, is_finished = self.drawn(scaled)
        if best is not None and not self.keeps(len(self.tiers), best):
            best = None
        self.used = self.used if best is None else best
        return best is not None and is_finished

    def drawn(self, goal: Objective) -> tuple[NDArray[np.int64] | None, bool]:
        """Search for the best sum of tickets."""
        at = np.flatnonzero(self.possible())
        if self.are_too_many(at):
            return None, False
        return minimise(self.program, goal, self.rows, self.face, at, self.seconds)


def search(
    batch: Batch, component: int, tiers: tuple[Tier, ...], hint: Hint, seed: int, deadline: float
) -> Found | None:
    """
    Decide every tier in order, then the lottery.

    Returns:
        None when nothing was found in time; kind `NONE` when the time ended on the way.
    """
    work = _Search(batch, component, tiers, hint, deadline)
    coverage = [row for row, tier in enumerate(tiers) if tier.kind == "coverage"]
    begin = len(coverage) + 1 if work.take_relaxed_coverage(coverage) else 0
    is_done = all(work.decide(row) for row in range(begin, len(tiers))) and work.draw(seed)
    if work.used is None:
        return None
    return Found(work.program.arcs[work.used], work.kind if is_done else NONE, work.bounds, work.most)


def _first_core(batch: Batch, arcs: NDArray[np.int64], hint: Hint) -> NDArray[np.int64]:
    """Give the arcs in use and, for each slot, those closest to paying their prices, of its group's kind too."""
    slot = batch.arc_slot[arcs]
    order = np.lexsort((*hint.losses[::-1], slot))
    meeting = order[(batch.meets[arcs] & (batch.group[slot] >= 0))[order]]
    near = [_first_of_each(slot, order, CORE_PER_SLOT), _first_of_each(slot, meeting, CORE_PER_SLOT)]
    return np.unique(np.concatenate([*near, np.flatnonzero(hint.is_used)]))


def _first_of_each(slot: NDArray[np.int64], order: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    begin = np.searchsorted(slot[order], slot[order])
    return order[np.arange(len(order)) - begin < most]
