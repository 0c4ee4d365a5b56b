"""Queueing background work, and what a working task may say and ask about its job."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Least
from django.utils import timezone
from django_q.tasks import async_task

from backend.jobs.identity import cluster, host
from backend.jobs.models import ClusterBeat, Job

if TYPE_CHECKING:
    from collections.abc import Mapping

Queue = Literal["mail", "chat", "work", "quick", "solve"]
BEAT_EVERY = timedelta(seconds=5)


def enqueue(
    task: str,
    *,
    queue: Queue,
    arguments: Mapping[str, Any] | None = None,
    unique_key: str = "",
    due_at: datetime | None = None,
    now: datetime,
) -> Job:
    """
    Queue one task, inside the caller's transaction: rolled back with it, started after it commits.

    Args:
        task: dotted name of `def task(*, job, **arguments) -> None`. It may run twice, so it claims its own row.
        arguments: JSON values; ids only, never a name or an address.
        unique_key: when a job of this key is waiting it is returned instead of a second one. It will start after
            the caller's commit, so it sees what the caller wrote.
        due_at: not before then; within about ten seconds after.
    """
    if queue not in settings.JOB_QUEUES:
        raise ValueError(f"queue is {queue!r}; it must be one of {', '.join(settings.JOB_QUEUES)}")
    due_at = due_at or now
    fresh = Job(
        task=task, queue=queue, arguments=dict(arguments or {}), unique_key=unique_key, due_at=due_at, created_at=now
    )
    with transaction.atomic():
        job = _insert_or_join(fresh) if unique_key else _insert(fresh)
        if job.due_at <= now and job.woken_at is None:
            wake(job, now=now)
    return job


def _insert(fresh: Job) -> Job:
    fresh.save(force_insert=True)
    return fresh


def _insert_or_join(fresh: Job) -> Job:
    """The waiting job of this key, or the fresh one. The update locks the row: no worker starts it before we commit."""
    waiting = Job.objects.filter(unique_key=fresh.unique_key, state=Job.State.QUEUED)
    while True:
        if waiting.update(due_at=Least("due_at", fresh.due_at)):
            return waiting.get()
        Job.objects.bulk_create([fresh], ignore_conflicts=True)
        made = Job.objects.filter(public_id=fresh.public_id).first()
        if made is not None:
            return made


def wake(job: Job, *, now: datetime) -> None:
    """Ring the bell for one job; ringing twice does no harm."""
    Job.objects.filter(pk=job.pk).update(woken_at=now)
    job.woken_at = now
    async_task("backend.jobs.runner.run", job.pk, cluster=job.queue, save=False)


def beat(job: Job) -> None:
    """
    Say that the worker on this job is alive. Call it as often as you like; a row is written every five seconds.

    A task must beat whenever it works longer than ten seconds.
    """
    tick = time.monotonic()
    if tick - getattr(job, "_beaten_at", float("-inf")) < BEAT_EVERY.total_seconds():
        return
    job._beaten_at = tick  # type: ignore[attr-defined]  # noqa: SLF001 - a note on our own row, not a column
    now = timezone.now()
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts).update(beat_at=now)
    beat_cluster(cluster(), now=now)


def beat_cluster(queue: str, *, now: datetime) -> None:
    """Write this machine's sign of life for one cluster."""
    mine = ClusterBeat.objects.filter(host=host(), queue=queue)
    if not mine.update(beat_at=now):
        ClusterBeat.objects.bulk_create([ClusterBeat(host=host(), queue=queue, beat_at=now)], ignore_conflicts=True)


def is_cancelled(job: Job) -> bool:
    """Whether somebody cancelled this job, or another worker has taken it over: either way, stop."""
    return not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts).exists()


def cancel(job: Job, *, now: datetime | None = None) -> bool:
    """Stop a job: a waiting one never starts, a running one sees `is_cancelled`. False when it has ended already."""
    open_job = Job.objects.filter(pk=job.pk, state__in=(Job.State.QUEUED, Job.State.RUNNING))
    return open_job.update(state=Job.State.CANCELLED, finished_at=now or timezone.now()) == 1
