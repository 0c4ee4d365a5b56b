"""Solve one batch of components, stage by stage, and collect the prices that prove it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from matching.core.assignment import assign, is_small
from matching.core.duals import Prices, natural_prices
from matching.core.lottery import tickets
from matching.core.network import (
    Network,
    arc_costs,
    build_network,
    chosen_arcs,
    flow_of,
    improve,
    movable,
    potentials,
    tied,
)
from matching.core.search import search
from matching.core.stages import (
    ASSIGNMENT_COST_MAX,
    FLOW_COST_TIMES_NODES_MAX,
    Plan,
    arc_weights,
    load_scale,
    plan_stages,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from matching.core.parts import Batch
    from matching.core.result import BoundProof
    from matching.core.tiers import Tier

DUALS, BOUND, SEARCH, NONE = range(4)


@dataclass(slots=True)
class Effort:
    """
    What a solve may and shall do, and how long its phases took.

    Args:
        deadline: `time.monotonic` after which no new piece of work is begun.
        seed, workers: as in `SolveLimits`.
        has_lottery, has_proof: leave out for measurements only; without a proof nothing is called OPTIMAL.
        report: told each finished stage: components done in it, and its name.
    """

    deadline: float
    seed: int
    workers: int
    has_lottery: bool = True
    has_proof: bool = True
    report: Callable[[int, str], None] = lambda _done, _stage: None
    seconds: dict[str, float] = field(default_factory=dict)

    def spent(self, phase: str, since: float) -> float:
        """Book the time since then under a phase, and give the present."""
        now = time.monotonic()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - since
        return now

    @property
    def is_over(self) -> bool:
        """Tell whether the time is up."""
        return time.monotonic() >= self.deadline


@dataclass(slots=True, eq=False)
class StagePrices:
    """The prices of one stage of one batch."""

    scale: NDArray[np.int64]
    lottery: bool
    prices: Prices


@dataclass(slots=True, eq=False)
class BatchAnswer:
    """
    Args:
        chosen: positions of the batch's arcs used.
        kind: int8[c], what each component's proof rests on: DUALS, BOUND, SEARCH or NONE.
        is_solved: bool[c], a solution was found; stages, bounds: the proofs.
    """  # noqa: D205

    chosen: NDArray[np.int64]
    kind: NDArray[np.int8]
    is_solved: NDArray[np.bool_]
    stages: list[StagePrices] = field(default_factory=list)
    bounds: list[BoundProof] = field(default_factory=list)


def solve_batch(batch: Batch, tiers: tuple[Tier, ...], effort: Effort) -> BatchAnswer:
    """Solve every component of the batch as far as time allows."""
    answer = _solve_networks(batch, tiers, effort)
    for component in np.flatnonzero(~batch.is_flow).tolist():
        if effort.is_over:
            break
        found = search(batch, component, tiers, effort.seed, effort.deadline)
        if found is not None:
            answer.chosen = np.concatenate([answer.chosen, found.chosen])
            answer.kind[component], answer.is_solved[component] = found.kind, True
            answer.bounds += found.bounds
        effort.report(1, "search")
    return answer


def _solve_networks(batch: Batch, tiers: tuple[Tier, ...], effort: Effort) -> BatchAnswer:
    since = time.monotonic()
    small = is_small(batch)
    plan = plan_stages(batch, tiers, _cost_max(batch, small))
    weight, loads = arc_weights(batch, plan, 0), load_scale(plan, 0)
    chosen, solved = assign(batch, weight, loads, small, effort.workers, effort.deadline)
    effort.report(int(solved.sum()), "assignment")
    kind = np.where(solved, DUALS, NONE).astype(np.int8)
    answer = BatchAnswer(chosen, kind, solved)
    has_large = bool((batch.is_flow & ~small).any())
    if not (has_large or effort.has_proof or effort.has_lottery or plan.count > 1):
        effort.spent("solve", since)
        return answer
    network = build_network(batch)
    flow = flow_of(batch, network, chosen)
    if has_large:
        flow = _solve_large(network, arc_costs(network, weight, loads), flow, batch.is_flow & ~small, answer, effort)
    effort.spent("solve", since)
    _later_stages(batch, network, plan, flow, answer, effort)
    return answer


def _cost_max(batch: Batch, small: NDArray[np.bool_]) -> NDArray[np.int64]:
    nodes = np.diff(batch.first_slot) + np.diff(batch.first_helper) + len(batch.cap) + len(batch.pair_cap) + 2
    flow_max = FLOW_COST_TIMES_NODES_MAX // nodes
    return np.where(small, np.minimum(ASSIGNMENT_COST_MAX, flow_max), flow_max)


def _solve_large(
    network: Network,
    cost: NDArray[np.int64],
    flow: NDArray[np.int64],
    wanted: NDArray[np.bool_],
    answer: BatchAnswer,
    effort: Effort,
) -> NDArray[np.int64]:
    """Run the flow solver on each wanted component."""
    order = np.argsort(network.component, kind="stable")
    edges = np.searchsorted(network.component[order], np.arange(len(wanted) + 1))
    for component in np.flatnonzero(wanted).tolist():
        if effort.is_over:
            break
        flow = improve(network, cost, flow, order[edges[component] : edges[component + 1]])
        answer.is_solved[component], answer.kind[component] = True, DUALS
        effort.report(1, "flow")
    return flow


def _later_stages(
    batch: Batch,
    network: Network,
    plan: Plan,
    flow: NDArray[np.int64],
    answer: BatchAnswer,
    effort: Effort,
) -> None:
    """Prove the first stage, then decide each later one among its ties, the lottery last."""
    is_open = (answer.is_solved & batch.is_flow)[network.component]
    stages = plan.count + effort.has_lottery
    for stage in range(stages):
        since = time.monotonic()
        if effort.is_over:
            answer.kind[answer.is_solved & batch.is_flow] = NONE
            break
        cost = _stage_costs(batch, network, plan, stage, effort.seed)
        at = np.flatnonzero(is_open)
        if stage:
            flow = _improve_together(network, cost, flow, movable(network, flow, at))
            since = effort.spent("lottery" if stage == plan.count else "solve", since)
        if not effort.has_proof and stage == stages - 1:
            break
        price = potentials(network, cost, flow, at)
        scale = plan.scale_in(stage)
        prices = natural_prices(batch, network, cost, price, is_open, flow)
        answer.stages.append(StagePrices(scale, stage == plan.count, prices))
        is_open = np.zeros(len(is_open), dtype=bool)
        is_open[tied(network, cost, price, at)] = True
        effort.spent("prove", since)
    others = answer.chosen[~batch.is_flow[batch.slot_component[batch.arc_slot[answer.chosen]]]]
    answer.chosen = np.concatenate([chosen_arcs(network, flow), others])


def _stage_costs(batch: Batch, network: Network, plan: Plan, stage: int, seed: int) -> NDArray[np.int64]:
    if stage < plan.count:
        return arc_costs(network, arc_weights(batch, plan, stage), load_scale(plan, stage))
    draw = tickets(seed, batch.slot[batch.arc_slot], batch.helper[batch.arc_helper])
    return arc_costs(network, draw, np.zeros(batch.count, np.int64))


def _improve_together(
    network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Improve all components in one run where the numbers allow it, else one after the other."""
    at = at[np.argsort(network.component[at], kind="stable")]
    if not len(at):
        return flow
    if int(np.abs(cost[at]).max()) * (2 * len(at) + 2) < FLOW_COST_TIMES_NODES_MAX:
        return improve(network, cost, flow, at)
    edges = np.flatnonzero(np.diff(network.component[at])) + 1
    for part in np.split(at, edges):
        flow = improve(network, cost, flow, part)
    return flow
