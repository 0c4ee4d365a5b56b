"""
The same county solved by other means: by hand on scipy and OR-tools, and by the packages people reach for first.

Each takes a problem of single slots at one level and gives `slot_helper`; all but the last two aim at the same tiers
(coverage, fit, fair loads), so that their sums can be compared. The hand-written ones state what a good engineer
writes in an afternoon: components, packed weights, arrays.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ortools.graph.python import min_cost_flow
from ortools.sat.python import cp_model
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from matching.core.problem import save_problem
from matching.core.result import load_assignment

if TYPE_CHECKING:
    from matching.core.problem import MatchingProblem


def components(problem: MatchingProblem) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Cut into (slots, helpers, arc rows, arcs) per component, arcs in order of component."""
    slots, helpers = problem.slots, problem.helpers
    ends = (problem.arc_slot, slots + problem.arc_helper)
    graph = coo_array((np.ones(problem.arcs, np.int8), ends), shape=(slots + helpers,) * 2).tocsr()
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label[problem.arc_slot], kind="stable")
    cuts = np.flatnonzero(np.diff(label[problem.arc_slot[order]])) + 1
    parts = []
    for arcs in np.split(order, cuts):
        slot, row = np.unique(problem.arc_slot[arcs], return_inverse=True)
        helper, column = np.unique(problem.arc_helper[arcs], return_inverse=True)
        parts.append((slot, helper, np.stack([row, column]), arcs))
    return parts


def weights(slots: int, limit: np.ndarray) -> tuple[int, int]:
    """Give the scales of coverage and fit over loads for one component."""
    fit = (2 * int(limit.max(initial=1)) - 1) * slots + 1
    return fit * (1000 * slots + 1) + fit, fit


def scipy_by_hand(problem: MatchingProblem) -> np.ndarray:
    """Solve each component as a dense assignment problem with copies of helpers."""
    slot_helper = np.full(problem.slots, -1, np.int32)
    for slot, helper, (row, column), arcs in components(problem):
        limit = problem.helper_limit[helper]
        cover, fit = weights(len(slot), limit)
        copies = np.repeat(np.arange(len(helper)), limit)
        place = np.arange(len(copies)) - np.repeat(np.cumsum(limit) - limit, limit)
        table = np.zeros((len(slot), len(helper)))
        table[row, column] = cover + fit * problem.arc_fit[arcs].astype(np.int64)
        table = table[:, copies]
        table[table > 0] -= np.broadcast_to(2 * place + 1, table.shape)[table > 0]
        chosen, at = linear_sum_assignment(table, maximize=True)
        good = table[chosen, at] > 0
        slot_helper[slot[chosen[good]]] = helper[copies[at[good]]]
    return slot_helper


def ortools_by_hand(problem: MatchingProblem) -> np.ndarray:
    """Solve each component as a min-cost flow with one arc per place."""
    slot_helper = np.full(problem.slots, -1, np.int32)
    for slot, helper, (row, column), arcs in components(problem):
        limit = problem.helper_limit[helper]
        cover, fit = weights(len(slot), limit)
        owner = np.repeat(np.arange(len(helper)), limit)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(limit) - limit, limit)
        count, sink = len(slot), len(slot) + len(helper)
        solver = min_cost_flow.SimpleMinCostFlow()
        tail = np.concatenate([row, count + owner, np.arange(count)])
        head = np.concatenate([count + column, np.full(len(owner) + count, sink)])
        cost = np.concatenate(
            [-cover - fit * problem.arc_fit[arcs].astype(np.int64), 2 * place + 1, np.zeros(count, int)]
        )
        solver.add_arcs_with_capacity_and_unit_cost(tail, head, np.ones(len(tail), int), cost)
        solver.set_nodes_supplies(np.arange(sink + 1), np.append(np.repeat([1, 0], [count, len(helper)]), -count))
        solver.solve()
        used = np.flatnonzero(solver.flows(np.arange(len(arcs))))
        slot_helper[slot[row[used]]] = helper[column[used]]
    return slot_helper


