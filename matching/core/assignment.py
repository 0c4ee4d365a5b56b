"""
Solve small plain components as dense assignment problems: one row per slot, one column per place of a helper.

The k-th place of a helper costs more than the one before, so loads spread by themselves; a cell nobody is eligible for
is worth nothing and means "open". The solver releases the interpreter's lock, so threads help.

Source: Crouse, "On implementing 2D rectangular assignment algorithms", IEEE TAES 2016 (scipy's linear_sum_assignment).
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from matching.core.stages import places
from matching.core.tiers import step_cost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.parts import Batch

CELLS_MAX = 2_000_000
SLOTS_MAX = 1_200


def is_small(batch: Batch) -> NDArray[np.bool_]:
    """Tell which components are plain and small enough for a dense table, bool[c]."""
    rows = np.diff(batch.first_slot)
    columns = np.bincount(batch.helper_component, weights=places(batch), minlength=batch.count)
    return np.asarray(batch.is_plain & (rows <= SLOTS_MAX) & (rows * columns <= CELLS_MAX))


def assign(
    batch: Batch,
    weight: NDArray[np.int64],
    load_scale: NDArray[np.int64],
    wanted: NDArray[np.bool_],
    workers: int,
    deadline: float,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """
    Solve the wanted components, each to its optimum.

    Args:
        weight: int64[e], worth of each arc; all values stay below 2**50.
        load_scale: int64[c], worth of one unit of load_squares.
        wanted: bool[c], small plain components.
        deadline: `time.monotonic` after which no further component is begun.

    Returns:
        (positions of the arcs used, bool[c] what was solved).
    """
    table = _Table(batch, weight, load_scale, wanted)
    todo = np.flatnonzero(wanted)
    runs = np.array_split(todo, min(4 * workers, len(todo))) if workers > 1 and len(todo) else [todo]

    def work(components: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        return [table.solve(one) for one in components.tolist() if time.monotonic() < deadline]

    if workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            answers = list(pool.map(work, runs))
    else:
        answers = [work(run) for run in runs]
    solved = np.zeros(batch.count, dtype=bool)
    for run, answer in zip(runs, answers, strict=True):
        solved[run[: len(answer)]] = True
    used = [arcs for answer in answers for arcs in answer]
    return (np.concatenate(used) if used else np.zeros(0, np.int64)), solved


class _Table:
    """The cells of every component's dense table, side by side, so that each solve only scatters a slice."""

    def __init__(
        self, batch: Batch, weight: NDArray[np.int64], load_scale: NDArray[np.int64], wanted: NDArray[np.bool_]
    ) -> None:
        arcs = np.flatnonzero(wanted[batch.slot_component[batch.arc_slot]])
        copies = places(batch)
        before = np.cumsum(copies) - copies
        first_column = before[np.minimum(batch.first_helper[batch.helper_component], len(copies) - 1)]
        columns = np.bincount(batch.helper_component, weights=copies, minlength=batch.count).astype(np.int64)
        helper, component = batch.arc_helper[arcs], batch.slot_component[batch.arc_slot[arcs]]
        row = batch.arc_slot[arcs] - batch.first_slot[component]
        cell = row * columns[component] + (before - first_column)[helper]
        repeat = copies[helper]
        arc_place = np.arange(int(repeat.sum())) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        helper = np.repeat(helper, repeat)
        cost = step_cost(batch.base[helper] + arc_place + 1, batch.share[helper])
        self.arc = np.repeat(arcs, repeat)
        self.value = (np.repeat(weight[arcs], repeat) - load_scale[batch.helper_component[helper]] * cost).astype(float)
        self.cell = np.repeat(cell, repeat) + arc_place
        edges = np.concatenate([[0], np.cumsum(repeat)])
        self.begin = edges[np.searchsorted(arcs, batch.first_arc)].tolist()
        self.shape = list(zip(np.diff(batch.first_slot).tolist(), columns.tolist(), strict=True))

    def solve(self, component: int) -> NDArray[np.int64]:
        """Fill the component's table, solve it and give the arcs used."""
        mine = slice(self.begin[component], self.begin[component + 1])
        rows, columns = self.shape[component]
        table, origin = np.zeros(rows * columns), np.full(rows * columns, -1, np.int64)
        table[self.cell[mine]] = self.value[mine]
        origin[self.cell[mine]] = self.arc[mine]
        row, column = linear_sum_assignment(table.reshape(rows, columns), maximize=True)
        arcs = origin[row * columns + column]
        return np.asarray(arcs[arcs >= 0])
