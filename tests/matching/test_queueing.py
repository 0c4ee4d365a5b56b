"""Small runs and repairs wait in a queue of their own, cures give way, and what waits says behind what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.jobs.models import Job
from backend.kernel import child
from backend.roster.access import reader_for
from backend.web.shared.queue_words import told_ahead
from matching.models import Certificate, MatchingRun
from matching.queue_selectors import ahead_of_run
from matching.services import queueing, repairs, runs
from matching.services.queueing import memory_mb
from matching.services.remedying import find_remedies
from matching.services.repairs import queue_repair
from matching.services.runs import RunOptions, start_run
from matching.tasks import repair_places, solve_run
from tests.factories.matching import a_run, the_schemes
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_township
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def county():
    return reader_for(a_coordinator(a_county()), NOW)


@pytest.fixture
def proxy():
    return next(one for one in the_schemes() if one.key == "proxy-parent")


def started(reader, scheme, *, area=None, **options):
    return start_run(
        scheme=scheme, area=area or a_county(), options=RunOptions(**options), actor=reader.user, reader=reader, now=NOW
    )


def job_of(run):
    return Job.objects.get(public_id=MatchingRun.objects.get(pk=run.pk).job_id)


def test_a_small_run_waits_apart_from_one_that_may_take_minutes(county, proxy, monkeypatch):
    for name in "甲乙":
        a_child(name, level=3)

    assert job_of(started(county, proxy)).queue == "quick"
    assert job_of(started(county, proxy, seconds=600)).queue == "solve"
    monkeypatch.setattr(queueing, "MOST_QUICK_SLOTS", 1)
    assert job_of(started(county, proxy)).queue == "solve"
    assert job_of(started(county, proxy, area=a_township(number=109, name="空镇"))).queue == "quick"


def test_repairs_are_quick(proxy):
    queue_repair(scheme_id=proxy.pk, now=NOW)

    assert Job.objects.get(task="matching.tasks.repair_places").queue == "quick"


@pytest.mark.parametrize("whole", [256, 1024, 8192])
def test_a_quick_and_a_long_solve_keep_within_the_memory_together(settings, whole):
    settings.SOLVER_MEMORY_MB = whole

    assert memory_mb("quick") + memory_mb("solve") == whole
    assert memory_mb("quick") <= memory_mb("solve")


def test_what_is_too_large_for_the_quick_queue_waits_in_the_long_one(county, proxy, monkeypatch):
    a_child("甲", level=3), a_helper("何老师")
    run = started(county, proxy)
    monkeypatch.setattr(runs, "_stopped_by", lambda _outcome: "memory")
    real = child.Running.until_end
    monkeypatch.setattr(child.Running, "until_end", lambda *_a, **_n: child.Outcome(5, "memory", b"", 0.1))

    solve_run(job=job_of(run), run_id=run.pk)

    run.refresh_from_db()
    assert (run.state, run.problem, job_of(run).queue) == ("QUEUED", "", "solve")
    solve_run(job=job_of(run), run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "FAILED" and "内存不够" in run.problem
    monkeypatch.setattr(child.Running, "until_end", real)


def test_a_repair_too_large_for_the_quick_queue_is_asked_for_in_the_long_one(proxy, monkeypatch):
    def begin(scheme_id, job_id, now):
        return a_run(proxy, is_automatic=True, job_id=job_id)

    monkeypatch.setattr(repairs, "_begin", begin)
    monkeypatch.setattr(child.Running, "until_end", lambda *_a, **_n: child.Outcome(5, "memory", b"", 0.1))
    queue_repair(scheme_id=proxy.pk, now=NOW)
    job = Job.objects.get(task="matching.tasks.repair_places")
    Job.objects.filter(pk=job.pk).update(state="RUNNING")

    repair_places(job=job, scheme_id=proxy.pk)

    assert Job.objects.get(task="matching.tasks.repair_places", state="QUEUED").queue == "solve"


def test_cures_give_way_to_whatever_waits(county, proxy):
    for name in "甲乙丙":
        a_child(name, level=3)
    a_helper("何老师", total_limit=1)
    run = started(county, proxy)
    do_background_work()
    run.refresh_from_db()
    Certificate.objects.update(remedies=None)
    begun = Job.objects.count()
    waiting = started(county, proxy)

    find_remedies(run=run, now=NOW, beat=lambda: None)

    assert list(Certificate.objects.filter(proposal__run=run).values_list("remedies", flat=True)) == [None]
    again = Job.objects.get(task="matching.tasks.find_remedies", state="QUEUED")
    assert (again.queue, again.due_at) == ("quick", NOW + timedelta(seconds=5)) and Job.objects.count() == begun + 2
    do_background_work()
    waiting.refresh_from_db()
    assert waiting.state == "DONE"
    assert all(Certificate.objects.values_list("remedies", flat=True))


def test_a_waiting_run_says_behind_what_and_for_how_long(county, proxy):
    a_child("甲", level=3)
    first, second = started(county, proxy), started(county, proxy)
    assert told_ahead(ahead_of_run(first, county, NOW)) == ""
    Job.objects.filter(pk=job_of(first).pk).update(state="RUNNING", started_at=NOW)
    MatchingRun.objects.filter(pk=first.pk).update(state="SOLVING", started_at=NOW)
    later = NOW + timedelta(seconds=30)

    ahead = ahead_of_run(second, county, later)

    assert (ahead.count, ahead.first, ahead.seconds, ahead.is_most) == (1, first, 90, True)
    assert told_ahead(ahead) == f"等前面 1 个任务：{a_county().name}“{proxy.name}”的匹配，最多还要 2 分钟。"


def test_the_estimate_is_what_the_last_such_run_took(county, proxy):
    a_child("甲", level=3)
    a_run(proxy, state="DONE", started_at=NOW - timedelta(hours=1), finished_at=NOW - timedelta(minutes=56, seconds=30))
    _first, second = started(county, proxy), started(county, proxy)

    ahead = ahead_of_run(second, county, NOW)

    assert (ahead.seconds, ahead.is_most) == (210, False)
    assert "大约还要 4 分钟" in told_ahead(ahead)


def test_the_long_queue_is_not_in_front_of_the_quick_one(county, proxy):
    a_child("甲", level=3)
    long = started(county, proxy, seconds=600)
    Job.objects.filter(pk=job_of(long).pk).update(state="RUNNING", started_at=NOW)

    assert ahead_of_run(started(county, proxy), county, NOW) is None


def test_who_may_not_see_a_run_is_told_only_that_one_is_ahead(county, proxy):
    a_child("甲", level=3)
    first, second = started(county, proxy), started(county, proxy, area=a_township())
    Job.objects.filter(pk=job_of(first).pk).update(state="RUNNING", started_at=NOW)
    MatchingRun.objects.filter(pk=first.pk).update(area=a_township(number=109, name="别镇"))
    township = reader_for(a_coordinator(a_township()), NOW)

    ahead = ahead_of_run(second, township, NOW)

    assert ahead.first is None
    assert "别处的一次匹配" in told_ahead(ahead)
