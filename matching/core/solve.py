"""
Solve a matching problem: components, stages, proofs.

Small plain components are dense assignment problems, other networks are flows, and what no network can say is an
integer program. Whatever found the answer, prices prove it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from backend.kernel.solving import SolveLimits, SolveStatus
from matching.core.collect import Collector
from matching.core.engine import Effort, solve_batch
from matching.core.ground import conflicts_of
from matching.core.memory import batch_mb, columns_mb
from matching.core.parts import ARCS_PER_BATCH, Layout, largest_component
from matching.core.result import MatchingResult, without_answer
from matching.core.tiers import tiers_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from matching.core.engine import BatchAnswer
    from matching.core.ground import Ground
    from matching.core.parts import Batch, Split
    from matching.core.problem import MatchingProblem
    from matching.core.tiers import Mode, Tier

Progress = Callable[[int, int, str], None]


def solve(
    problem: MatchingProblem,
    limits: SolveLimits | None = None,
    *,
    mode: Mode = "term",
    fit_band: int = 1,
    on_progress: Progress | None = None,
    layout: Layout | None = None,
    has_lottery: bool = True,
    has_proof: bool = True,
) -> MatchingResult:
    """
    Fill the slots as well as the tiers allow, in their order.

    Args:
        limits: fewer workers are used where the memory would not do for all of them.
        mode: "term" or "repair", which puts keeping pairs above fit.
        fit_band: fit counts in steps of so many points, >= 1; the exact fit then comes last.
        on_progress: told (components done, components in all, stage) now and then.
        layout: of this problem, where its parts are of use to others afterwards.
        has_lottery, has_proof: left out only to measure the rest; such a result is FEASIBLE.

    Returns:
        OPTIMAL with every tier proven; FEASIBLE when time ended, best so far; TIMED_OUT with nothing, for want of time
        or of memory for the largest component; INVALID with the conflicts among the locks.
    """
    limits = limits or SolveLimits()
    begun = time.monotonic()
    conflicts = conflicts_of(problem)
    if conflicts:
        return without_answer(SolveStatus.INVALID, problem.slots, mode, fit_band, limits.seed, conflicts)
    effort = Effort(begun + limits.seconds, limits.seed, limits.workers, has_lottery, has_proof)
    tiers = tiers_of(problem, mode, fit_band)
    layout = layout or Layout(problem)
    ground, parts = layout.ground, layout.parts
    effort.arcs_left = len(ground.arc)
    effort.workers = _workers(ground, parts, limits)
    if not effort.workers:
        return without_answer(SolveStatus.TIMED_OUT, problem.slots, mode, fit_band, limits.seed, stopped_by="memory")
    collector = Collector(ground, parts, tiers)
    effort.spent("build", begun)
    if on_progress is not None:
        effort.report = _reporter(on_progress, parts.count)
    for batch, answer in _answers(layout, tiers, effort):
        collector.add(batch, answer)
    since = time.monotonic()
    result = collector.result(mode, fit_band, limits.seed)
    effort.spent("build", since)
    return replace(result, seconds=effort.seconds | {"total": time.monotonic() - begun})


def _workers(ground: Ground, parts: Split, limits: SolveLimits) -> int:
    """Give how many batches may be in work at a time, 0 when not even one fits the memory."""
    problem = ground.problem
    grouped = 0 if problem.slot_group is None else problem.slots
    loaded = columns_mb(problem.arcs, problem.slots + problem.helpers + len(problem.cap_max), grouped)
    largest = max(largest_component(ground, parts), min(problem.arcs, ARCS_PER_BATCH))
    return min(limits.workers, max(0, limits.memory_mb - loaded) // max(1, batch_mb(largest)))


def _answers(layout: Layout, tiers: tuple[Tier, ...], effort: Effort) -> Iterator[tuple[Batch, BatchAnswer]]:
    """Solve batch after batch, in order; with several workers, as many at a time."""
    waiting: deque[tuple[Batch, Future[BatchAnswer]]] = deque()
    with ThreadPoolExecutor(effort.workers) as pool:
        since = time.monotonic()
        for batch in layout.batches():
            effort.spent("build", since)
            waiting.append((batch, pool.submit(solve_batch, batch, tiers, effort)))
            # Each batch in work takes its memory: never hold more of them than there are workers.
            while len(waiting) >= effort.workers:
                ready, answer = waiting.popleft()
                yield ready, answer.result()
            since = time.monotonic()
        while waiting:
            ready, answer = waiting.popleft()
            yield ready, answer.result()


def _reporter(on_progress: Progress, total: int) -> Callable[[int, str], None]:
    done = 0

    def report(more: int, stage: str) -> None:
        nonlocal done
        done += more
        on_progress(done, total, stage)

    return report
