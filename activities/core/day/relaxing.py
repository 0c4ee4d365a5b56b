"""
Why a day cannot be planned: the cheapest set of named rules to give up, found by an elastic model.

Not by assumptions: a core of those may be wrong after presolve. The elastic answer is a whole plan, so the judge says
which rules it breaks, and those are what has to be given up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.core.day.clock import clock, minutes_of
from activities.core.day.guards import guard_of
from activities.core.day.judge import breaches_of
from activities.core.day.model_goals import DayModel, Goal
from activities.core.day.narrowing import DayStages, given_up
from activities.core.day.relaxations import CURABLE, Relaxation
from activities.core.day.rules import BY_CODE
from activities.core.day.sentences import Breach, cure_of
from activities.core.day.stages import PLAIN, PREPARED_ONCE, Stages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from activities.core.day.model import Linear
    from activities.core.day.plans import DayPlan
    from activities.core.day.problem import DayProblem
    from activities.core.day.sentences import Fact
    from backend.kernel.solving import SolveLimits

_GLANCE = 0.3
"""Part of the time for a look at what cannot be kept, before anything is built in full."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    What has to be given up so that a plan exists.

    Args:
        relaxations: the cheapest first; none where the day can be planned as it is.
        price, bound: sum of the rules' weights and what is proven of it; equal when no cheaper set exists.
        plan: a plan of the day with all of them given up, None where no time was left to find one.
    """

    relaxations: tuple[Relaxation, ...]
    price: int
    bound: int
    plan: DayPlan | None


def relax(day: DayProblem, limits: SolveLimits) -> Explanation:
    """The cheapest set of rules to give up, then with the fewest minutes beyond what the rules say."""
    deadline = time.monotonic() + limits.seconds
    hint = _glance(day, limits)
    found = _search(day, limits, (time.monotonic() + deadline) / 2, hint)
    bound = hint.bound if hint else found.stages.bounds.get("price", 0)
    if hint and (found.price is None or found.price > bound) and time.monotonic() < deadline:
        # The glance was too coarse: anything may be given up, and all who could be of use called. What the narrower
        # search proved of its own model says nothing of the day.
        wide = _search(day, limits, deadline)
        bound = max(bound, wide.stages.bounds["price"])
        if wide.price is not None and (found.price is None or wide.price < found.price):
            found = wide
    return _explanation(day, found, bound)


@dataclass(frozen=True, slots=True)
class _Found:
    """An elastic model, and how far it was searched."""

    elastic: DayModel
    stages: DayStages

    @property
    def price(self) -> int | None:
        solver = self.stages.solver
        return None if solver is None else solver.value(self.stages.goals[0].term)


def _search(day: DayProblem, limits: SolveLimits, deadline: float, hint: _Glance | None = None) -> _Found:
    """Search an elastic model; after a glance one where nothing but what that gave up may be given up."""
    called, only = (hint.called, hint.given) if hint else (None, None)
    elastic = DayModel(day, is_elastic=True, most_called=called, only=only)
    known = {"price": hint.bound} if hint else {}
    stages = DayStages(day, elastic, _goals, limits, deadline, known)
    # What may be given up is known: with that a plan is found at once.
    stages.settings = PLAIN if hint else PREPARED_ONCE
    stages.run(stages.goals)
    return _Found(elastic, stages)


def _explanation(day: DayProblem, found: _Found, bound: int) -> Explanation:
    solver, price = found.stages.solver, found.price
    if solver is None or price is None:
        return Explanation((), 0, bound, None)
    plan = found.elastic.plan_of(solver)
    hosts = [
        _hosts(day, role, sum(map(solver.boolean_value, called.values())))
        for role, called in found.elastic.hosts.extra.items()
    ]
    told = [*filter(None, hosts), *_relaxations(day, breaches_of(day, plan))]
    told.sort(key=lambda one: (BY_CODE[one.rule].weight, one.rule, one.keys))
    return Explanation(tuple(told), price, min(bound, price), plan)


@dataclass(frozen=True, slots=True)
class _Glance:
    """What a coarse model says: a proven bound of the price, what it gives up, whom it calls by role."""

    bound: int
    given: frozenset[tuple[str, ...]]
    called: dict[str, int]


def _glance(day: DayProblem, limits: SolveLimits) -> _Glance | None:
    """None where the time was too short."""
    coarse = DayModel(day, is_elastic=True, is_coarse=True)
    stages = Stages(coarse.model, limits, time.monotonic() + _GLANCE * limits.seconds)
    stages.settings = PLAIN
    stages.run([Goal("price", _price(coarse), 0)])
    solver = stages.solver
    if solver is None:
        return None
    given = frozenset(name for name, literal in given_up(coarse) if solver.boolean_value(literal))
    called = {role: sum(map(solver.boolean_value, found.values())) for role, found in coarse.hosts.extra.items()}
    return _Glance(stages.bounds["price"], given, called)


def _goals(elastic: DayModel) -> list[Goal]:
    return [Goal("price", _price(elastic), 0), Goal("beyond", _beyond(elastic), 0)]


def _price(elastic: DayModel) -> Linear:
    extra = [literal for found in elastic.hosts.extra.values() for literal in found.values()]
    return elastic.times.guards.price() + BY_CODE["host_count"].weight * sum(extra)


def _beyond(elastic: DayModel) -> Linear:
    """Minutes after the end of the day, and minutes by which segments are shorter than they should be."""
    model, terms = elastic.model, []
    late = model.new_int_var(0, elastic.times.horizon, "late")
    for timed in elastic.times.timed.values():
        short = model.new_int_var(0, timed.segment.minutes.longest, "")
        model.add(short >= timed.segment.minutes.shortest - timed.length).only_enforce_if(timed.is_placed)
        model.add(late >= timed.end - elastic.day.end)
        terms.append(short)
    return late + sum(terms)


def _hosts(day: DayProblem, role: str, count: int) -> Relaxation | None:
    if not count:
        return None
    return _said(day, Breach("host_count", (role,), {"role": role, "count": count}), (role,), {"count": count})


def _relaxations(day: DayProblem, breaches: Iterable[Breach]) -> list[Relaxation]:
    together: dict[tuple[str, tuple[str, ...]], list[Breach]] = {}
    for breach in breaches:
        if day.is_hard(breach.rule) and breach.rule in CURABLE and breach.rule != "host_count":
            together.setdefault((breach.rule, guard_of(breach)), []).append(breach)
    return [_relaxation(day, keys, found) for (_rule, keys), found in together.items()]


def _relaxation(day: DayProblem, keys: tuple[str, ...], breaches: list[Breach]) -> Relaxation:
    """Several breaches of one guard are cured together: earliest start, latest end, largest count, least minutes."""
    facts: dict[str, Fact] = dict(breaches[0].facts)
    values: dict[str, int] = {}
    for name, choose in (("start", min), ("end", max)):
        if name in facts:
            values[name] = choose(minutes_of(str(one.facts[name]), name) for one in breaches)
            facts[name] = clock(values[name])
    if "count" in facts:
        values["count"] = facts["count"] = max(int(one.facts["count"]) for one in breaches)
    if "minutes" in facts:
        values["minutes"] = facts["minutes"] = min(int(one.facts["minutes"]) for one in breaches)
    if "gap" in facts:
        values["minutes"] = facts["gap"] = min(int(one.facts["gap"]) for one in breaches)
    return _said(day, Breach(breaches[0].rule, breaches[0].keys, facts), keys, values)


def _said(day: DayProblem, breach: Breach, keys: tuple[str, ...], values: dict[str, int]) -> Relaxation:
    chinese, english = cure_of(day, breach)
    return Relaxation(breach.rule, keys, values, chinese, english)
