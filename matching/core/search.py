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

from matching.core.bound import Priced, reduced_weight, safe_bound
from matching.core.face import (
    DENOMINATOR,
    NEARLY_EXACT,
    ROUNDING,
    RowPrices,
    added,
    column_worth,
    factor_over,
    narrowed,
    no_prices,
    row_price,
)
from matching.core.lottery import TICKET_BITS, tickets
from matching.core.milp import Objective, Program, Relaxed, build_program, minimise, objective, relax, whole_face
from matching.core.result import BoundProof
from matching.core.tiers import Tier, arc_gain, load_squares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.duals import Prices
    from matching.core.parts import Batch

NEARLY_WHOLE = 1e-6
PRICES_MAX = 2**58
"""Half of what the verifier adds up in 64 bits without asking itself whether they suffice."""
FORGOTTEN = 2**60
"""What an arc costs that no solution can use any more: more than all prices together."""
CORE_PER_SLOT = 6
CLOSE_BY = 4
"""The core grows by a fourth at most, and by what gains."""
TRIAL_SECONDS = 3.0
"""Time given to the hope that a relaxed network's coverage can be reached; without it all is decided from the start."""
ARCS_AT_ONCE, ARCS_PER_SECOND, ARCS_RELAXED_PER_SECOND = 10_000, 600, 20_000
"""The integer solver looks at the clock only now and then: it is given no more arcs than it can take in meanwhile."""
_BOUND, _SEARCH, _NONE = 1, 2, 3


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


