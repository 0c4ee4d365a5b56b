"""The tiers a result is judged by, most important first, and what each arc is worth to each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from matching.core.problem import LEVELS, SHARE_FULL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.problem import MatchingProblem

Mode = Literal["term", "repair"]
Kind = Literal["coverage", "fit", "load_squares", "kept"]


@dataclass(frozen=True, slots=True)
class Tier:
    """
    One tier.

    Args:
        name: as written in results, such as "coverage.4" or "coverage.4.1" for second places.
        kind: how it is counted; only load_squares is made small, all others large.
        level, turn: for coverage, the slots it counts.
        band: for fit, points per step; the name is "fit_band" above 1.
    """

    name: str
    kind: Kind
    level: int = 0
    turn: int = 0
    band: int = 1


def tiers_of(problem: MatchingProblem, mode: Mode, fit_band: int) -> tuple[Tier, ...]:
    """
    List the named tiers in order.

    Args:
        mode: "term" puts fit before loads and kept, "repair" puts kept first.
        fit_band: >= 1; above 1 bands stand where fit stood and fit comes last.
    """
    if fit_band < 1:
        raise ValueError(f"fit_band must be at least 1, not {fit_band}")
    coverage = [_coverage(level, turn) for turn in range(_turns(problem)) for level in LEVELS]
    fit, load, kept = Tier("fit", "fit"), Tier("load_squares", "load_squares"), Tier("kept", "kept")
    first = fit if fit_band == 1 else Tier("fit_band", "fit", band=fit_band)
    order = [first, load, kept] if mode == "term" else [kept, first, load]
    return (*coverage, *order) if first is fit else (*coverage, *order, fit)


def _turns(problem: MatchingProblem) -> int:
    turn = problem.slot_turn
    return 1 if turn is None or not len(turn) else int(turn.max()) + 1


def _coverage(level: int, turn: int) -> Tier:
    name = f"coverage.{level}" if turn == 0 else f"coverage.{level}.{turn}"
    return Tier(name, "coverage", level=level, turn=turn)


def arc_gain(
    tier: Tier,
    level: NDArray[np.int8],
    turn: NDArray[np.int8],
    fit: NDArray[np.int16],
    kept: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """
    Say what each arc adds to the tier when used, from its slot's level and turn and its own fit and kept, all int[n].

    Returns:
        int64[n], 0 or more; loads are not a matter of arcs and give 0.
    """
    if tier.kind == "coverage":
        return np.asarray((level == tier.level) & (turn == tier.turn), np.int64)
    if tier.kind == "fit":
        return np.asarray(fit.astype(np.int64) // tier.band)
    if tier.kind == "kept":
        return kept.astype(np.int64)
    return np.zeros(len(fit), np.int64)


def step_cost(place: NDArray[np.int64], share: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Give the load_squares of a helper's k-th place: (2k - 1) * 1000 // share, so k places of full time sum to k squared.

    Args:
        place: k, counted from 1; `share`: permille of full time.
    """
    return (2 * place - 1) * SHARE_FULL // share


def shares(problem: MatchingProblem) -> NDArray[np.int64]:
    """Give each helper's share in permille, full time where none is said, int64[H]."""
    if problem.helper_share is None:
        return np.full(problem.helpers, SHARE_FULL, np.int64)
    return problem.helper_share.astype(np.int64)


def turns(problem: MatchingProblem) -> NDArray[np.int8]:
    """Give each slot's turn, 0 where none is said, int8[S]."""
    return np.zeros(problem.slots, np.int8) if problem.slot_turn is None else problem.slot_turn


def tier_values(problem: MatchingProblem, tiers: tuple[Tier, ...], chosen: NDArray[np.int64]) -> tuple[int, ...]:
    """
    Count every tier for a choice of arcs.

    Args:
        chosen: positions of the arcs used, each slot at most once.
    """
    slot, helper = problem.arc_slot[chosen], problem.arc_helper[chosen]
    level, turn = problem.slot_level[slot], turns(problem)[slot]
    fit, kept = problem.arc_fit[chosen], problem.arc_kept[chosen]
    loads = load_squares(np.bincount(helper, minlength=problem.helpers), shares(problem))
    return tuple(
        loads if tier.kind == "load_squares" else int(arc_gain(tier, level, turn, fit, kept).sum()) for tier in tiers
    )


def load_squares(load: NDArray[np.int64], share: NDArray[np.int64]) -> int:
    """Sum the step costs of every place filled, from the loads per helper, int64[H]."""
    busy = np.flatnonzero(load)
    helper = np.repeat(busy, load[busy])
    place = np.arange(len(helper)) - np.repeat(np.cumsum(load[busy]) - load[busy], load[busy]) + 1
    return int(step_cost(place, share[helper]).sum())
