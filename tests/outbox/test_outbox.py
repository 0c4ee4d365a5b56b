"""A fact is told to every handler exactly once, or a person sees that it was not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from backend.jobs.models import Job
from backend.outbox import sweeper
from backend.outbox.models import OutboxDelivery, OutboxEvent
from backend.outbox.registry import subscribe
from backend.outbox.services import publish, remove_told
from backend.outbox.sweeper import claim_due, ring_when_due, sweep
from tests.outbox import sample_handlers
from tests.outbox.sample_handlers import BridgeBuilt

pytestmark = pytest.mark.django_db

HANDLERS = "tests.outbox.sample_handlers"


def say(*handlers, queue="work"):
    for handler in handlers:
        subscribe(BridgeBuilt, f"{HANDLERS}.{handler}", queue=queue)
    return publish(BridgeBuilt(bridge_id=7))


def effects():
    return sorted(Job.objects.filter(state="DONE").values_list("task", flat=True))


def test_a_fact_vanishes_with_the_callers_transaction():
    with pytest.raises(RuntimeError), transaction.atomic():
        say("mayor")
        raise RuntimeError

    assert (OutboxEvent.objects.count(), OutboxDelivery.objects.count()) == (0, 0)


def test_every_handler_is_told_once():
    say("mayor", "ferryman")
    now = timezone.now()

    tried = sweep(now=now), sweep(now=now)

    assert tried == (2, 0)
    assert effects() == ["ferryman:7", "mayor:7"]


def test_a_fact_nobody_waits_for_is_kept_all_the_same():
    say()

    assert (OutboxEvent.objects.count(), sweep(now=timezone.now())) == (1, 0)


def test_the_cluster_is_woken_after_the_commit_once_for_many_facts(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        say("mayor")
        say("mayor")
        assert Job.objects.count() == 0

    assert list(Job.objects.values_list("queue", "unique_key")) == [("work", "outbox:work")]


def test_each_cluster_tells_its_own(django_capture_on_commit_callbacks):
    subscribe(BridgeBuilt, f"{HANDLERS}.mayor", queue="mail")
    say("ferryman")
    now = timezone.now()

    assert (sweep(now=now, queue="mail"), effects()) == (1, ["mayor:7"])
    assert (sweep(now=now, queue="work"), effects()) == (1, ["ferryman:7", "mayor:7"])


def test_a_handler_that_fails_leaves_nothing_behind_and_is_tried_again_later():
    say("stumble", "mayor")
    now = timezone.now()

    sweep(now=now)

    assert effects() == ["mayor:7"]
    delivery = OutboxDelivery.objects.get(handler__endswith="stumble")
    assert (delivery.state, delivery.attempts, delivery.lease_until) == (OutboxDelivery.State.WAITING, 1, None)
    assert delivery.problem.startswith("ValueError at tests/outbox/sample_handlers.py:")
    assert sweep(now=now + timedelta(seconds=59)) == 0
    assert sweep(now=now + timedelta(seconds=60)) == 1


def test_pauses_double_up_to_half_an_hour_and_after_a_day_a_person_must_look():
    say("stumble")
    began = timezone.now()
    now, pauses = began, []

    while OutboxDelivery.objects.get().state == OutboxDelivery.State.WAITING:
        sweep(now=now)
        due_at = OutboxDelivery.objects.get().due_at
        pauses.append(round((due_at - now).total_seconds() / 60))
        now = due_at

    assert pauses[:7] == [1, 2, 4, 8, 16, 30, 30]
    assert OutboxDelivery.objects.get().state == OutboxDelivery.State.DEAD
    assert timedelta(hours=24) <= now - began <= timedelta(hours=25)


def test_a_fact_whose_teller_died_is_told_after_its_lease():
    say("mayor")
    now = timezone.now()
    claim_due(now=now)

    assert sweep(now=now + timedelta(seconds=59)) == 0
    assert sweep(now=now + timedelta(seconds=61)) == 1


def test_a_handler_that_kills_its_worker_each_time_is_given_up():
    say("mayor")
    now = timezone.now()
    OutboxDelivery.objects.update(attempts=60)

    assert claim_due(now=now) is None
    assert OutboxDelivery.objects.get().state == OutboxDelivery.State.DEAD


def test_whoever_lost_the_lease_takes_no_effect():
    say("mayor")
    now = timezone.now()
    slow = claim_due(now=now)
    sweep(now=now + timedelta(seconds=61))

    sweeper._tell(slow, now)

    assert effects() == ["mayor:7"]


def test_a_beat_wakes_whoever_has_something_to_tell():
    say("mayor")
    now = timezone.now()

    ring_when_due(queue="mail", now=now)
    assert Job.objects.count() == 0
    ring_when_due(queue="work", now=now)
    ring_when_due(queue="work", now=now)

    assert Job.objects.count() == 1


def test_a_handler_no_longer_subscribed_is_seen_not_lost():
    event = say()
    OutboxDelivery.objects.create(event=event, handler=f"{HANDLERS}.gone", due_at=timezone.now())

    assert sweep(now=timezone.now(), queue="work") == 1
    assert OutboxDelivery.objects.get().problem.startswith("UnknownTask")


def test_facts_are_forgotten_when_everybody_heard_and_kept_while_somebody_did_not():
    with time_machine.travel("2026-01-01T00:00Z", tick=False):
        say("mayor")
        sweep(now=timezone.now())
        unheard = say("mayor")

    removed = remove_told(before=timezone.now(), beat=lambda: None)

    assert (removed, OutboxEvent.objects.get()) == (1, unheard)


def test_handlers_hear_the_fact_in_the_order_it_was_said():
    events = [say("mayor") for _each in range(5)]

    sweep(now=timezone.now())

    assert [event_id for _who, event_id in sample_handlers.heard] == [event.pk for event in events]
