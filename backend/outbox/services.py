"""Saying a fact, in the transaction that made it one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from backend.jobs.services import enqueue
from backend.outbox.models import OutboxDelivery, OutboxEvent
from backend.outbox.registry import handlers_of, queue_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from backend.kernel.events import Fact
    from backend.outbox.registry import HandlerQueue


def publish(fact: Fact) -> OutboxEvent:
    """
    Write down a fact and who is to be told, in the caller's transaction.

    The rows are the truth. The cluster is woken after the commit; when that bell is lost, the next beat of the
    cluster finds the rows.
    """
    now = timezone.now()
    with transaction.atomic():
        event = OutboxEvent.objects.create(name=fact.name, payload=fact.payload())
        handlers = handlers_of(fact.name)
        OutboxDelivery.objects.bulk_create(
            [OutboxDelivery(event=event, handler=handler, due_at=now) for handler in handlers]
        )
        for queue in sorted({queue_of(handler) for handler in handlers}):
            transaction.on_commit(partial(ring, queue, now), robust=True)
    return event


def ring(queue: HandlerQueue, now: datetime) -> None:
    """Wake the cluster that tells; one waiting wake-up is enough."""
    enqueue(
        "backend.outbox.tasks.deliver", queue=queue, arguments={"queue": queue}, unique_key=f"outbox:{queue}", now=now
    )


def remove_told(*, before: datetime, beat: Callable[[], None]) -> int:
    """Forget old facts that every handler has heard, a thousand at a time; what is dead stays for a person to see."""
    open_states = (OutboxDelivery.State.WAITING, OutboxDelivery.State.DEAD)
    old = OutboxEvent.objects.filter(created_at__lt=before).exclude(deliveries__state__in=open_states)
    removed = 0
    while pks := list(old.order_by("pk").values_list("pk", flat=True)[:1000]):
        OutboxEvent.objects.filter(pk__in=pks).delete()
        removed += len(pks)
        beat()
    return removed
