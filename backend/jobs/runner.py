"""What a worker runs: claim one job, count the attempt, call its task, write down how it ended."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django_q.exceptions import TimeoutException

from backend.jobs.identity import cluster, host
from backend.jobs.models import Job
from backend.jobs.registry import resolve
from backend.jobs.services import beat
from backend.kernel.errors import DomainError

if TYPE_CHECKING:
    from types import TracebackType

    from django.db.models import QuerySet

logger = logging.getLogger("qianshou.jobs")

MOST_ATTEMPTS = 3
_FIRST_PAUSE = timedelta(seconds=10)
_PAUSE_GROWS = 6


def run(job_pk: int) -> None:
    """
    Do one job if it is there to be done; a bell that rings twice, or for a job that ended, does nothing.

    No transaction is open while the task works.
    """
    job = claim(job_pk, now=timezone.now())
    if job is None:
        return
    beat(job)
    try:
        resolve(job.task)(job=job, **job.arguments)
    except TimeoutException as error:
        # Raised by the cluster's alarm inside the task; the cluster must see it too, to replace the worker.
        put_back(job, problem=describe(error), now=timezone.now())
        raise
    except Exception as error:  # noqa: BLE001 - whatever a task does wrong is written on its row
        problem = describe(error)
        logger.warning("Could not finish a job", extra={"job": job.pk, "task": job.task, "problem": problem})
        put_back(job, problem=problem, now=timezone.now())
    else:
        finish(job, now=timezone.now())


def claim(job_pk: int, *, now: datetime) -> Job | None:
    """
    Take a job that is due, or whose worker has been silent too long; None when there is nothing to take.

    A job on which three workers ended is parked instead of being tried a fourth time.
    """
    job = Job.objects.filter(_takeable(now), pk=job_pk).first()
    if job is None:
        return None
    same = Job.objects.filter(_takeable(now), pk=job_pk, attempts=job.attempts)
    if job.attempts >= MOST_ATTEMPTS:
        same.update(state=Job.State.PARKED, finished_at=now, problem=job.problem or "Its worker died each time.")
        return None
    fresh = {"host": host(), "cluster": cluster(), "started_at": now, "beat_at": now}
    if same.update(state=Job.State.RUNNING, attempts=job.attempts + 1, **fresh) != 1:
        return None
    job.refresh_from_db()
    return job


def _takeable(now: datetime) -> Q:
    silent_since = now - timedelta(seconds=settings.HEARTBEAT_LIMIT_SECONDS)
    return Q(state=Job.State.QUEUED, due_at__lte=now) | Q(state=Job.State.RUNNING, beat_at__lt=silent_since)


def finish(job: Job, *, now: datetime) -> None:
    """Mark our own attempt done; a job cancelled or taken over meanwhile stays what it is."""
    _own_attempt(job).update(state=Job.State.DONE, finished_at=now, problem="")


def put_back(job: Job, *, problem: str, now: datetime) -> None:
    """Have a job tried again after a pause, or parked when it has had its attempts."""
    if job.attempts >= MOST_ATTEMPTS:
        _own_attempt(job).update(state=Job.State.PARKED, finished_at=now, problem=problem)
        return
    pause = _FIRST_PAUSE * _PAUSE_GROWS ** (job.attempts - 1)
    try:
        with transaction.atomic():
            _own_attempt(job).update(state=Job.State.QUEUED, due_at=now + pause, woken_at=None, problem=problem)
    except IntegrityError:
        # Another job of its key waits already and will do the same work.
        _own_attempt(job).update(state=Job.State.CANCELLED, finished_at=now, problem=problem)


def _own_attempt(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)


def describe(error: BaseException) -> str:
    """What went wrong and where, without the error's own words: they may hold somebody's data."""
    kind = error.code if isinstance(error, DomainError) else type(error).__name__
    place = _innermost(error.__traceback__)
    return f"{kind} at {place}"[:300] if place else kind[:300]


def _innermost(trace: TracebackType | None) -> str:
    """File and line of ours where the error arose."""
    place = ""
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(settings.BASE_DIR) and ".venv" not in path.parts:
            place = f"{path.relative_to(settings.BASE_DIR)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
