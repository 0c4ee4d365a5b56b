"""
Solve a matching problem: components, stages, proofs.

Small plain components are dense assignment problems, other networks are flows, and what no network can say is an
integer program. Whatever found the answer, prices prove it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from backend.kernel.solving import SolveLimits, SolveStatus
from matching.core.collect import Collector
from matching.core.engine import Effort, solve_batch
from matching.core.ground import conflicts_of, in_order, lay_ground
from matching.core.parts import batches, split
from matching.core.result import MatchingResult, without_answer
from matching.core.tiers import tiers_of

if TYPE_CHECKING:
    from matching.core.problem import MatchingProblem
    from matching.core.tiers import Mode

Progress = Callable[[int, int, str], None]


def solve(
    problem: MatchingProblem,
    limits: SolveLimits | None = None,
    *,
    mode: Mode = "term",
    fit_band: int = 1,
    on_progress: Progress | None = None,
    has_lottery: bool = True,
    has_proof: bool = True,
) -> MatchingResult:
    """
    Fill the slots as well as the tiers allow, in their order.

    Args:
        limits: seconds, workers and seed count here; memory is the caller's to check (`memory.estimate_mb`).
        mode: "term" or "repair", which puts keeping pairs above fit.
        fit_band: fit counts in steps of so many points, >= 1; the exact fit then comes last.
        on_progress: told (components done, components in all, stage) now and then.
        has_lottery, has_proof: left out only to measure the rest; such a result is FEASIBLE.

    Returns:
        OPTIMAL with every tier proven; FEASIBLE when time ended, best so far; TIMED_OUT with nothing; INVALID with the
        conflicts among the locks.
    """
    limits = limits or SolveLimits()
    begun = time.monotonic()
    conflicts = conflicts_of(problem)
    if conflicts:
        return without_answer(SolveStatus.INVALID, problem.slots, mode, fit_band, limits.seed, conflicts)
    effort = Effort(begun + limits.seconds, limits.seed, limits.workers, has_lottery, has_proof)
    tiers = tiers_of(problem, mode, fit_band)
    ground = lay_ground(in_order(problem))
    parts = split(ground)
    collector = Collector(ground, parts, tiers)
    since = effort.spent("build", begun)
    if on_progress is not None:
        effort.report = _reporter(on_progress, parts.count)
    for batch in batches(ground, parts):
        since = effort.spent("build", since)
        collector.add(batch, solve_batch(batch, tiers, effort))
        since = time.monotonic()
    result = collector.result(mode, fit_band, limits.seed)
    effort.spent("build", since)
    return replace(result, seconds=effort.seconds | {"total": time.monotonic() - begun})


def _reporter(on_progress: Progress, total: int) -> Callable[[int, str], None]:
    done = 0

    def report(more: int, stage: str) -> None:
        nonlocal done
        done += more
        on_progress(done, total, stage)

    return report
