"""One service process with everything below it: start, look, stop, kill."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

from django.conf import settings

from backend.ops.linux import end_with_parent

_LONGEST_PAUSE_S = 30.0
# A process that lived so long had no trouble starting.
_STARTED_WELL_S = 30.0


@dataclass
class Service:
    """
    A process group we keep alive.

    Args:
        name: "web" or the queue a cluster works for.
        argv: what to run.
        environment: added to our own.
    """

    name: str
    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    may_start_at: float = 0.0
    failures: int = 0

    def start(self) -> None:
        """Start it in a session of its own, bound to our life."""
        self.process = subprocess.Popen(  # noqa: S603 - our own programs
            self.argv,
            cwd=settings.BASE_DIR,
            env={**os.environ, **self.environment},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - the watchdog has one thread
        )
        self.started_at = time.monotonic()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def kill(self) -> None:
        """End the whole group at once and reap what was ours."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def plan_restart(self) -> None:
        """At once the first time; after ever longer pauses when it keeps ending soon after its start."""
        lived = time.monotonic() - self.started_at
        self.failures = 0 if lived > _STARTED_WELL_S else self.failures + 1
        pause = min(_LONGEST_PAUSE_S, 2.0 ** (self.failures - 2)) if self.failures > 1 else 0.0
        self.may_start_at = time.monotonic() + pause


def web() -> Service:
    """The HTTP server."""
    return Service("web", [sys.executable, "-m", "gunicorn", "-c", "python:backend.ops.gunicorn", "backend.wsgi"])


def cluster(queue: str) -> Service:
    """The worker cluster of one queue."""
    return Service(queue, [sys.executable, str(settings.BASE_DIR / "manage.py"), "cluster"], {"Q_CLUSTER_NAME": queue})
