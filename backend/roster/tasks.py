"""Background entries of the roster: ids in, one service call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from backend.jobs.services import beat

if TYPE_CHECKING:
    from backend.jobs.models import Job


def stage_batch(*, job: Job, batch_id: int) -> None:
    """Read an uploaded file and check its rows."""
    from backend.roster.services import imports

    def alive() -> bool:
        beat(job)
        return False

    imports.stage_batch(batch_id=batch_id, now=timezone.now(), should_stop=alive)


def build_export(*, job: Job, request_id: int) -> None:
    """Make the file of an export that a second coordinator allowed."""
    from backend.roster.services import exports

    exports.build(request_id=request_id, now=timezone.now(), still_alive=lambda: beat(job))


def close_grown_up(*, job: Job) -> None:  # noqa: ARG001 - the runner's signature
    """Close the files of those who turned eighteen."""
    from backend.roster.services import children

    children.close_grown_up(today=timezone.localdate())


def expire_exports(*, job: Job) -> None:  # noqa: ARG001 - every task is given its job
    """Drop export files whose day is over."""
    from backend.roster.services import exports

    exports.expire_exports(now=timezone.now())


def turn_pauses(*, job: Job) -> None:  # noqa: ARG001 - every task is given its job
    """Begin and end what helpers said of being away."""
    from backend.roster.services import pauses

    pauses.turn_pauses(now=timezone.now())


def escalate_concerns(*, job: Job) -> None:  # noqa: ARG001 - every task is given its job
    """Tell again of mandatory reports nobody has taken up, or whose result is not written down."""
    from backend.roster.services import concerns

    concerns.escalate_concerns(now=timezone.now())
