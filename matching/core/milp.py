"""
The components no network can say, as integer programs: tier after tier, each earlier one kept by a row of its own.

Weights are never used here: in floating point a large weight would swallow the tiers below it.

Source: HiGHS (Huangfu and Hall, 2018) through scipy.optimize; docs/matching.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import scipy  # its rooms are loaded once asked for: most solves start without `optimize`, a third of a second sooner

from matching.core.parts import ranges
from matching.core.stages import places
from matching.core.tiers import step_cost

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array

    from matching.core.parts import Batch


_INFEASIBLE = 2


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """
    One component's rows and columns; every value is whole.

    Args:
        arcs, slots, helpers, caps, pairs, bundles: local numbers in the batch of what the program speaks about.
        grouped: the slots of `slots` that have a group, by position; group: its number per slot, or -1.
        place_helper, place_cost: per place, its position in `helpers` and its load_squares.
        rows: columns are arcs, then bundles, then places; rows are slots, helpers, caps, pairs, then grouped slots.
        low, high: float64 per row.
    """

    arcs: NDArray[np.int64]
    slots: NDArray[np.int64]
    helpers: NDArray[np.int64]
    caps: NDArray[np.int64]
    pairs: NDArray[np.int64]
    bundles: NDArray[np.int64]
    grouped: NDArray[np.int64]
    group: NDArray[np.int64]
    place_helper: NDArray[np.int64]
    place_cost: NDArray[np.int64]
    rows: csc_array
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.arcs) + len(self.bundles) + len(self.place_helper)

    def columns_with(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the columns of some arcs, then of all bundles and places."""
        return np.concatenate([at, np.arange(len(self.arcs), self.columns)])


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """
    Columns and rows of a program as far as they are settled.

    Args:
        low, high: per column, 0 or 1; row_low: per row.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    row_low: NDArray[np.float64]

    def open_arcs(self, program: Program) -> NDArray[np.bool_]:
        """Flag the arcs that may be used."""
        return np.asarray(self.high[: len(program.arcs)] > 0)

    @property
    def is_free(self) -> NDArray[np.bool_]:
        """Flag the columns that are not settled."""
        return np.asarray(self.low < self.high)


def whole_face(program: Program) -> Face:
    """Leave everything open."""
    return Face(np.zeros(program.columns), np.ones(program.columns), program.low)


class Relaxed(NamedTuple):
    """A relaxation's arcs, how far each is used, and prices of rows and of kept tiers in the sense of costs."""

    at: NDArray[np.int64]
    use: NDArray[np.float64]
    price: NDArray[np.float64]
    tier_price: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """
    A tier as costs to be made small: loads as they are, all others negated.

    Args:
        cost: whole per column, or tickets scaled to 0 .. 1; value: the sum reached, once known.
    """

    cost: NDArray[Any]
    value: int = 0


def build_program(batch: Batch, component: int) -> Program:
    """State one component's rules as rows."""
    mine = slice(int(batch.first_arc[component]), int(batch.first_arc[component + 1]))
    arcs = np.arange(mine.start, mine.stop)
    slots = np.arange(batch.first_slot[component], batch.first_slot[component + 1])
    helpers = np.arange(batch.first_helper[component], batch.first_helper[component + 1])
    row_slot, row_helper = batch.arc_slot[mine] - slots[0], batch.arc_helper[mine] - helpers[0]
    caps, cap = _numbered(batch.arc_cap[mine])
    pairs, pair = _numbered(batch.arc_pair[mine])
    bundles, bundle = _numbered(batch.bundle[slots])
    count = places(batch)[helpers]
    place_helper = np.repeat(np.arange(len(helpers)), count)
    place = np.arange(len(place_helper)) - np.repeat(np.cumsum(count) - count, count) + 1
    place_cost = step_cost(batch.base[helpers[place_helper]] + place, batch.share[helpers[place_helper]])
    arc_column = np.arange(len(arcs))
    bundle_column, place_column = len(arcs) + bundle, len(arcs) + len(bundles) + np.arange(len(place_helper))
    helper_row, cap_row = len(slots), len(slots) + len(helpers)
    pair_row, group_row = cap_row + len(caps), cap_row + len(caps) + len(pairs)
    group = _numbered(batch.group[slots])[1]
    grouped = np.flatnonzero(group >= 0)
    end = group_row + len(grouped)
    bound, capped, paired = np.flatnonzero(bundle >= 0), np.flatnonzero(cap >= 0), np.flatnonzero(pair >= 0)
    entries = [
        (row_slot, arc_column, 1),
        (bound, bundle_column[bound], -1),
        (helper_row + row_helper, arc_column, 1),
        (helper_row + place_helper, place_column, -1),
        (cap_row + cap[capped], arc_column[capped], 1),
        (pair_row + pair[paired], arc_column[paired], 1),
        *_group_entries(group, group_row, row_slot, batch.meets[mine]),
    ]
    row = np.concatenate([entry[0] for entry in entries])
    column = np.concatenate([entry[1] for entry in entries])
    value = np.concatenate([np.full(len(entry[0]), entry[2], float) for entry in entries])
    width = len(arcs) + len(bundles) + len(place_helper)
    high = np.zeros(end)
    high[:helper_row] = bundle < 0
    high[cap_row:pair_row] = batch.cap_max[caps]
    high[pair_row:group_row] = 1
    low = np.full(end, -np.inf)
    low[:helper_row][bundle >= 0] = 0
    low[helper_row:cap_row] = 0
    rows = scipy.sparse.csc_array((value, (row, column)), shape=(end, width))
    return Program(
        arcs, slots, helpers, caps, pairs, bundles, grouped, group, place_helper, place_cost, rows, low, high
    )


