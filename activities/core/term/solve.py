"""From a problem to a plan: places, then who sits with whom, each goal with its bound."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.core.term import goals
from activities.core.term.deal import Dealer, as_groups
from activities.core.term.model import DealModel
from activities.core.term.places import even_weeks, fair_loads, group_sizes, room_of
from activities.core.term.problem import TalkMode
from activities.core.term.result import GoalValue, TalkResult
from activities.core.term.shortage import shortage_of
from backend.kernel.solving import SolveLimits, SolveStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from activities.core.term.goals import Deal
    from activities.core.term.problem import TalkGroup, TalkProblem

_SWAPPING = 0.4
"""Part of the time that swapping may use; the exact model has the rest."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What is proven of the three goals of who sits with whom."""

    wishes: int
    repeats: int
    mix: int


def plan_talks(problem: TalkProblem, limits: SolveLimits) -> TalkResult:
    """
    Plan one cycle of one class.

    An answer always exists: who cannot be met is named in `shortage`, a wish that cannot be kept in `broken`. The
    same problem and seed give the same plan, unless the clock cuts a part of the search short.

    Goals in order: children met; cycles of waiting ended; broken wishes; repeated pairs; squares of loads; mix of
    girls and boys. Loads do not touch who sits with whom, so each of the two is solved by itself.
    """
    began = time.monotonic()
    deadline = began + limits.seconds
    places = sum(room_of(problem, teacher) for teacher in problem.teachers)
    sizes = group_sizes(problem, places)
    spots = even_weeks(problem, fair_loads(problem, len(sizes)), limits.seed, limits.seconds / 4)
    deal, bounds = _deal(problem, sizes, limits, deadline)
    groups = tuple(sorted([*problem.held, *as_groups(deal[:-1], spots)], key=lambda one: (one.week, one.teacher)))
    values = _values(problem, groups, sizes, bounds)
    is_proven = all(goal.value == goal.bound for goal in values)
    return TalkResult(
        SolveStatus.OPTIMAL if is_proven else SolveStatus.FEASIBLE,
        groups,
        values,
        goals.broken_wishes(problem, groups),
        shortage_of(problem, deal[-1], places),
        is_small=any(size < problem.smallest for size in sizes),
        seed=limits.seed,
        seconds=time.monotonic() - began,
    )


def _values(
    problem: TalkProblem, groups: tuple[TalkGroup, ...], sizes: list[int], bounds: _Bounds
) -> tuple[GoalValue, ...]:
    seats, held = sum(sizes), len(problem.children) - len(problem.to_meet)
    # How many can be met, whom first, and how fairly the groups are shared need no search: they are counted.
    waited = goals.most_waited(problem, seats)
    loads = goals.load_squares(problem, groups)
    return (
        GoalValue("met", held + seats, held + seats),
        GoalValue("waited", waited, waited),
        GoalValue("wishes", len(goals.broken_wishes(problem, groups)), bounds.wishes),
        GoalValue("repeats", goals.repeats(problem, groups), bounds.repeats),
        GoalValue("loads", loads, loads),
        GoalValue("mix", goals.mix(problem, groups), bounds.mix),
    )


def _deal(problem: TalkProblem, sizes: list[int], limits: SolveLimits, deadline: float) -> tuple[Deal, _Bounds]:
    """The best deal found and what is proven of it: by itself where possible, by the exact model where not."""
    least = _Bounds(_split_by_held(problem), goals.repeats(problem, problem.held), goals.least_mix(problem, sizes))
    dealer = Dealer(problem, sizes, limits.seed)
    if problem.mode is TalkMode.SINGLE or not sizes:
        deal = dealer.search(0, deadline)
        return deal, _measured(problem, deal)
    target = _as_cost(dealer, problem, least)
    deal = dealer.search(target, deadline - (1 - _SWAPPING) * limits.seconds)
    if _measured(problem, deal) == least:
        return deal, least
    return _proven(problem, sizes, deal, least, limits, deadline)


def _proven(
    problem: TalkProblem, sizes: list[int], deal: Deal, least: _Bounds, limits: SolveLimits, deadline: float
) -> tuple[Deal, _Bounds]:
    """Goal by goal: what is reached, and how far it could still go."""
    model = DealModel(problem, sizes, goals.most_waited(problem, sum(sizes)))
    stages: list[tuple[str, Callable[[], Any]]] = [
        ("wishes", model.wishes),
        ("repeats", model.repeats),
        ("mix", model.mix),
    ]
    held = _measured(problem, [])
    proven = {"wishes": least.wishes, "repeats": least.repeats, "mix": least.mix}
    for name, make in stages:
        goal = make()
        before = getattr(held, name)
        now = getattr(_measured(problem, deal), name)
        if now > proven[name]:
            better, value, bound = model.best(goal, deal, deadline, limits.seed)
            proven[name] = max(proven[name], bound + before)
            if 0 <= value + before < now:
                deal, now = better, value + before
        if now > proven[name]:
            break
        model.freeze(goal, now - before)
    return deal, _Bounds(**proven)


def _measured(problem: TalkProblem, deal: Deal) -> _Bounds:
    """The three goals of a deal, whatever the weeks and teachers; held groups among them."""
    groups = [*problem.held, *as_groups(deal[:-1], [(-1, -1)] * len(deal))]
    return _Bounds(
        len(goals.broken_wishes(problem, groups)), goals.repeats(problem, groups), goals.mix(problem, groups)
    )


def _split_by_held(problem: TalkProblem) -> int:
    """Wishes that the held groups alone have broken."""
    return len(goals.broken_wishes(problem, problem.held))


def _as_cost(dealer: Dealer, problem: TalkProblem, least: _Bounds) -> int:
    """The dealer's number for a deal at the bounds; it counts no held groups, and a kept wish as one less."""
    held = _measured(problem, [])
    wishes = (least.wishes - held.wishes) * dealer.wish_weight
    kept = -dealer.wish_weight * len(problem.together)
    return kept + wishes + (least.repeats - held.repeats) * dealer.repeat_weight + (least.mix - held.mix)
