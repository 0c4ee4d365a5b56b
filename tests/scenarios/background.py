"""Doing in a test what the clusters do outside: every waiting job, in order, until none is left."""

from __future__ import annotations

from django.utils import timezone

from backend.jobs.models import Job
from backend.jobs.runner import run


def do_background_work() -> int:
    """Run waiting jobs and those they make; answers how many were run. A parked or failing job fails the test."""
    done = 0
    while True:
        waiting = list(Job.objects.filter(state=Job.State.QUEUED).order_by("pk").values_list("pk", flat=True))
        if not waiting:
            break
        for pk in waiting:
            # What waits a while to gather more is not waited for in a test.
            Job.objects.filter(pk=pk).update(due_at=timezone.now())
            run(pk)
            job = Job.objects.get(pk=pk)
            assert job.state == Job.State.DONE, f"{job.task}: {job.problem}"
            done += 1
    return done
