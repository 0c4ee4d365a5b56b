"""Dealing children over groups by swapping two at a time: quick, and good enough to be optimal on most classes."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from activities.core.term.problem import TalkGroup, TalkMode, pair_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activities.core.term.goals import Deal
    from activities.core.term.problem import ChildKey, TalkProblem

_RESTARTS = 15


class Dealer:
    """
    Looks for a good deal of one problem.

    Wishes come before repeats and repeats before the mix: one number with weights so large that a later goal never
    outweighs an earlier one.
    """

    def __init__(self, problem: TalkProblem, sizes: Sequence[int], seed: int) -> None:
        self.problem, self.sizes = problem, list(sizes)
        self.random = random.Random(seed)  # noqa: S311 - a lottery among equals, not a secret
        self.missed = {child.key: child.missed for child in problem.to_meet}
        self.girls = {child.key for child in problem.children if child.is_girl}
        everybody = len(problem.children)
        self.mix_weight = 1
        self.repeat_weight = 1 + everybody * everybody
        self.wish_weight = self.repeat_weight * (1 + sum(problem.met.values()))

    def search(self, good_enough: int, deadline: float) -> Deal:
        """The best deal found, the children nobody meets last; stops at `good_enough` or at the deadline."""
        best = self._start()
        best_cost = self.cost(best)
        for attempt in range(_RESTARTS):
            deal = best if attempt == 0 else self._start()
            deal = self._improve(deal, deadline)
            if (cost := self.cost(deal)) < best_cost or attempt == 0:
                best, best_cost = deal, cost
            if best_cost <= good_enough or time.monotonic() > deadline:
                break
        return best

    def cost(self, deal: Deal) -> int:
        """One number for a whole deal; the last list are the children nobody meets."""
        return sum(self._group_cost(group) for group in deal[:-1]) + self._bench_cost(deal[-1])

    def _start(self) -> Deal:
        """Those who waited longest first, equals by lot, dealt group by group."""
        keys = list(self.missed)
        self.random.shuffle(keys)
        keys.sort(key=lambda key: -self.missed[key])
        seated = keys[: sum(self.sizes)]
        self.random.shuffle(seated)
        deal, at = [], 0
        for size in self.sizes:
            deal.append(seated[at : at + size])
            at += size
        return [*deal, keys[at:]]

    def _improve(self, deal: Deal, deadline: float) -> Deal:
        """Swap as long as a swap helps."""
        deal = [list(group) for group in deal]
        if self.problem.mode is TalkMode.SINGLE:
            return deal
        is_better = True
        while is_better and time.monotonic() < deadline:
            is_better = sum(self._better_swap(deal, one, other) for one, other in self._two_groups(deal)) > 0
        return deal

    def _two_groups(self, deal: Deal) -> list[tuple[int, int]]:
        groups = range(len(deal))
        two = [(one, other) for one in groups for other in groups if one < other and deal[other]]
        self.random.shuffle(two)
        return two

    def _better_swap(self, deal: Deal, one: int, other: int) -> bool:
        """Make the first swap between two groups that lowers the cost."""
        before = self._cost_of(deal, one) + self._cost_of(deal, other)
        for i in range(len(deal[one])):
            for j in range(len(deal[other])):
                if other == len(deal) - 1 and self.missed[deal[one][i]] != self.missed[deal[other][j]]:
                    continue
                deal[one][i], deal[other][j] = deal[other][j], deal[one][i]
                if self._cost_of(deal, one) + self._cost_of(deal, other) < before:
                    return True
                deal[one][i], deal[other][j] = deal[other][j], deal[one][i]
        return False

    def _cost_of(self, deal: Deal, index: int) -> int:
        return self._bench_cost(deal[index]) if index == len(deal) - 1 else self._group_cost(deal[index])

    def _group_cost(self, group: list[ChildKey]) -> int:
        problem, wishes, again = self.problem, 0, 0
        if problem.mode is TalkMode.SINGLE:
            return 0
        for position, one in enumerate(group):
            for other in group[:position]:
                pair = pair_of(one, other)
                wishes += (pair in problem.apart) - (pair in problem.together)
                again += problem.met.get(pair, 0)
        everybody = len(problem.children)
        girls = sum(key in self.girls for key in group)
        off = abs(girls * everybody - len(group) * len(self.girls))
        return wishes * self.wish_weight + again * self.repeat_weight + off * self.mix_weight

    def _bench_cost(self, bench: list[ChildKey]) -> int:
        """A pair that wants to sit together is not split where one of the two is not met at all."""
        if self.problem.mode is TalkMode.SINGLE:
            return 0
        out = set(bench)
        return -self.wish_weight * sum(bool(out & set(pair)) for pair in self.problem.together)


def as_groups(deal: Deal, places: Sequence[tuple[int, int]]) -> tuple[TalkGroup, ...]:
    """Give every group its week and teacher."""
    return tuple(
        TalkGroup(week, teacher, tuple(sorted(children)))
        for (week, teacher), children in zip(places, deal, strict=False)
    )