def _group_entries(
    group: NDArray[np.int64], first_row: int, arc_slot: NDArray[np.int64], meets: NDArray[np.bool_]
) -> list[tuple[NDArray[np.int64], NDArray[np.int64], int]]:
    """
    State, for every slot of a group, that an arc that does not meet fills it only beside one that does in another slot.

    Args:
        group: per slot, or -1; arc_slot: per arc.

    Returns:
        (row, column, value), a row per slot with a group; both kinds of arcs of the slot itself cancel out.
    """
    grouped = np.flatnonzero(group >= 0)
    row_of = np.full(len(group), -1, np.int64)
    row_of[grouped] = first_row + np.arange(len(grouped))
    without = np.flatnonzero((row_of >= 0)[arc_slot] & ~meets)
    entries = [(row_of[arc_slot[without]], without, 1)]
    meeting = np.flatnonzero((row_of >= 0)[arc_slot] & meets)
    order = grouped[np.argsort(group[grouped], kind="stable")]
    first = np.searchsorted(group[order], group[arc_slot[meeting]])
    count = np.searchsorted(group[order], group[arc_slot[meeting]], side="right") - first
    # Each arc that meets stands in the rows of all its group's slots but its own.
    mates = order[ranges(first, count)]
    column = np.repeat(meeting, count)
    others = np.flatnonzero(mates != arc_slot[column])
    return [*entries, (row_of[mates[others]], column[others], -1)]


def _numbered(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the keys >= 0 in order, and each entry's place among them, -1 kept."""
    keys = np.unique(key[key >= 0])
    return keys, np.where(key >= 0, np.searchsorted(keys, key), -1)


def objective(program: Program, gain: NDArray[np.int64], *, is_load: bool) -> Objective:
    """State a tier from its gain per arc of the program, or the loads."""
    cost = np.zeros(program.columns, np.int64)
    if is_load:
        cost[len(program.arcs) + len(program.bundles) :] = program.place_cost
    else:
        cost[: len(program.arcs)] = -gain
    return Objective(cost)


def minimise(
    program: Program, goal: Objective, kept: list[Objective], face: Face, at: NDArray[np.int64], seconds: float
) -> tuple[NDArray[np.int64] | None, bool]:
    """
    Solve one tier over some of the arcs.

    Args:
        kept: earlier tiers with the values they must keep; face: what others have settled.
        at: positions of the arcs that may be used.
        seconds: wall clock for the search.

    Returns:
        (arcs used, as positions in the program, or None when none was found; whether the search was finished).
    """
    columns = program.columns_with(at)
    rows, low, high = _with_tiers(program, kept, face, columns)
    is_whole = np.zeros(len(columns))
    is_whole[: len(at)] = 1
    answer = scipy.optimize.milp(
        goal.cost[columns].astype(float),
        constraints=scipy.optimize.LinearConstraint(rows, low, high),
        bounds=scipy.optimize.Bounds(face.low[columns], face.high[columns]),
        integrality=is_whole,
        options={"time_limit": max(seconds, 0.01), "mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return None, answer.status == _INFEASIBLE
    return at[answer.x[: len(at)] > 0.5], bool(answer.status == 0)  # noqa: PLR2004 - half of one


def relax(
    program: Program, goal: Objective, kept: list[Objective], face: Face, at: NDArray[np.int64], seconds: float
) -> Relaxed | None:
    """
    Solve one tier over some of the arcs as a linear program; arguments as for `minimise`.

    Returns:
        None when there is no solution, or none within the seconds.
    """
    columns = program.columns_with(at)
    rows, low, high = _with_tiers(program, kept, face, columns)
    is_equal = low == high
    answer = scipy.optimize.linprog(
        goal.cost[columns].astype(float),
        A_ub=rows[~is_equal],
        b_ub=high[~is_equal],
        A_eq=rows[is_equal],
        b_eq=high[is_equal],
        bounds=np.column_stack([face.low[columns], face.high[columns]]),
        method="highs",
        options={"time_limit": max(seconds, 0.01)},
    )
    if answer.x is None or answer.status:
        return None
    price = np.zeros(len(low))
    price[~is_equal], price[is_equal] = answer.ineqlin.marginals, answer.eqlin.marginals
    return Relaxed(at, answer.x[: len(at)], price[: len(program.low)], price[len(program.low) :])


def _with_tiers(
    program: Program, kept: list[Objective], face: Face, columns: NDArray[np.int64]
) -> tuple[csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Take some columns, and add one row per kept tier: no worse than its value."""
    rows = program.rows[:, columns]
    if kept:
        rows = scipy.sparse.vstack(
            [rows, scipy.sparse.csr_array(np.array([tier.cost[columns] for tier in kept], float))]
        )
    low = np.concatenate([face.row_low, np.full(len(kept), -np.inf)])
    high = np.concatenate([program.high, [float(tier.value) for tier in kept]])
    return scipy.sparse.csr_array(rows), low, high
