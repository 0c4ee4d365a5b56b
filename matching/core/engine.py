"""Solve one batch of components, stage by stage, and collect the prices that prove it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from matching.core.assignment import assign, is_small
from matching.core.duals import Prices, natural_prices
from matching.core.fallback import fall_back
from matching.core.greedy import standing, unmet_slots
from matching.core.lottery import tickets
from matching.core.network import (
    Network,
    arc_costs,
    build_network,
    chosen_arcs,
    flow_of,
    movable,
    potentials,
    tied,
)
from matching.core.pricing import improve_priced
from matching.core.search import Found, Hint, search
from matching.core.stages import (
    ASSIGNMENT_COST_MAX,
    FLOW_COST_TIMES_NODES_MAX,
    Plan,
    arc_weights,
    load_scale,
    plan_stages,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from matching.core.parts import Batch
    from matching.core.result import BoundProof
    from matching.core.tiers import Tier

DUALS, BOUND, SEARCH, NONE = range(4)
SHARE_OF_LEFT = 2
"""A component that others wait for may search for half of the time left."""
NODES_TOGETHER = 4096
"""Components are solved in one run up to so many nodes: a run costs more than a small component does."""


@dataclass(slots=True)
class Effort:
    """
    What a solve may and shall do, and how long its phases took.

    Args:
        deadline: `time.monotonic` after which no new piece of work is begun.
        seed, workers: as in `SolveLimits`.
        has_lottery, has_proof: leave out for measurements only; without a proof nothing is called OPTIMAL.
        report: told each finished stage: components done in it, and its name.
        seconds: summed over threads, by phase.
        arcs_left: of the batches not begun yet; while there are any, no component may take all the time.
    """

    deadline: float
    seed: int
    workers: int
    has_lottery: bool = True
    has_proof: bool = True
    report: Callable[[int, str], None] = lambda _done, _stage: None
    seconds: dict[str, float] = field(default_factory=dict)
    arcs_left: int = 0
    lock: Lock = field(default_factory=Lock)

    def spent(self, phase: str, since: float) -> float:
        """Book the time since then under a phase, and give the present."""
        now = time.monotonic()
        with self.lock:
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
    What one batch came to.

    Args:
        chosen: positions of the batch's arcs used.
        kind: int8[c], what each component's proof rests on: DUALS, BOUND, SEARCH or NONE.
        is_solved: bool[c], a solver has found a solution; stages, bounds: the proofs.
        is_reached: bool[c], at least its relaxed network was solved in time.
        most: int64[T, c], what a relaxed network proves of tiers of coverage, or a search of any tier, each beside the
            tiers before at theirs; -1 where nothing is known, and of no use for loads.
    """

    chosen: NDArray[np.int64]
    kind: NDArray[np.int8]
    is_solved: NDArray[np.bool_]
    stages: list[StagePrices] = field(default_factory=list)
    bounds: list[BoundProof] = field(default_factory=list)
    most: NDArray[np.int64] | None = None
    is_reached: NDArray[np.bool_] | None = None


def solve_batch(batch: Batch, tiers: tuple[Tier, ...], effort: Effort) -> BatchAnswer:
    """Solve every component of the batch as far as time allows."""
    with effort.lock:
        effort.arcs_left -= len(batch.arc)
    answer, plan = _solve_networks(batch, tiers, effort)
    since = time.monotonic()
    broken = broken_components(batch, answer.chosen)
    losses = _losses(batch, plan, answer) if len(broken) else []
    answer.most = _most_covered(batch, tiers, answer, broken)
    hints = [hint_from(batch, component, plan, answer, losses) for component in broken.tolist()]
    is_broken = np.zeros(batch.count, dtype=bool)
    is_broken[broken] = True
    relaxed = answer.chosen
    answer.chosen = relaxed[~is_broken[batch.slot_component[batch.arc_slot[relaxed]]]]
    answer.is_reached = answer.is_solved.copy()
    answer.kind[broken], answer.is_solved[broken] = NONE, False

    for component, found in _searched(batch, tiers, broken, hints, effort):
        if found is not None:
            answer.chosen = np.concatenate([answer.chosen, found.chosen])
            answer.kind[component], answer.is_solved[component] = found.kind, True
            answer.bounds += found.bounds
            _bounded(answer.most[:, component], found.most)
    cut_short = ~answer.is_solved | (is_broken & (answer.kind == NONE))
    if cut_short.any():
        kept = ~cut_short[batch.slot_component[batch.arc_slot[answer.chosen]]]
        quick = fall_back(batch, tiers, cut_short, [answer.chosen, relaxed])
        answer.chosen = np.concatenate([answer.chosen[kept], quick])
    effort.spent("solve", since)
    return answer