class _Search:
    """
    One component, its program, the tiers decided so far and the arcs in the core.

    A tier whose prices are exact is kept by the face they leave and by `base`, its prices (a row's number and they);
    any other decided tier is kept by a row of the programs that follow.
    """

    def __init__(self, batch: Batch, component: int, tiers: tuple[Tier, ...], hint: Hint, deadline: float) -> None:
        self.batch, self.component, self.tiers, self.hint, self.deadline = batch, component, tiers, hint, deadline
        self.program = build_program(batch, component)
        self.goals = [_goal(batch, self.program, tier) for tier in tiers]
        self.begin()

    def begin(self) -> None:
        """Forget all that was decided."""
        self.kept: list[Objective] = []
        self.is_row: list[bool] = []
        self.core = _first_core(self.batch, self.program.arcs, self.hint)
        self.is_alive = np.ones(len(self.program.arcs), dtype=bool)
        self.face = whole_face(self.program)
        self.base: tuple[int, RowPrices] | None = None
        self.used: NDArray[np.int64] | None = None
        self.kind = _BOUND
        self.bounds: list[BoundProof] = []
        self.most: dict[int, int] = {}

    @property
    def seconds(self) -> float:
        """Seconds left."""
        return self.deadline - time.monotonic()

    @property
    def rows(self) -> list[Objective]:
        """The decided tiers that need a row of their own."""
        return [tier for tier, is_row in zip(self.kept, self.is_row, strict=True) if is_row]

    def keep(self, row: int, value: int) -> None:
        """Fix a tier at a value, in the sense of costs, by a row as long as no face keeps it."""
        self.kept = [*self.kept[:row], replace(self.goals[row], value=value)]
        self.is_row = [*self.is_row[:row], True]

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

    def keeps(self, row: int, best: NDArray[np.int64]) -> bool:
        """Tell whether a choice has every tier before at its value."""
        return all(self.value(before, best) == self.kept[before].value for before in range(row))

    def leave_face(self) -> None:
        """Keep every tier so far by a row instead: the numbers did not allow better."""
        self.face, self.base = whole_face(self.program), None
        self.is_row = [True] * len(self.kept)

    def narrow(self, row: int, prices: RowPrices) -> None:
        """Keep a tier by what its prices settle where they are exact; half a unit, rounded off the bound, is not."""
        slack = self.prune(row, prices)
        if prices.denominator != DENOMINATOR or slack > NEARLY_EXACT:
            return
        self.face = narrowed(self.face, self.program, prices, self.priced(row, prices), max(slack, ROUNDING))
        self.base = row, prices
        self.is_row[row] = False

    def prune(self, row: int, prices: RowPrices) -> int:
        """Forget the arcs no solution with this tier at its value can use, losing more than the bound leaves: that."""
        priced = self.priced(row, prices)
        slack = safe_bound(priced) - self.rest(row, prices) + prices.denominator * self.kept[row].value
        self.is_alive &= -reduced_weight(priced) <= slack
        return slack

    def possible(self) -> NDArray[np.bool_]:
        """Flag the arcs still in question."""
        return self.is_alive & self.face.open_arcs(self.program)

    def grow(self, row: int) -> tuple[RowPrices | None, Relaxed | None]:
        """Solve the relaxation, adding arcs to the core until none outside would gain."""
        # Arcs forgotten without a face have no price that keeps them out of a bound for others to check: as long as
        # the component rests on bounds they stay in question here.
        possible = self.face.open_arcs(self.program) if self.kind == _BOUND else self.possible()
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

    def over_base(self, prices: RowPrices, row: int) -> RowPrices | None:
        """Add the prices of the tier that made the face, often enough that all it settled stays so."""
        if self.base is None:
            return prices
        before, base = self.base
        worth, over = column_worth(self.priced(before, base)), column_worth(self.priced(row, prices))
        factor = factor_over(worth, row_price(self.program, base), over, row_price(self.program, prices))
        if factor is None:
            return None
        both = added(prices, base, before, factor)
        is_price = all((one >= 0).all() for one in (both.cap, both.pair, both.meet))
        return both if is_price and self.is_exact(row, both) else None

    def is_exact(self, row: int, prices: RowPrices) -> bool:
        """
        Tell whether every tier at its price, summed, stays well within 64 bits.

        Factors multiply from tier to tier, and what the verifier cannot add up it does not believe.
        """
        factors = [*prices.tiers[:row], prices.denominator, *prices.tiers[row + 1 :]]
        dearest = int(self.program.place_cost.max(initial=0))
        arcs = len(self.program.arcs)
        peaks = [int(np.abs(goal.cost[:arcs]).max(initial=0)) + dearest for goal in self.goals]
        return sum(abs(factor) * peak for factor, peak in zip(factors, peaks, strict=True)) <= PRICES_MAX

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

    def note(self, row: int, prices: RowPrices | None, *, is_finished: bool) -> bool:
        """Take over a tier's bound when it is tight, and say what the answer rests on; give whether it is."""
        proof = None if prices is None else self.proof(row, prices)
        is_tight = proof is not None and proof.bound == proof.value
        if self.kind == _BOUND and proof is not None and is_tight:
            self.bounds.append(proof)
        elif self.kind == _BOUND:
            self.kind = _SEARCH
        if not is_finished:
            self.kind = _NONE
        return is_tight

    def value(self, row: int, used: NDArray[np.int64]) -> int:
        """Count a tier exactly, in the sense of costs."""
        if self.tiers[row].kind != "load_squares":
            return int(self.goals[row].cost[used].sum())
        helper = self.batch.arc_helper[self.program.arcs[used]] - self.program.helpers[0]
        base, share = self.batch.base[self.program.helpers], self.batch.share[self.program.helpers]
        load = np.bincount(helper, minlength=len(base)) + base
        return load_squares(load, share) - load_squares(base, share)

    def rounded(self, relaxed: Relaxed, row: int) -> RowPrices:
        """Round the relaxation's prices; caps, pairs, groups and tiers not settled cannot be priced below 0."""
        whole = np.rint(-relaxed.price * DENOMINATOR).astype(np.int64)
        program = self.program
        whole = np.where(np.isinf(self.face.row_low) & np.isinf(program.low), np.maximum(whole, 0), whole)
        ends = np.cumsum([len(program.slots), len(program.helpers), len(program.caps), len(program.pairs)])
        slot, helper, cap, pair, grouped = np.split(whole, ends)
        meet = np.zeros(len(program.slots), np.int64)
        meet[program.grouped] = grouped
        tiers = [0] * len(self.tiers)
        rows = [before for before, is_row in enumerate(self.is_row[:row]) if is_row]
        for before, price in zip(rows, np.maximum(np.rint(-relaxed.tier_price * DENOMINATOR), 0).tolist(), strict=True):
            tiers[before] = int(price)
        return RowPrices(slot, helper, cap, pair, meet, tiers, DENOMINATOR)

    def priced(self, row: int, prices: RowPrices) -> Priced:
        """Put the tier and the others, at their prices, into one objective."""
        batch, program = self.batch, self.program
        factors = [*prices.tiers[:row], prices.denominator, *prices.tiers[row + 1 :]]
        cost = np.zeros(program.columns, np.int64)
        for factor, goal in zip(factors, self.goals, strict=True):
            if factor:
                cost += factor * goal.cost
        arcs = program.arcs
        if self.kind == _SEARCH:
            cost[: len(arcs)][~self.is_alive] = FORGOTTEN
        return Priced(
            arc_slot=batch.arc_slot[arcs] - program.slots[0],
            arc_helper=batch.arc_helper[arcs] - program.helpers[0],
            arc_cap=_place(program.caps, batch.arc_cap[arcs]),
            arc_pair=_place(program.pairs, batch.arc_pair[arcs]),
            bundle=_place(program.bundles, batch.bundle[program.slots]),
            place_helper=program.place_helper,
            place_cost=cost[len(arcs) + len(program.bundles) :],
            weight=-cost[: len(arcs)],
            slot=prices.slot,
            helper=prices.helper,
            cap=prices.cap,
            cap_max=batch.cap_max[program.caps],
            pair=prices.pair,
            group=program.group,
            meet=prices.meet,
            arc_meets=batch.meets[arcs],
        )

    def bound(self, row: int, prices: RowPrices) -> int:
        """Bound a tier, large being good: whatever the arcs, it is worth no more."""
        return (safe_bound(self.priced(row, prices)) - self.rest(row, prices)) // prices.denominator

    def rest(self, row: int, prices: RowPrices) -> int:
        """Give what the other tiers are worth at least, at their prices."""
        worst = [self.worst(tier) for tier in self.tiers]
        fixed = [-tier.value for tier in self.kept[:row]]
        return sum(price * low for price, low in zip(prices.tiers, [*fixed, *worst[row:]], strict=True))

    def worst(self, tier: Tier) -> int:
        """Give the least a tier can be worth: nothing, or every slot at the dearest place."""
        if tier.kind != "load_squares":
            return 0
        return -len(self.program.slots) * int(self.program.place_cost.max(initial=0))

    def proof(self, row: int, prices: RowPrices) -> BoundProof:
        """State the prices as a bound of a tier that is fixed already, in the numbers of the whole problem."""
        batch, program = self.batch, self.program
        pair_arc = np.zeros(len(program.pairs), np.int64)
        paired = np.flatnonzero(batch.arc_pair[program.arcs] >= 0)
        pair_arc[np.searchsorted(program.pairs, batch.arc_pair[program.arcs[paired]])] = program.arcs[paired]
        return BoundProof(
            component=batch.first_component + self.component,
            tier=row,
            denominator=prices.denominator,
            fixed=tuple(prices.tiers),
            slots=batch.slot[program.slots],
            slot=prices.slot,
            helpers=batch.helper[program.helpers],
            helper=prices.helper,
            caps=batch.cap[program.caps],
            cap=prices.cap,
            pair_child=batch.child[batch.arc_slot[pair_arc]],
            pair_helper=batch.helper[batch.arc_helper[pair_arc]],
            pair=prices.pair,
            meet=prices.meet,
            value=-self.kept[row].value,
            bound=self.bound(row, prices),
        )

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
        None when nothing was found in time; kind `_NONE` when the time ended on the way.
    """
    work = _Search(batch, component, tiers, hint, deadline)
    coverage = [row for row, tier in enumerate(tiers) if tier.kind == "coverage"]
    begin = len(coverage) + 1 if work.take_relaxed_coverage(coverage) else 0
    is_done = all(work.decide(row) for row in range(begin, len(tiers))) and work.draw(seed)
    if work.used is None:
        return None
    return Found(work.program.arcs[work.used], work.kind if is_done else _NONE, work.bounds, work.most)


def _goal(batch: Batch, program: Program, tier: Tier) -> Objective:
    slot = batch.arc_slot[program.arcs]
    gain = arc_gain(tier, batch.level[slot], batch.turn[slot], batch.fit[program.arcs], batch.kept[program.arcs])
    return objective(program, gain, is_load=tier.kind == "load_squares")


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


def _place(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(wanted >= 0, np.searchsorted(keys, wanted), -1)
