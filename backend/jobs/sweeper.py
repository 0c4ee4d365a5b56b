"""Finding what lost its bell or its worker. Every idle cluster does this at each beat, for its own queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django_q.models import OrmQ

from backend.jobs.identity import hand_of, host
from backend.jobs.models import Job, RecurringDue
from backend.jobs.registry import recurring_tasks
from backend.jobs.services import enqueue, wake

# A bell not answered for so long counts as lost.
_BELL_LOST_AFTER = timedelta(seconds=60)
_MOST_AT_ONCE = 20
_KEEP_ENDED = timedelta(days=30)
_KEEP_BELLS = timedelta(days=1)


def sweep(*, queue: str, now: datetime) -> int:
    """
    Wake due jobs whose bell was lost, put back those whose worker fell silent, enqueue recurring tasks.

    Returns:
        How many bells were rung.
    """
    revive_silent(queue=queue, now=now)
    enqueue_recurring(queue=queue, now=now)
    unheard = Q(woken_at=None) | Q(woken_at__lt=now - _BELL_LOST_AFTER)
    due = Job.objects.filter(unheard, queue=queue, state=Job.State.QUEUED, due_at__lte=now)
    rung = 0
    for job in due.order_by("due_at", "pk")[:_MOST_AT_ONCE]:
        with transaction.atomic():
            if Job.objects.filter(pk=job.pk, woken_at=job.woken_at).update(woken_at=now) == 1:
                wake(job, now=now)
                rung += 1
    return rung


def revive_silent(*, queue: str, now: datetime) -> None:
    """Put back running jobs without a sign of life; the attempt they were on counts."""
    silent_since = now - timedelta(seconds=settings.HEARTBEAT_LIMIT_SECONDS)
    for job in Job.objects.filter(queue=queue, state=Job.State.RUNNING, beat_at__lt=silent_since):
        requeue(job, now=now, attempts=job.attempts)


def release(*, queue: str, now: datetime, is_orderly: bool = False) -> None:
    """
    After this machine's cluster has ended: its jobs and what it had taken are free for anybody at once.

    Args:
        is_orderly: it was asked to stop, so the attempt that was cut short does not count.
    """
    for job in Job.objects.filter(queue=queue, state=Job.State.RUNNING, host=host()):
        requeue(job, now=now, attempts=job.attempts - is_orderly)
    OrmQ.objects.filter(key=hand_of(queue)).update(key=queue, lock=now)
    Job.objects.filter(queue=queue, state=Job.State.QUEUED, due_at__lte=now).update(woken_at=None)


def requeue(job: Job, *, now: datetime, attempts: int) -> None:
    """Back to waiting, if it is still on the same attempt. The runner parks what has had its three."""
    same = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
    try:
        with transaction.atomic():
            same.update(state=Job.State.QUEUED, due_at=now, woken_at=None, attempts=attempts)
    except IntegrityError:
        # Another job of its key waits already and will do the same work.
        same.update(state=Job.State.CANCELLED, finished_at=now)


def enqueue_recurring(*, queue: str, now: datetime) -> None:
    """Enqueue each recurring task that is due. The row is moved on in the same transaction, by one machine only."""
    for entry in recurring_tasks(queue):
        RecurringDue.objects.bulk_create([RecurringDue(task=entry.task, due_at=now)], ignore_conflicts=True)
        # A row further ahead than one period was written before the clock was set back.
        is_due = Q(due_at__lte=now) | Q(due_at__gt=now + entry.every)
        with transaction.atomic():
            if RecurringDue.objects.filter(is_due, task=entry.task).update(due_at=now + entry.every) == 1:
                enqueue(entry.task, queue=queue, unique_key=f"recurring:{entry.task}", now=now)  # type: ignore[arg-type]


def remove_ended(*, now: datetime) -> None:
    """Forget jobs that ended long ago and bells nobody will answer. Parked jobs stay for a person to see."""
    ended = Job.objects.filter(state__in=(Job.State.DONE, Job.State.CANCELLED), finished_at__lt=now - _KEEP_ENDED)
    while pks := list(ended.order_by("pk").values_list("pk", flat=True)[:1000]):
        Job.objects.filter(pk__in=pks).delete()
    OrmQ.objects.filter(lock__lt=now - _KEEP_BELLS).delete()
