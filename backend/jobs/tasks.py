"""Background entries: the beat of an idle worker, and tidying up."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.utils import timezone

from backend.jobs.registry import checks, resolve
from backend.jobs.runner import describe
from backend.jobs.services import beat_cluster
from backend.jobs.sweeper import remove_ended, sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.jobs.models import Job

logger = logging.getLogger("qianshou.jobs")


def idle_beat(queue: str) -> None:
    """
    Run by an idle worker every few seconds: say that it is alive, and look for work whose bell was lost.

    It has no job row: it is itself the bell.
    """
    beat_cluster(queue, now=timezone.now())
    _try("sweep", lambda: sweep(queue=queue, now=timezone.now()))
    for check in checks():
        _try(check, lambda check=check: resolve(check)(queue=queue, now=timezone.now()))  # type: ignore[misc]


def _try(name: str, look: Callable[[], object]) -> None:
    """One check that fails must not keep the others from looking."""
    try:
        look()
    except Exception as error:  # noqa: BLE001 - said once, tried again at the next beat
        logger.warning("Could not look for work", extra={"check": name, "problem": describe(error)})


def tidy(*, job: Job) -> None:  # noqa: ARG001 - the runner's signature
    """Forget jobs that ended long ago."""
    remove_ended(now=timezone.now())
