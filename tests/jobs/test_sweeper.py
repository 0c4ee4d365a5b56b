"""What lost its bell or its worker is found at the next beat."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_q.models import OrmQ

from backend.jobs import registry, sweeper, tasks
from backend.jobs.broker import OrderedBroker
from backend.jobs.models import ClusterBeat, Job
from backend.jobs.runner import claim, run
from backend.jobs.services import enqueue
from tests.jobs import sample_tasks

pytestmark = pytest.mark.django_db

TASK = "tests.jobs.sample_tasks.note"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def only_what_the_test_registers(monkeypatch):
    monkeypatch.setattr(registry, "_recurring", {})
    monkeypatch.setattr(registry, "_checks", [])


def answer_bells():
    """What a cluster does, in this process."""
    broker = OrderedBroker(list_key="work")
    from django_q.signing import SignedPackage

    while OrmQ.objects.exists():
        ((pk, package),) = broker.dequeue()
        task = SignedPackage.loads(package)
        run(*task["args"])
        broker.acknowledge(pk)


def test_a_job_whose_bell_was_lost_is_woken_after_a_minute(clock, now):
    enqueue(TASK, queue="work", arguments={"text": "found"}, now=now)
    OrmQ.objects.all().delete()

    assert sweeper.sweep(queue="work", now=now + timedelta(seconds=30)) == 0
    assert sweeper.sweep(queue="work", now=now + timedelta(seconds=61)) == 1

    answer_bells()
    assert sample_tasks.done == ["found"]


def test_a_later_job_is_woken_when_its_time_has_come(now):
    enqueue(TASK, queue="work", due_at=now + MINUTE, now=now)

    rung = [sweeper.sweep(queue="work", now=now + timedelta(seconds=s)) for s in (0, 59, 60, 61)]

    assert rung == [0, 0, 1, 0]


def test_only_its_own_queue_is_swept(now):
    enqueue(TASK, queue="mail", due_at=now + MINUTE, now=now)

    assert sweeper.sweep(queue="work", now=now + MINUTE) == 0


def test_a_running_job_without_a_sign_of_life_waits_again(now):
    job = enqueue(TASK, queue="work", now=now)
    claim(job.pk, now=now)

    sweeper.revive_silent(queue="work", now=now + timedelta(seconds=90))
    assert Job.objects.get().state == Job.State.RUNNING
    sweeper.revive_silent(queue="work", now=now + timedelta(seconds=91))

    assert (Job.objects.get().state, Job.objects.get().attempts) == (Job.State.QUEUED, 1)


def test_after_its_cluster_was_killed_everything_it_held_is_free(now):
    running = enqueue(TASK, queue="work", now=now)
    claim(running.pk, now=now)
    enqueue(TASK, queue="work", now=now)
    OrderedBroker(list_key="work").dequeue()
    elsewhere = enqueue(TASK, queue="work", now=now)
    claim(elsewhere.pk, now=now)
    Job.objects.filter(pk=elsewhere.pk).update(host="elsewhere")

    sweeper.release(queue="work", now=now)

    assert Job.objects.get(pk=running.pk).state == Job.State.QUEUED
    assert Job.objects.get(pk=elsewhere.pk).state == Job.State.RUNNING
    assert set(OrmQ.objects.values_list("key", flat=True)) == {"work"}


def test_an_attempt_cut_short_by_an_orderly_stop_does_not_count(now):
    job = enqueue(TASK, queue="work", now=now)
    claim(job.pk, now=now)

    sweeper.release(queue="work", now=now, is_orderly=True)

    assert Job.objects.get().attempts == 0


def test_a_recurring_task_is_enqueued_once_a_period_whoever_asks(now):
    registry.recurring(TASK, queue="work", every=MINUTE)
    for seconds in (0, 0, 10, 59, 60, 61):
        sweeper.enqueue_recurring(queue="work", now=now + timedelta(seconds=seconds))
        for job in Job.objects.filter(state="QUEUED"):
            claim(job.pk, now=now + timedelta(seconds=seconds))

    assert Job.objects.count() == 2


def test_a_recurring_task_goes_on_when_the_clock_is_set_back(now):
    registry.recurring(TASK, queue="work", every=MINUTE)
    sweeper.enqueue_recurring(queue="work", now=now + timedelta(hours=2))
    claim(Job.objects.get().pk, now=now + timedelta(hours=2))

    sweeper.enqueue_recurring(queue="work", now=now)

    assert Job.objects.count() == 2


def test_a_missed_period_is_not_made_up_for(now):
    registry.recurring(TASK, queue="work", every=MINUTE)
    sweeper.enqueue_recurring(queue="work", now=now)
    sweeper.enqueue_recurring(queue="work", now=now + timedelta(days=1))

    assert Job.objects.count() == 1


def test_an_idle_beat_is_written_and_a_failing_check_does_not_stop_the_others(clock, now):
    registry.check_each_beat("tests.jobs.sample_tasks.missing")
    registry.check_each_beat("tests.jobs.test_sweeper.look")

    tasks.idle_beat("work")

    assert ClusterBeat.objects.get().beat_at == now
    assert sample_tasks.done == ["looked at work"]


def look(*, queue, now):
    sample_tasks.done.append(f"looked at {queue}")


def test_ended_jobs_are_forgotten_after_a_month_and_parked_ones_kept(now):
    old = now - timedelta(days=31)
    for state in Job.State.values:
        Job.objects.create(task=TASK, queue="work", state=state, due_at=old, created_at=old, finished_at=old)

    sweeper.remove_ended(now=now)

    assert set(Job.objects.values_list("state", flat=True)) == {"QUEUED", "RUNNING", "PARKED"}
