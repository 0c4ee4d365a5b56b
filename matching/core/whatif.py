"""What a change would do to a draft: solved with what stands kept, and told as moves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from backend.kernel.solving import SolveLimits, SolveStatus
from matching.core.build import build_problem
from matching.core.candidates import Candidates
from matching.core.changes import Change, KindTo, changed
from matching.core.facts import PairColumns
from matching.core.rules import slot_kinds
from matching.core.score import fit_points
from matching.core.solve import solve
from matching.core.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from matching.core.facts import Facts
    from matching.core.problem import MatchingProblem
    from matching.core.result import Conflict
    from matching.core.tiers import Mode

OPEN = -1
QUICK = SolveLimits(seconds=10.0, memory_mb=1024, workers=1)


@dataclass(frozen=True, slots=True)
class Move:
    """One slot whose helper changes; OPEN stands for nobody."""

    slot: int
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Difference:
    """
    A draft before and after.

    Args:
        status: of the solve; the rest is empty unless it is OPTIMAL or FEASIBLE.
        filled: level -> (before, after), slots filled.
        complete: (before, after), children all of whose slots are filled.
        fit: (before, after), both counted by the changed weights; squares: likewise the sum of squared loads.
        moves: in order of slot. load: helper -> places after, of everybody a move touches.
    """

    status: SolveStatus
    filled: dict[int, tuple[int, int]]
    complete: tuple[int, int]
    fit: tuple[int, int]
    squares: tuple[int, int]
    moves: tuple[Move, ...]
    load: dict[int, int]
    conflicts: tuple[Conflict, ...] = ()

    @property
    def is_answered(self) -> bool:
        """Whether the solve came to an answer; one that ran out of time or found contradicting locks did not."""
        return self.status in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE)

    @property
    def gain(self) -> int:
        """Slots filled more, over all levels; negative when fewer."""
        return sum(after - before for before, after in self.filled.values())


def compare(
    facts: Facts,
    present: NDArray[np.int32],
    changes: Sequence[Change] = (),
    *,
    forced: tuple[int, int] | None = None,
    limits: SolveLimits = QUICK,
) -> Difference:
    """
    Solve the draft again after some changes, moving as little as will do.

    Args:
        facts: `kept` is taken from `present`; `locked` stays.
        present: int32[S], the draft's helper of each slot, OPEN = -1. A pair no rule allows any more counts as a move.
        forced: (slot, helper) that must come about, whatever it costs.

    Returns:
        The difference. Coverage goes first, then keeping pairs; where weights change, fit comes before keeping.
    """
    trial = _with_present(changed(facts, changes), present, forced)
    problem = build_problem(trial)
    result = solve(problem, limits, mode=_mode(changes))
    if result.status not in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE):
        return Difference(result.status, {}, (0, 0), (0, 0), (0, 0), (), {}, result.conflicts)
    faults = verify(problem, result)
    if faults:
        raise RuntimeError(f"a what-if failed its check: {faults[0]}")
    return _difference(trial, problem, result.status, present, result.slot_helper)


def _mode(changes: Sequence[Change]) -> Mode:
    is_reweighted = any(isinstance(change, KindTo) and "weights" in change.said for change in changes)
    return "term" if is_reweighted else "repair"


def _with_present(facts: Facts, present: NDArray[np.int32], forced: tuple[int, int] | None) -> Facts:
    held = np.flatnonzero(present >= 0).astype(np.int32)
    kept = PairColumns(held, present[held].astype(np.int32))
    locked = facts.locked
    if forced is not None:
        others = locked.first != forced[0]
        first, second = locked.first[others], locked.second[others]
        locked = PairColumns(
            np.append(first, forced[0]).astype(np.int32), np.append(second, forced[1]).astype(np.int32)
        )
    return replace(facts, kept=kept, locked=locked)


def _difference(
    facts: Facts,
    problem: MatchingProblem,
    status: SolveStatus,
    before: NDArray[np.int32],
    after: NDArray[np.int32],
) -> Difference:
    load = np.bincount(after[after >= 0], minlength=problem.helpers)
    moved = np.flatnonzero(before != after).tolist()
    moves = tuple(Move(slot, int(before[slot]), int(after[slot])) for slot in moved)
    touched = {helper for move in moves for helper in (move.old, move.new) if helper != OPEN}
    return Difference(
        status=status,
        filled=_filled(problem, before, after),
        complete=(_complete(problem, before), _complete(problem, after)),
        fit=(_fit(facts, before), _fit(facts, after)),
        squares=(_squares(before), _squares(after)),
        moves=moves,
        load={helper: int(load[helper]) for helper in sorted(touched)},
    )


def _filled(
    problem: MatchingProblem, before: NDArray[np.int32], after: NDArray[np.int32]
) -> dict[int, tuple[int, int]]:
    levels = sorted(set(problem.slot_level.tolist()), reverse=True)
    was, is_now = (Counter(problem.slot_level[answer >= 0].tolist()) for answer in (before, after))
    return {level: (was[level], is_now[level]) for level in levels}


def _complete(problem: MatchingProblem, answer: NDArray[np.int32]) -> int:
    children = np.unique(problem.slot_child)
    return len(children) - len(np.unique(problem.slot_child[answer < 0]))


def _fit(facts: Facts, answer: NDArray[np.int32]) -> int:
    """Points of all pairs, of those too that the changed facts forbid: who leaves was worth something."""
    filled = np.flatnonzero(answer >= 0).astype(np.int32)
    points = 0
    for scheme, kind in slot_kinds(facts):
        here = filled[(facts.slots.scheme[filled] == scheme) & (facts.slots.kind[filled] == kind)]
        points += int(fit_points(Candidates(facts, scheme, kind, here, answer[here], PairColumns())).sum())
    return points


def _squares(answer: NDArray[np.int32]) -> int:
    return int((np.bincount(answer[answer >= 0]).astype(np.int64) ** 2).sum())
