"""Tasks for a served installation. Each effect is a row of its own, so what runs twice shows."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from django.utils import timezone

from backend.jobs.models import Job
from backend.jobs.services import beat
from backend.kernel import child


def note(*, job, text):
    """Take effect once: only the attempt that still owns the job may write."""
    now = timezone.now()
    Job.objects.create(task=text, queue="effect", state="DONE", due_at=now, created_at=now)


def end_worker(*, job, text):
    """What the system does to a worker that uses too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def hold(*, job, text, folder):
    """Wait on a child for a long time the first time, and end at once the next."""
    marker = Path(folder) / text
    if marker.exists():
        return
    marker.write_text("")
    child.run(
        [sys.executable, "-c", "import time; time.sleep(120)"],
        seconds=120,
        memory_mb=400,
        should_stop=lambda: bool(beat(job)),
    )
