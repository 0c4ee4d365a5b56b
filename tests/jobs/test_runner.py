"""One job: claimed once, counted by us, tried three times, parked with a sentence that names nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from backend.jobs import runner
from backend.jobs.models import Job
from backend.jobs.services import cancel, enqueue, is_cancelled
from tests.jobs import sample_tasks

pytestmark = pytest.mark.django_db


def queued(task, now, **options):
    return enqueue(f"tests.jobs.sample_tasks.{task}", queue="work", now=now, **options)


def fresh(job):
    return Job.objects.get(pk=job.pk)


def test_a_job_is_done_once_however_often_its_bell_rings(clock, now):
    job = queued("note", now, arguments={"text": "once"})

    for _ring in range(3):
        runner.run(job.pk)

    assert sample_tasks.done == ["once"]
    assert (fresh(job).state, fresh(job).attempts, fresh(job).finished_at) == (Job.State.DONE, 1, now)


def test_a_failing_job_is_tried_three_times_with_growing_pauses_then_parked(clock, now):
    job = queued("fail", now)
    due = []

    for _try in range(6):
        runner.run(job.pk)
        due.append((fresh(job).due_at - now).total_seconds())
        clock.shift(timedelta(hours=1))

    assert (fresh(job).state, fresh(job).attempts) == (Job.State.PARKED, 3)
    assert due[:2] == [10, 3660]


def test_a_pause_is_kept(clock, now):
    job = queued("fail", now)
    runner.run(job.pk)

    runner.run(job.pk)

    assert fresh(job).attempts == 1


def test_the_sentence_says_what_and_where_and_never_whose(clock, now):
    job = queued("fail", now)

    runner.run(job.pk)

    assert fresh(job).problem.startswith("ValueError at tests/jobs/sample_tasks.py:")
    assert "王" not in fresh(job).problem


def test_an_expected_failure_is_named_by_its_code(clock, now):
    job = queued("refuse", now)

    runner.run(job.pk)

    assert fresh(job).problem.startswith("error at tests/jobs/")


@pytest.mark.parametrize("task", ["os.getcwd", "tests.jobs.sample_tasks.missing", "tests.jobs.sample_tasks.done"])
def test_a_name_that_leads_nowhere_of_ours_fails_like_any_task(clock, now, task):
    job = enqueue(task, queue="work", now=now)

    runner.run(job.pk)

    assert fresh(job).problem.startswith("UnknownTask")


def test_a_job_whose_worker_fell_silent_is_taken_over(clock, now):
    job = queued("note", now, arguments={"text": "second worker"})
    assert runner.claim(job.pk, now=now) is not None
    runner.run(job.pk)
    assert sample_tasks.done == []

    clock.shift(timedelta(seconds=91))
    runner.run(job.pk)

    assert (sample_tasks.done, fresh(job).attempts) == (["second worker"], 2)


def test_the_first_worker_cannot_end_what_the_second_has_taken_over(clock, now):
    job = queued("note", now)
    first = runner.claim(job.pk, now=now)
    second = runner.claim(job.pk, now=now + timedelta(seconds=91))

    runner.finish(first, now=now)
    runner.put_back(first, problem="late", now=now)

    assert (fresh(job).state, fresh(job).attempts) == (Job.State.RUNNING, 2)
    assert is_cancelled(first)
    assert not is_cancelled(second)


def test_a_job_that_ends_its_worker_is_not_tried_a_fourth_time(clock, now):
    job = queued("note", now)
    for _life in range(3):
        assert runner.claim(job.pk, now=clock_now(clock)) is not None
        clock.shift(timedelta(seconds=91))

    runner.run(job.pk)

    assert (fresh(job).state, sample_tasks.done) == (Job.State.PARKED, [])
    assert fresh(job).problem == "Its worker died each time."


def clock_now(clock):
    from django.utils import timezone

    return timezone.now()


def test_a_cancelled_job_never_starts(clock, now):
    job = queued("note", now)

    assert cancel(job, now=now)
    runner.run(job.pk)

    assert (sample_tasks.done, fresh(job).state) == ([], Job.State.CANCELLED)
    assert not cancel(job, now=now)


def test_a_job_cancelled_while_it_runs_stays_cancelled(clock, now):
    job = queued("cancel_itself", now)

    runner.run(job.pk)

    assert fresh(job).state == Job.State.CANCELLED


def test_a_failed_job_gives_way_to_one_of_the_same_key(clock, now):
    job = queued("fail", now, unique_key="one")
    running = runner.claim(job.pk, now=now)
    other = queued("note", now, unique_key="one")

    runner.put_back(running, problem="ValueError", now=now)

    assert other.pk != job.pk
    assert (fresh(job).state, fresh(other).state) == (Job.State.CANCELLED, Job.State.QUEUED)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_task_works(clock, now, monkeypatch):
    seen = []
    monkeypatch.setattr(sample_tasks, "note", lambda *, job, text="": seen.append(connection.in_atomic_block))
    job = queued("note", now)

    runner.run(job.pk)

    assert seen == [False]
