"""Many sweepers at once: every handler still takes effect exactly once."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from backend.jobs.models import Job
from backend.outbox.models import OutboxDelivery
from backend.outbox.registry import subscribe
from backend.outbox.services import publish
from backend.outbox.sweeper import sweep
from tests.outbox.sample_handlers import BridgeBuilt

SWEEPERS = 8
FACTS = 40


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_sweepers_tell_each_fact_to_each_handler_once():
    for handler in ("mayor", "ferryman"):
        subscribe(BridgeBuilt, f"tests.outbox.sample_handlers.{handler}")
    for number in range(FACTS):
        publish(BridgeBuilt(bridge_id=number))
    Job.objects.all().delete()

    at_once(SWEEPERS, sweep_until_empty)

    told = Counter(Job.objects.values_list("task", flat=True))
    assert set(told.values()) == {1}
    assert len(told) == 2 * FACTS
    assert set(OutboxDelivery.objects.values_list("state", flat=True)) == {"DONE"}


def sweep_until_empty():
    while OutboxDelivery.objects.filter(state="WAITING").exists():
        sweep(now=timezone.now())


def at_once(times, do):
    """Run something in many threads that start together; each closes its connection."""
    gate, errors = threading.Barrier(times), []

    def one():
        gate.wait()
        try:
            do()
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _each in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
