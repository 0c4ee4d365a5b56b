"""What waits for a solve, behind what, and for about how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from backend.jobs.models import Job
from matching.models import MatchingRun
from matching.selectors import runs_visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader

SOLVE_RUN = "matching.tasks.solve_run"
FIND_REMEDIES = "matching.tasks.find_remedies"
_REPAIR = "matching.tasks.repair_places"
_TRIAL = "matching.tasks.solve_trial"
_USUAL_SECONDS = {_REPAIR: 15, _TRIAL: 20}
_OTHER_SECONDS = 30
_LEAST_SECONDS = 5


@dataclass(frozen=True)
class Ahead:
    """
    What stands before a waiting job in its queue.

    Args:
        count: jobs that are worked on or come first; cures give way and do not count.
        first: the run worked on now, where it is one the reader may see.
        kind: what is worked on now, "run", "repair", "trial" or "other".
        seconds: about how long all of them take still.
        is_most: whether that is no estimate but the most they may take.
    """

    count: int
    first: MatchingRun | None
    kind: str
    seconds: int
    is_most: bool


def somebody_waits(queue: str, now: datetime) -> bool:
    """Whether anything but cures is due in a queue and not begun."""
    due = Job.objects.filter(queue=queue, state=Job.State.QUEUED, due_at__lte=now)
    return due.exclude(task=FIND_REMEDIES).exists()


def ahead_of_run(run: MatchingRun, reader: Reader, now: datetime) -> Ahead | None:
    """What a queued run waits behind; None when nothing does, or it is not waiting."""
    if run.state != MatchingRun.State.QUEUED:
        return None
    return _ahead(Job.objects.filter(public_id=run.job_id).first(), reader, now)


def ahead_of_trial(trial_id: int, reader: Reader, now: datetime) -> Ahead | None:
    """What a queued trial waits behind."""
    return _ahead(_waiting(_TRIAL, {"trial_id": trial_id}), reader, now)


def ahead_of_repairs(scheme_ids: Iterable[int], reader: Reader, now: datetime) -> Ahead | None:
    """What the earliest repair of these schemes waits behind."""
    waiting = (_waiting(_REPAIR, {"scheme_id": one}) for one in scheme_ids)
    found = sorted((job for job in waiting if job is not None), key=lambda job: job.pk)
    return _ahead(found[0] if found else None, reader, now)


def _waiting(task: str, arguments: dict[str, int]) -> Job | None:
    return Job.objects.filter(task=task, arguments=arguments, state=Job.State.QUEUED).order_by("pk").first()


def _ahead(job: Job | None, reader: Reader, now: datetime) -> Ahead | None:
    if job is None or job.state != Job.State.QUEUED:
        return None
    before = list(_before(job))
    if not before:
        return None
    runs = {run.job_id: run for run in MatchingRun.objects.filter(job_id__in=[one.public_id for one in before])}
    left = [_left(one, runs.get(one.public_id), now) for one in before]
    first = runs.get(before[0].public_id)
    return Ahead(
        count=len(before),
        first=runs_visible_to(reader).filter(pk=first.pk, is_automatic=False).first() if first else None,
        kind={SOLVE_RUN: "run", _REPAIR: "repair", _TRIAL: "trial"}.get(before[0].task, "other"),
        seconds=sum(seconds for seconds, _is_most in left),
        is_most=any(is_most for _seconds, is_most in left),
    )


def _before(job: Job) -> QuerySet[Job]:
    """What is worked on, then what rang earlier; a job whose bell has not rung stands behind all that have."""
    earlier = Q(woken_at__isnull=False)
    if job.woken_at is not None:
        earlier = Q(woken_at__lt=job.woken_at) | Q(woken_at=job.woken_at, pk__lt=job.pk)
    others = Job.objects.filter(queue=job.queue).exclude(pk=job.pk).exclude(task=FIND_REMEDIES)
    rows = others.filter(Q(state=Job.State.RUNNING) | Q(earlier, state=Job.State.QUEUED))
    return rows.order_by("-state", "woken_at", "pk")


def _left(job: Job, run: MatchingRun | None, now: datetime) -> tuple[int, bool]:
    """(seconds it takes still, whether that is the most it may take)."""
    whole, is_most = _whole(job, run)
    spent = (now - job.started_at).total_seconds() if job.state == Job.State.RUNNING and job.started_at else 0.0
    return max(_LEAST_SECONDS, round(whole - spent)), is_most


def _whole(job: Job, run: MatchingRun | None) -> tuple[int, bool]:
    """What such a run took the last time; where there was none, its limit."""
    if run is None or run.is_automatic:
        return _USUAL_SECONDS.get(job.task, _OTHER_SECONDS), False
    same = MatchingRun.objects.filter(scheme__key=run.scheme.key, area=run.area, state=MatchingRun.State.DONE)
    latest = same.exclude(started_at=None).order_by("-finished_at").first()
    if latest is None or len(latest.schemes) != len(run.schemes):
        return run.seconds_limit, True
    return round((latest.finished_at - latest.started_at).total_seconds()), False  # type: ignore[operator]
