"""
Is this installation alive, and is it ready? `/livez` says that a process answers; `/readyz` looks at everything.

Each check answers a sentence when something is wrong and None when all is well; none of them names a person.
"""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max, Min, Q
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from backend.jobs.models import ClusterBeat, Job
from backend.jobs.services import beat_cluster
from backend.outbox.models import OutboxDelivery

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

# A solve may take ten minutes and others may wait behind it; mail and files never wait so long.
_LONGEST_WAIT_S = {"mail": 120, "chat": 300, "work": 300, "quick": 900, "solve": 3600}
_LONGEST_UNTOLD_S = 120
_BEATS_MISSED = 2.5
_MEBIBYTE = 1024 * 1024
_ANSWER_KEPT_S = 1.0


def check_database(now: datetime) -> str | None:
    """One row is written, as any request would."""
    beat_cluster("web", now=now)
    return None


def check_migrations(now: datetime) -> str | None:  # noqa: ARG001 - one shape for all checks
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} migrations are not applied." if waiting else None


def check_heartbeats(now: datetime) -> str | None:
    """The latest beat of each queue, on whichever machine."""
    beats = dict(ClusterBeat.objects.values_list("queue").annotate(Max("beat_at")).order_by("queue"))
    limit = max(_BEATS_MISSED * settings.BEAT_SECONDS, 5)
    silent = [queue for queue in settings.JOB_QUEUES if not _is_fresh(beats.get(queue), now, limit)]
    return f"No sign of life from the workers of: {', '.join(silent)}." if silent else None


def _is_fresh(beat_at: datetime | None, now: datetime, limit: float) -> bool:
    return beat_at is not None and (now - beat_at).total_seconds() <= limit


def check_jobs(now: datetime) -> str | None:
    """How long the oldest due job of each queue has waited."""
    due = Job.objects.filter(state=Job.State.QUEUED, due_at__lte=now)
    oldest = dict(due.values_list("queue").annotate(Min("due_at")).order_by("queue"))
    late = [
        f"{queue} ({(now - due_at).total_seconds():.0f} s)"
        for queue, due_at in oldest.items()
        if (now - due_at).total_seconds() > _LONGEST_WAIT_S.get(queue, 300)
    ]
    return f"Jobs wait too long in: {', '.join(late)}." if late else None


def check_outbox(now: datetime) -> str | None:
    """How long the oldest due fact has not been told. One whose handler failed waits for its next try."""
    waiting = OutboxDelivery.objects.filter(state=OutboxDelivery.State.WAITING)
    never_tried = waiting.filter(attempts=0).aggregate(oldest=Min("event__created_at"))["oldest"]
    to_retry = waiting.filter(attempts__gt=0, due_at__lte=now).aggregate(oldest=Min("due_at"))["oldest"]
    since = min((moment for moment in (never_tried, to_retry) if moment), default=now)
    waited = (now - since).total_seconds()
    return f"The oldest fact has waited {waited:.0f} s to be told." if waited > _LONGEST_UNTOLD_S else None


def check_disk(now: datetime) -> str | None:  # noqa: ARG001 - one shape for all checks
    free_mb = shutil.disk_usage(settings.DATA_DIR).free // _MEBIBYTE
    return f"Only {free_mb} MB are free in DATA_DIR." if free_mb < settings.DISK_FREE_MB else None


CHECKS: dict[str, Callable[[datetime], str | None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "heartbeats": check_heartbeats,
    "jobs": check_jobs,
    "outbox": check_outbox,
    "disk": check_disk,
}


def report(now: datetime) -> dict[str, Any]:
    """All checks, with the reasons why this installation is not ready."""
    answers = {name: _answer(check, now) for name, check in CHECKS.items()}
    reasons = [sentence for sentence in answers.values() if sentence]
    return {
        "is_ready": not reasons,
        "reasons": reasons,
        "checks": {name: sentence or "ok" for name, sentence in answers.items()},
        "for_a_person": _for_a_person(),
    }


def _answer(check: Callable[[datetime], str | None], now: datetime) -> str | None:
    try:
        return check(now)
    except Error:
        connection.close()
        return "The database does not take a write." if check is check_database else "The database does not answer."
    except OSError as error:
        return f"{error.strerror or 'Unreadable'}."


def _for_a_person() -> dict[str, int]:
    """What waits for somebody to look at it; the service itself goes on."""
    try:
        parked = Job.objects.filter(state=Job.State.PARKED).count()
        dead = OutboxDelivery.objects.filter(Q(state=OutboxDelivery.State.DEAD)).count()
    except Error:
        return {}
    return {"parked_jobs": parked, "dead_deliveries": dead}


class _Recent:
    """The latest report, kept for a second: a probe that asks too often must not become the load."""

    def __init__(self) -> None:
        self.made_at = float("-inf")
        self.content: dict[str, Any] = {}

    def get(self) -> dict[str, Any]:
        if time.monotonic() - self.made_at > _ANSWER_KEPT_S:
            self.content = report(timezone.now())
            self.made_at = time.monotonic()
        return self.content


_recent = _Recent()


@never_cache
def livez(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - a view's signature
    """A process answers."""
    return JsonResponse({"is_alive": True})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - a view's signature
    """200 when everything works, 503 with the reasons when something does not."""
    content = _recent.get()
    return JsonResponse(content, status=200 if content["is_ready"] else 503)
