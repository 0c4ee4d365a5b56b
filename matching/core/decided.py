"""
What a search has decided of its component so far: tiers at their values, the prices that prove them, and the arcs still
in question.

Source: Dantzig, Fulkerson and Johnson, 1954 (fixing by reduced cost); docs/matching.md.
"""

from __future__ import annotations

from dataclasses import replace
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
    row_price,
)
from matching.core.milp import Objective, Program, Relaxed, build_program, objective, whole_face
from matching.core.result import BoundProof
from matching.core.tiers import Tier, arc_gain, load_squares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.parts import Batch

PRICES_MAX = 2**58
"""Half of what the verifier adds up in 64 bits without asking itself whether they suffice."""
FORGOTTEN = 2**60
"""What an arc costs that no solution can use any more: more than all prices together."""
BOUND, SEARCH, NONE = 1, 2, 3
"""What an answer rests on: a tight bound of every tier, the word of the integer solver, or nothing yet."""


class Decided:
    """
    One component, its program, the tiers decided so far and the arcs still in question.

    A tier whose prices are exact is kept by the face they leave and by `base`, its prices (a row's number and they);
    any other decided tier is kept by a row of the programs that follow.
    """

    def __init__(self, batch: Batch, component: int, tiers: tuple[Tier, ...]) -> None:
        self.batch, self.component, self.tiers = batch, component, tiers
        self.program = build_program(batch, component)
        self.goals = [_goal(batch, self.program, tier) for tier in tiers]
        self.forget()

    def forget(self) -> None:
        """Forget all that was decided."""
        self.kept: list[Objective] = []
        self.is_row: list[bool] = []
        self.is_alive = np.ones(len(self.program.arcs), dtype=bool)
        self.face = whole_face(self.program)
        self.base: tuple[int, RowPrices] | None = None
        self.kind = BOUND
        self.bounds: list[BoundProof] = []
        self.most: dict[int, int] = {}

    @property
    def rows(self) -> list[Objective]:
        """The decided tiers that need a row of their own."""
        return [tier for tier, is_row in zip(self.kept, self.is_row, strict=True) if is_row]

    def keep(self, row: int, value: int) -> None:
        """Fix a tier at a value, in the sense of costs, by a row as long as no face keeps it."""
        self.kept = [*self.kept[:row], replace(self.goals[row], value=value)]
        self.is_row = [*self.is_row[:row], True]

    def value(self, row: int, used: NDArray[np.int64]) -> int:
        """Count a tier exactly, in the sense of costs."""
        if self.tiers[row].kind != "load_squares":
            return int(self.goals[row].cost[used].sum())
        helper = self.batch.arc_helper[self.program.arcs[used]] - self.program.helpers[0]
        base, share = self.batch.base[self.program.helpers], self.batch.share[self.program.helpers]
        load = np.bincount(helper, minlength=len(base)) + base
        return load_squares(load, share) - load_squares(base, share)

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

    def note(self, row: int, prices: RowPrices | None, *, is_finished: bool) -> bool:
        """Take over a tier's bound when it is tight, and say what the answer rests on; give whether it is."""
        proof = None if prices is None else self.proof(row, prices)
        is_tight = proof is not None and proof.bound == proof.value
        if self.kind == BOUND and proof is not None and is_tight:
            self.bounds.append(proof)
        elif self.kind == BOUND:
            self.kind = SEARCH
        if not is_finished:
            self.kind = NONE
        return is_tight

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
        if self.kind == SEARCH:
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


def _goal(batch: Batch, program: Program, tier: Tier) -> Objective:
    slot = batch.arc_slot[program.arcs]
    gain = arc_gain(tier, batch.level[slot], batch.turn[slot], batch.fit[program.arcs], batch.kept[program.arcs])
    return objective(program, gain, is_load=tier.kind == "load_squares")


def _place(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(wanted >= 0, np.searchsorted(keys, wanted), -1)
