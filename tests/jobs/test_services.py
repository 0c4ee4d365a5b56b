"""Queueing: in the caller's transaction, once per key, and never before its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django_q.models import OrmQ

from backend.jobs.broker import OrderedBroker
from backend.jobs.identity import hand_of
from backend.jobs.models import ClusterBeat, Job
from backend.jobs.runner import claim
from backend.jobs.services import beat, enqueue

pytestmark = pytest.mark.django_db

TASK = "tests.jobs.sample_tasks.note"


def bells():
    return list(OrmQ.objects.order_by("id").values_list("key", flat=True))


def test_a_job_and_its_bell_vanish_with_the_callers_transaction(now):
    with pytest.raises(RuntimeError), transaction.atomic():
        enqueue(TASK, queue="work", now=now)
        raise RuntimeError

    assert (Job.objects.count(), bells()) == (0, [])


def test_each_job_rings_in_its_own_queue(now):
    for queue in ("mail", "chat", "work", "quick", "solve"):
        enqueue(TASK, queue=queue, now=now)

    assert bells() == ["mail", "chat", "work", "quick", "solve"]


def test_an_unknown_queue_is_refused(now):
    with pytest.raises(ValueError, match="must be one of mail, chat, work, quick, solve"):
        enqueue(TASK, queue="sold", now=now)


def test_a_waiting_job_of_the_same_key_is_joined(now):
    first = enqueue(TASK, queue="work", unique_key="k", now=now)
    second = enqueue(TASK, queue="work", unique_key="k", now=now)

    assert (first.pk, bells()) == (second.pk, ["work"])


def test_a_running_job_of_the_same_key_is_not_joined_for_it_may_have_looked_already(now):
    first = enqueue(TASK, queue="work", unique_key="k", now=now)
    claim(first.pk, now=now)

    second = enqueue(TASK, queue="work", unique_key="k", now=now)

    assert first.pk != second.pk


def test_the_earlier_time_wins_when_joining(now):
    later = enqueue(TASK, queue="work", unique_key="k", due_at=now + timedelta(hours=1), now=now)
    assert bells() == []

    sooner = enqueue(TASK, queue="work", unique_key="k", now=now)

    assert (sooner.pk, sooner.due_at, bells()) == (later.pk, now, ["work"])


def test_a_job_due_later_is_not_claimed_before(now):
    job = enqueue(TASK, queue="work", due_at=now + timedelta(minutes=5), now=now)

    assert claim(job.pk, now=now + timedelta(minutes=4)) is None
    assert claim(job.pk, now=now + timedelta(minutes=5)) is not None


def test_beating_often_writes_seldom(now, django_assert_num_queries):
    job = claim(enqueue(TASK, queue="work", now=now).pk, now=now)
    beat(job)

    with django_assert_num_queries(0):
        beat(job)

    assert ClusterBeat.objects.count() == 1


def test_bells_are_taken_in_order_and_held_by_this_machine(now):
    jobs = [enqueue(TASK, queue="work", now=now) for _each in range(3)]
    broker = OrderedBroker(list_key="work")

    taken = [broker.dequeue()[0][0] for _each in jobs]

    assert taken == sorted(taken)
    assert bells() == [hand_of("work")] * 3


def test_a_bell_meant_for_another_machine_is_left_to_it(now):
    enqueue(TASK, queue="work", now=now)
    OrmQ.objects.update(key="work@elsewhere")

    assert OrderedBroker(list_key="work").dequeue() is None
