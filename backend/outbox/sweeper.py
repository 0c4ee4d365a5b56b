"""Telling each fact to each handler exactly once, however many sweepers run."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from backend.jobs.registry import resolve
from backend.jobs.runner import describe
from backend.outbox.models import OutboxDelivery
from backend.outbox.registry import all_handlers, queue_of
from backend.outbox.services import ring

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger("qianshou.outbox")

LEASE = timedelta(seconds=60)
GIVE_UP_AFTER = timedelta(hours=24)
_MOST_WAIT_MINUTES = 30
# More tries than 24 hours hold: each of them killed its worker.
_MOST_ATTEMPTS = 60


class LeaseLost(Exception):
    """Another sweeper has taken over; what the handler wrote is rolled back."""


def sweep(*, now: datetime, queue: str | None = None, at_most: int = 200) -> int:
    """
    Tell what is due now, oldest first.

    Args:
        queue: only handlers of this cluster; all when None.

    Returns:
        How many deliveries were tried.
    """
    tried = 0
    while tried < at_most and (delivery := claim_due(now=now, queue=queue)) is not None:
        _tell(delivery, now)
        tried += 1
    return tried


def has_due(*, queue: str | None = None, now: datetime) -> bool:
    """Whether anything waits to be told."""
    return _due(now, queue).exists()


def ring_when_due(*, queue: str, now: datetime) -> None:
    """Called at each beat: wake ourselves when something waits whose bell was lost, or whose pause is over."""
    if queue in {"mail", "work"} and has_due(queue=queue, now=now):
        ring(queue, now)  # type: ignore[arg-type]


def _due(now: datetime, queue: str | None) -> QuerySet[OutboxDelivery]:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    # A fact never tried is due whatever the clock said when it was written.
    is_due = Q(attempts=0) | Q(due_at__lte=now)
    due = OutboxDelivery.objects.filter(free, is_due, state=OutboxDelivery.State.WAITING)
    if queue is None:
        return due
    elsewhere = [handler for handler in all_handlers() if queue_of(handler) != queue]
    own = [handler for handler in all_handlers() if queue_of(handler) == queue]
    # Whoever is no longer subscribed belongs to "work", where it ends as dead and is seen.
    return due.exclude(handler__in=elsewhere) if queue == "work" else due.filter(handler__in=own)


def claim_due(*, now: datetime, queue: str | None = None) -> OutboxDelivery | None:
    """
    Lease the oldest due delivery, or None.

    The pause before the next try is set here already: a handler that kills its worker must not come first again.
    """
    due = _due(now, queue)
    for delivery in due.select_related("event").order_by("due_at", "pk")[:20]:
        pause = timedelta(minutes=min(_MOST_WAIT_MINUTES, 2**delivery.attempts))
        lease_until = now + LEASE
        taken = due.filter(pk=delivery.pk, attempts=delivery.attempts)
        if delivery.attempts >= _MOST_ATTEMPTS:
            taken.update(state=OutboxDelivery.State.DEAD, lease_until=None, problem="Its worker died each time.")
        elif taken.update(lease_until=lease_until, due_at=now + pause, attempts=F("attempts") + 1) == 1:
            delivery.attempts += 1
            return delivery
    return None


def _tell(delivery: OutboxDelivery, now: datetime) -> None:
    """Handler and mark in one transaction: both or neither."""
    try:
        with transaction.atomic():
            resolve(delivery.handler)(event_id=delivery.event_id, payload=delivery.event.payload, now=now)
            _mark_done(delivery)
    except LeaseLost:
        return
    except Exception as error:  # noqa: BLE001 - whatever a handler does wrong is written on its row
        _put_back(delivery, describe(error), now)


def _mark_done(delivery: OutboxDelivery) -> None:
    if _own_attempt(delivery).update(state=OutboxDelivery.State.DONE, lease_until=None, problem="") != 1:
        raise LeaseLost


def _put_back(delivery: OutboxDelivery, problem: str, now: datetime) -> None:
    is_dead = now - delivery.event.created_at >= GIVE_UP_AFTER
    state = OutboxDelivery.State.DEAD if is_dead else OutboxDelivery.State.WAITING
    _own_attempt(delivery).update(state=state, lease_until=None, problem=problem[:200])
    logger.warning(
        "Could not tell a fact",
        extra={"delivery": delivery.pk, "handler": delivery.handler, "problem": problem, "is_dead": is_dead},
    )


def _own_attempt(delivery: OutboxDelivery) -> QuerySet[OutboxDelivery]:
    return OutboxDelivery.objects.filter(pk=delivery.pk, state=OutboxDelivery.State.WAITING, attempts=delivery.attempts)
