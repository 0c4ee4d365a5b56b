"""Ready means ready: each thing that can break turns the answer red, and back when it is mended."""

from __future__ import annotations

import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError
from django.utils import timezone

from backend.jobs.models import ClusterBeat, Job
from backend.ops import health
from backend.outbox.models import OutboxDelivery, OutboxEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_report_is_fresh(monkeypatch):
    monkeypatch.setattr(health, "_ANSWER_KEPT_S", -1)


@pytest.fixture
def all_is_well():
    beat_all(timezone.now())


def beat_all(at):
    for queue in ("mail", "chat", "work", "quick", "solve"):
        ClusterBeat.objects.update_or_create(host="one", queue=queue, defaults={"beat_at": at})


def job(queue, waited_s):
    due_at = timezone.now() - timedelta(seconds=waited_s)
    return Job.objects.create(task="t", queue=queue, due_at=due_at, created_at=due_at)


def delivery(waited_s, **columns):
    then = timezone.now() - timedelta(seconds=waited_s)
    event = OutboxEvent.objects.create(name="n", payload={})
    OutboxEvent.objects.filter(pk=event.pk).update(created_at=then)
    return OutboxDelivery.objects.create(event=event, handler="h", **({"due_at": then} | columns))


def test_alive_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/livez")

    assert (answer.status_code, answer.json()) == (200, {"is_alive": True})


def test_ready_when_all_is_well(client, all_is_well):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["reasons"] == []
    assert set(answer.json()["checks"].values()) == {"ok"}
    assert "no-store" in answer["Cache-Control"]


def test_red_without_a_sign_of_life_and_green_again_with_one(client, all_is_well):
    ClusterBeat.objects.filter(queue="solve").update(beat_at=timezone.now() - timedelta(seconds=26))

    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["No sign of life from the workers of: solve."])

    beat_all(timezone.now())
    assert client.get("/readyz").status_code == 200


def test_one_machine_with_live_workers_is_enough(client, all_is_well):
    ClusterBeat.objects.create(host="two", queue="mail", beat_at=timezone.now() - timedelta(days=1))

    assert client.get("/readyz").status_code == 200


def test_red_when_no_cluster_has_ever_beaten(client):
    assert client.get("/readyz").json()["reasons"] == [
        "No sign of life from the workers of: mail, chat, work, quick, solve."
    ]


@pytest.mark.parametrize(
    ("queue", "waited_s", "status"),
    [("mail", 119, 200), ("mail", 125, 503), ("work", 125, 200), ("work", 305, 503), ("solve", 3000, 200)],
)
def test_red_when_due_jobs_wait_too_long(client, all_is_well, queue, waited_s, status):
    job(queue, waited_s)

    assert client.get("/readyz").status_code == status


def test_jobs_not_yet_due_and_jobs_that_ended_do_not_count(client, all_is_well):
    job("mail", -600)
    Job.objects.filter(pk=job("mail", 600).pk).update(state="DONE")

    assert client.get("/readyz").status_code == 200


def test_red_when_a_fact_is_not_told(client, all_is_well):
    waiting = delivery(130)

    assert client.get("/readyz").status_code == 503
    OutboxDelivery.objects.filter(pk=waiting.pk).update(state="DONE")
    assert client.get("/readyz").status_code == 200


def test_a_fact_that_waits_for_its_next_try_is_no_fault_of_ours(client, all_is_well):
    delivery(7200, attempts=7, due_at=timezone.now() + timedelta(minutes=30))

    assert client.get("/readyz").status_code == 200


def test_what_a_person_must_look_at_is_counted_and_does_not_stop_the_service(client, all_is_well):
    Job.objects.filter(pk=job("work", 1).pk).update(state="PARKED")
    delivery(7200, state="DEAD")

    answer = client.get("/readyz")

    assert answer.json()["for_a_person"] == {"parked_jobs": 1, "dead_deliveries": 1}
    assert answer.status_code == 200


def test_red_when_the_disk_is_nearly_full(client, all_is_well, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=10**8))

    assert client.get("/readyz").json()["reasons"] == ["Only 95 MB are free in DATA_DIR."]


def test_red_when_the_database_takes_no_write(client, all_is_well, monkeypatch):
    def full(*_args, **_options):
        raise DatabaseError("disk full")

    monkeypatch.setattr(health, "beat_cluster", full)
    monkeypatch.setattr(health.connection, "close", lambda: None)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "The database does not take a write.")


def test_red_when_a_migration_is_missing(client, all_is_well, monkeypatch):
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_args: ["one"])

    assert client.get("/readyz").json()["reasons"] == ["1 migrations are not applied."]


def test_asking_often_costs_one_report_a_second(client, all_is_well, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(health, "_ANSWER_KEPT_S", 60)
    monkeypatch.setattr(health, "_recent", health._Recent())
    client.get("/readyz")

    with django_assert_num_queries(0):
        assert client.get("/readyz").status_code == 200