def networkx_flow(problem: MatchingProblem) -> np.ndarray:
    """Solve the whole as one networkx flow: coverage and fit, loads left alone."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_node("out", demand=problem.slots)
    for slot in range(problem.slots):
        graph.add_node(("s", slot), demand=-1)
        graph.add_edge(("s", slot), "out", capacity=1, weight=1_000_000)
    for slot, helper, fit in zip(
        problem.arc_slot.tolist(), problem.arc_helper.tolist(), problem.arc_fit.tolist(), strict=True
    ):
        graph.add_edge(("s", slot), ("h", helper), capacity=1, weight=1000 - fit)
    for helper, limit in enumerate(problem.helper_limit.tolist()):
        graph.add_edge(("h", helper), "out", capacity=limit, weight=0)
    flow = nx.min_cost_flow(graph)
    slot_helper = np.full(problem.slots, -1, np.int32)
    for slot in range(problem.slots):
        for to, amount in flow["s", slot].items():
            if amount and to != "out":
                slot_helper[slot] = to[1]
    return slot_helper


def pulp_cbc(problem: MatchingProblem) -> np.ndarray:
    """Solve the whole as an integer program: coverage and fit, loads left alone."""
    import pulp

    model = pulp.LpProblem("county", pulp.LpMaximize)
    use = [pulp.LpVariable(f"x{arc}", cat="Binary") for arc in range(problem.arcs)]
    model += pulp.lpSum((1_000_000 + fit) * var for var, fit in zip(use, problem.arc_fit.tolist(), strict=True))
    by_slot: dict[int, list] = {}
    by_helper: dict[int, list] = {}
    for var, slot, helper in zip(use, problem.arc_slot.tolist(), problem.arc_helper.tolist(), strict=True):
        by_slot.setdefault(slot, []).append(var)
        by_helper.setdefault(helper, []).append(var)
    for row in by_slot.values():
        model += pulp.lpSum(row) <= 1
    for helper, row in by_helper.items():
        model += pulp.lpSum(row) <= int(problem.helper_limit[helper])
    model.solve(pulp.PULP_CBC_CMD(msg=False))
    slot_helper = np.full(problem.slots, -1, np.int32)
    used = [arc for arc, var in enumerate(use) if (var.value() or 0) > 0.5]
    slot_helper[problem.arc_slot[used]] = problem.arc_helper[used]
    return slot_helper


def deferred_acceptance(problem: MatchingProblem) -> np.ndarray:
    """Match by the `matching` package's hospital-resident game: stable, not optimal."""
    script = Path(__file__).with_name("deferred_acceptance.py")
    with tempfile.TemporaryDirectory() as folder:
        save_problem(problem, Path(folder) / "problem.npz")
        # Away from the project the name `matching` means the package.
        elsewhere = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        elsewhere["PYTHONPATH"] = os.environ.get("PEERS_PATH", "")
        command = [sys.executable, "-P", str(script), "problem.npz", "result.npz"]
        subprocess.run(command, cwd=folder, env=elsewhere, check=True, capture_output=True)
        answer = load_assignment(Path(folder) / "result.npz")
    return np.append(answer, np.full(problem.slots - len(answer), -1, np.int32))


def greedy_by_fit(problem: MatchingProblem) -> np.ndarray:
    """Take the best remaining pair again and again."""
    slot_helper, left = np.full(problem.slots, -1, np.int32), problem.helper_limit.copy()
    for arc in np.argsort(-problem.arc_fit, kind="stable").tolist():
        slot, helper = problem.arc_slot[arc], problem.arc_helper[arc]
        if slot_helper[slot] < 0 and left[helper]:
            slot_helper[slot] = helper
            left[helper] -= 1
    return slot_helper


def cp_sat_by_hand(problem: MatchingProblem, seconds: float = 60.0) -> np.ndarray:
    """Solve the whole as one CP-SAT model, coverage and fit, as far as the time allows."""
    model = cp_model.CpModel()
    use = [model.new_bool_var("") for _ in range(problem.arcs)]
    by_slot: dict[int, list] = {}
    by_helper: dict[int, list] = {}
    for var, slot, helper in zip(use, problem.arc_slot.tolist(), problem.arc_helper.tolist(), strict=True):
        by_slot.setdefault(slot, []).append(var)
        by_helper.setdefault(helper, []).append(var)
    for row in by_slot.values():
        model.add_at_most_one(row)
    for helper, row in by_helper.items():
        model.add(sum(row) <= int(problem.helper_limit[helper]))
    model.maximize(sum((1_000_000 + fit) * var for var, fit in zip(use, problem.arc_fit.tolist(), strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    slot_helper = np.full(problem.slots, -1, np.int32)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        used = [arc for arc, var in enumerate(use) if solver.value(var)]
        slot_helper[problem.arc_slot[used]] = problem.arc_helper[used]
    return slot_helper