def _bounded(known: NDArray[np.int64], found: dict[int, int]) -> None:
    """Take over a search's bounds; what was known of later tiers held beside the earlier ones as they were then."""
    for row, most in sorted(found.items()):
        if known[row] < 0 or most < known[row]:
            known[row], known[row + 1 :] = most, -1


def _searched(
    batch: Batch, tiers: tuple[Tier, ...], broken: NDArray[np.int64], hints: list[Hint], effort: Effort
) -> Iterator[tuple[int, Found | None]]:
    """Search the broken components, small ones first; each may take its share of what is left, and leaves the rest."""
    size = np.diff(batch.first_arc)[broken]
    order = np.argsort(size, kind="stable").tolist()
    waiting = len(order)

    def work(at: int) -> tuple[int, Found | None]:
        nonlocal waiting
        component, now = int(broken[at]), time.monotonic()
        with effort.lock:
            rounds = -(-waiting // effort.workers)
            waiting -= 1
        is_last = rounds <= 1 and effort.arcs_left <= 0
        until = effort.deadline if is_last else now + max(effort.deadline - now, 0) / SHARE_OF_LEFT
        found = None if effort.is_over else search(batch, component, tiers, hints[at], effort.seed, until)
        effort.report(0, "search")
        return component, found

    with ThreadPoolExecutor(effort.workers) as pool:
        yield from pool.map(work, order)


def _most_covered(
    batch: Batch, tiers: tuple[Tier, ...], answer: BatchAnswer, broken: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Count what the networks of the broken components cover, as far as it is proven: no choice covers more."""
    most = np.full((len(tiers), batch.count), -1, np.int64)
    proven = broken[answer.kind[broken] == DUALS]
    slot = batch.arc_slot[answer.chosen]
    for row, tier in enumerate(tiers):
        if tier.kind == "coverage":
            counted = slot[(batch.level[slot] == tier.level) & (batch.turn[slot] == tier.turn)]
            most[row, proven] = np.bincount(batch.slot_component[counted], minlength=batch.count)[proven]
    return most


def broken_components(batch: Batch, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the components whose answer breaks a rule their network left out."""
    is_filled = np.zeros(len(batch.slot), dtype=bool)
    is_filled[batch.arc_slot[chosen]] = True
    bound = np.flatnonzero((batch.bundle >= 0) & (batch.net_bundle < 0))
    size = np.bincount(batch.bundle[bound], minlength=int(batch.bundle.max(initial=-1)) + 1)
    filled = np.bincount(batch.bundle[bound], weights=is_filled[bound], minlength=len(size))
    half = bound[((filled > 0) & (filled < size))[batch.bundle[bound]]]
    pair = batch.arc_pair[chosen]
    twice = np.bincount(pair[pair >= 0], minlength=len(batch.pair_cap)) > 1
    doubled = batch.arc_slot[chosen[(pair >= 0) & twice[pair]]] if len(twice) else half[:0]
    return np.unique(batch.slot_component[np.concatenate([half, doubled, unmet_slots(batch, chosen)])])


def hint_from(batch: Batch, component: int, plan: Plan, answer: BatchAnswer, losses: list[NDArray[np.int64]]) -> Hint:
    """Tell the search what the relaxed network has found of one component."""
    mine = slice(int(batch.first_arc[component]), int(batch.first_arc[component + 1]))
    coverage = [row for row, tier in enumerate(plan.tiers) if tier.kind == "coverage"]
    slots = slice(int(batch.first_slot[component]), int(batch.first_slot[component + 1]))
    # Without its bundles a network fills halves, more than any choice can: not worth a trial.
    loses_bundles = bool(((batch.bundle[slots] >= 0) & (batch.net_bundle[slots] < 0)).any())
    is_first = (plan.stage[coverage, component] == 0).all() and bool(answer.stages) and not loses_bundles
    return Hint(
        losses=[loss[mine] for loss in losses],
        is_used=np.isin(np.arange(mine.start, mine.stop), answer.chosen),
        scale=plan.scale_in(0)[:, component].tolist() if is_first else None,
        prices=answer.stages[0].prices if is_first else None,
    )


def _losses(batch: Batch, plan: Plan, answer: BatchAnswer) -> list[NDArray[np.int64]]:
    """Give, per stage, how far each arc is from paying its prices, 0 for those that do."""
    losses = []
    for stage, one in enumerate(answer.stages[: plan.count]):
        paid = one.prices.slot[batch.arc_slot] + one.prices.helper[batch.arc_helper]
        for number, price in ((batch.arc_cap, one.prices.cap), (batch.arc_pair, one.prices.pair)):
            named = np.flatnonzero(number >= 0)
            paid[named] += price[number[named]]
        losses.append(np.maximum(paid - arc_weights(batch, plan, stage), 0))
    return losses


def _solve_networks(batch: Batch, tiers: tuple[Tier, ...], effort: Effort) -> tuple[BatchAnswer, Plan]:
    since = time.monotonic()
    small = is_small(batch)
    plan = plan_stages(batch, tiers, _cost_max(batch, small))
    weight, loads = arc_weights(batch, plan, 0), load_scale(plan, 0)
    chosen, solved = assign(batch, weight, loads, small, effort.workers, effort.deadline)
    effort.report(int(solved.sum()), "assignment")
    kind = np.where(solved, DUALS, NONE).astype(np.int8)
    answer = BatchAnswer(chosen, kind, solved)
    if small.all() and plan.count == 1 and not (effort.has_proof or effort.has_lottery):
        effort.spent("solve", since)
        return answer, plan
    network = build_network(batch)
    # What stands is mostly best where little has changed, and then only has to be proven so.
    begun = standing(batch, ~small)
    flow = flow_of(batch, network, np.concatenate([chosen, begun]))
    cost = arc_costs(network, weight, loads)
    guess = None if small.all() else _solve_large(batch, network, cost, flow, ~small, answer, effort)
    effort.spent("solve", since)
    _later_stages(batch, network, plan, (cost, guess), flow, answer, effort)
    return answer, plan


def _cost_max(batch: Batch, small: NDArray[np.bool_]) -> NDArray[np.int64]:
    flow_max = FLOW_COST_TIMES_NODES_MAX // np.maximum(_nodes(batch), NODES_TOGETHER)
    return np.where(small, np.minimum(ASSIGNMENT_COST_MAX, flow_max), flow_max)


def _nodes(batch: Batch) -> NDArray[np.int64]:
    """Bound the nodes of each component's network, int64[c]."""
    own = np.diff(batch.first_slot) + np.diff(batch.first_helper) + 1
    component = batch.slot_component[batch.arc_slot]
    inner = component[(batch.arc_cap >= 0) | (batch.net_pair >= 0)]
    return own + 2 * np.bincount(inner, minlength=batch.count)


def _solve_large(
    batch: Batch,
    network: Network,
    cost: NDArray[np.int64],
    flow: NDArray[np.int64],
    wanted: NDArray[np.bool_],
    answer: BatchAnswer,
    effort: Effort,
) -> NDArray[np.int64] | None:
    """Run the flow solver on the wanted components, small ones together; give the prices large ones came to."""
    guess = None
    order = np.argsort(network.component, kind="stable")
    edges = np.searchsorted(network.component[order], np.arange(len(wanted) + 1))
    for group in _groups(np.flatnonzero(wanted), _nodes(batch)):
        if effort.is_over:
            break
        arcs = np.concatenate([order[edges[component] : edges[component + 1]] for component in group])
        price = improve_priced(network, cost, flow, arcs)
        if price is not None:
            guess = price if guess is None else np.where(np.isin(network.node_component, group), price, guess)
        answer.is_solved[group], answer.kind[group] = True, DUALS
        effort.report(len(group), "flow")
    return guess


def _groups(components: NDArray[np.int64], nodes: NDArray[np.int64]) -> list[list[int]]:
    """Gather components so that each group has at most `NODES_TOGETHER` nodes, or is one component."""
    groups: list[list[int]] = []
    room = 0
    for component in components.tolist():
        need = int(nodes[component])
        if need > room:
            groups.append([])
            room = NODES_TOGETHER
        groups[-1].append(component)
        room -= need
    return groups


def _later_stages(
    batch: Batch,
    network: Network,
    plan: Plan,
    first: tuple[NDArray[np.int64], NDArray[np.int64] | None],
    flow: NDArray[np.int64],
    answer: BatchAnswer,
    effort: Effort,
) -> None:
    """
    Prove the first stage, then decide each later one among its ties, the lottery last.

    Args:
        first: what the arcs cost in the first stage, int64[m], and roughly its prices, int64[n], or None.
    """
    is_open = answer.is_solved[network.component]
    stages = plan.count + effort.has_lottery
    for stage in range(stages):
        since = time.monotonic()
        if effort.is_over:
            answer.kind[:] = NONE
            break
        cost = _stage_costs(batch, network, plan, stage, effort.seed, is_open) if stage else first[0]
        at = np.flatnonzero(is_open)
        if stage:
            _improve_together(network, cost, flow, movable(network, flow, at))
            since = effort.spent("lottery" if stage == plan.count else "solve", since)
        if not effort.has_proof and stage == stages - 1:
            break
        price = potentials(network, cost, flow, at, None if stage else first[1])
        scale = plan.scale_in(stage)
        prices = natural_prices(batch, network, cost, price, is_open, flow)
        answer.stages.append(StagePrices(scale, stage == plan.count, prices))
        is_open = np.zeros(len(is_open), dtype=bool)
        is_open[tied(network, cost, price, at)] = True
        effort.spent("prove", since)
    answer.chosen = chosen_arcs(network, flow)


def _stage_costs(
    batch: Batch, network: Network, plan: Plan, stage: int, seed: int, is_open: NDArray[np.bool_]
) -> NDArray[np.int64]:
    if stage < plan.count:
        return arc_costs(network, arc_weights(batch, plan, stage), load_scale(plan, stage))
    # Only what is still open draws: at a county a few ties among a million arcs.
    arcs = np.flatnonzero(is_open[: network.place_arc])
    draw = np.zeros(len(batch.arc), np.int64)
    draw[arcs] = tickets(seed, batch.slot[batch.arc_slot[arcs]], batch.helper[batch.arc_helper[arcs]])
    return arc_costs(network, draw, np.zeros(batch.count, np.int64))


def _improve_together(
    network: Network, cost: NDArray[np.int64], flow: NDArray[np.int64], at: NDArray[np.int64]
) -> None:
    """Improve all components in one run where the numbers allow it, else one after the other."""
    at = at[np.argsort(network.component[at], kind="stable")]
    if not len(at):
        return
    if int(np.abs(cost[at]).max()) * (2 * len(at) + 2) < FLOW_COST_TIMES_NODES_MAX:
        improve_priced(network, cost, flow, at)
        return
    edges = np.flatnonzero(np.diff(network.component[at])) + 1
    for part in np.split(at, edges):
        improve_priced(network, cost, flow, part)
