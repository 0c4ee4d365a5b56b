"""Background entry: telling what is due."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from backend.jobs.services import beat
from backend.outbox.services import remove_told, ring
from backend.outbox.sweeper import has_due, sweep

if TYPE_CHECKING:
    from backend.jobs.models import Job
    from backend.outbox.registry import HandlerQueue

_KEEP_TOLD = timedelta(days=90)
# A worker that is silent for longer counts as hung.
_SECONDS_A_JOB = 8


def deliver(*, job: Job, queue: HandlerQueue) -> None:  # noqa: ARG001 - the runner's signature
    """Tell what is due for a few seconds; what is left is the next job's."""
    stop_at = time.monotonic() + _SECONDS_A_JOB
    while sweep(now=timezone.now(), queue=queue, at_most=50):
        if time.monotonic() > stop_at:
            break
    if has_due(queue=queue, now=timezone.now()):
        ring(queue, timezone.now())


def tidy(*, job: Job) -> None:
    """Forget facts that everybody heard long ago."""
    remove_told(before=timezone.now() - _KEEP_TOLD, beat=lambda: beat(job))
