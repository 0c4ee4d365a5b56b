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
import scipy  # its `optimize` is loaded once asked for: most solves start without it, a third of a second sooner

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
    tables = _Tables(batch, weight, load_scale)
    todo = np.flatnonzero(wanted)
    runs = np.array_split(todo, min(4 * workers, len(todo))) if workers > 1 and len(todo) else [todo]

    def work(components: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        return [tables.solve(one) for one in components.tolist() if time.monotonic() < deadline]

    if workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            answers = list(pool.map(work, runs))
    else:
        answers = [work(run) for run in runs]
    solved = np.zeros(batch.count, dtype=bool)
    for run, answer in zip(runs, answers, strict=True):
        solved[run[: len(answer)]] = True
    return tables.arcs_of([pairs for answer in answers for pairs in answer]), solved


class _Tables:
    """The cells of every component's table with one column per helper, ready to be scattered."""

    def __init__(self, batch: Batch, weight: NDArray[np.int64], load_scale: NDArray[np.int64]) -> None:
        self.batch = batch
        component = batch.slot_component[batch.arc_slot]
        helpers = np.diff(batch.first_helper)
        row = batch.arc_slot - batch.first_slot[component]
        self.cell = row * helpers[component] + batch.arc_helper - batch.first_helper[component]
        self.value = weight.astype(float)
        copies = places(batch)
        self.first_copy = np.concatenate([[0], np.cumsum(copies)])
        self.copy_helper = np.repeat(np.arange(len(copies)), copies)
        place = np.arange(len(self.copy_helper)) - self.first_copy[self.copy_helper] + 1
        cost = step_cost(batch.base[self.copy_helper] + place, batch.share[self.copy_helper])
        self.copy_cost = (load_scale[batch.helper_component[self.copy_helper]] * cost).astype(float)
        self.edges = [edge.tolist() for edge in (batch.first_arc, batch.first_slot, batch.first_helper)]

    def solve(self, component: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Fill the component's table, solve it and give the slots and helpers of all its cells chosen."""
        (arc, arc_end), (slot, slot_end), (helper, helper_end) = (
            edge[component : component + 2] for edge in self.edges
        )
        copies = slice(int(self.first_copy[helper]), int(self.first_copy[helper_end]))
        owner = self.copy_helper[copies]
        table = np.zeros((slot_end - slot, helper_end - helper))
        table.ravel()[self.cell[arc:arc_end]] = self.value[arc:arc_end]
        table = table[:, owner - helper]
        # A pair is worth more than any place costs, so only cells without a pair fall below nothing.
        table -= self.copy_cost[copies]
        np.maximum(table, 0, out=table)
        row, column = scipy.optimize.linear_sum_assignment(table, maximize=True)
        is_pair = table[row, column] > 0
        return slot + row[is_pair], owner[column[is_pair]]

    def arcs_of(self, pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> NDArray[np.int64]:
        """Find the arcs of (slot, helper) pairs; the batch holds its arcs in order of both."""
        if not pairs:
            return np.zeros(0, np.int64)
        slot, helper = (np.concatenate(column) for column in zip(*pairs, strict=True))
        key = self.batch.arc_slot * len(self.batch.helper) + self.batch.arc_helper
        return np.asarray(np.searchsorted(key, slot * len(self.batch.helper) + helper), np.int64)
