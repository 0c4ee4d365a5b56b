"""Background entries: ids in, one service call."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from backend.jobs.services import beat
from matching.services.offers import lapse_due_offers
from matching.services.pairings import resume_cleared, suspend_uncleared
from matching.services.runs import fail_stuck_runs as fail_stuck
from matching.services.runs import solve_run as solve


def solve_run(*, job: Any, run_id: int) -> None:
    """Solve one run."""
    solve(run_id=run_id, clock=timezone.now, beat=lambda: beat(job))


def fail_stuck_runs(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """End runs nobody will finish."""
    fail_stuck(now=timezone.now())


def check_clearances(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Pause pairings whose helper is no longer cleared, and take up again those whose helper is."""
    suspend_uncleared(now=timezone.now())
    resume_cleared(now=timezone.now())


def lapse_offers(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Close offers past their deadline."""
    lapse_due_offers(now=timezone.now())
