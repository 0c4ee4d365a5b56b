"""A real `serve`: any one process is killed, and work goes on without anybody's help."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ops.serving import BASE, LIMIT_S, QUEUES, Serving, free_port, is_alive
from tests.postgres import server

pytestmark = [
    pytest.mark.race,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

# Silence is noticed after the limit; then the cluster needs a few seconds to start, more on a busy machine.
RECOVERS_S = LIMIT_S + 25
EVERY_KIND = [
    "web worker",
    "web master",
    *(f"{queue} {part}" for queue in QUEUES for part in ("worker", "sentinel", "master", "monitor", "pusher")),
    "watchdog",
    "guardian",
]


@pytest.fixture
def serving(tmp_path):
    with Serving(tmp_path) as started:
        yield started


def kill(serving, kind):
    os.kill(serving.pid_of(kind), signal.SIGKILL)


def test_work_goes_on_after_one_process_of_each_storey_was_killed(serving):
    for kind in ("web worker", "web master", "work sentinel", "mail worker", "watchdog"):
        kill(serving, kind)
        serving.work_is_done(RECOVERS_S)
        serving.wait_until_ready(RECOVERS_S)

    family = serving.family()
    began = time.monotonic()
    serving.process.terminate()
    assert serving.process.wait(20) == 0
    assert time.monotonic() - began < 12
    assert [pid for pid in family if is_alive(pid)] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_work_goes_on_whichever_process_is_killed(serving, kind):
    kill(serving, kind)

    resumed_s = serving.work_is_done(RECOVERS_S)
    ready_s = resumed_s + serving.wait_until_ready(RECOVERS_S)
    # Shown by `pytest -rP`.
    sys.stdout.write(f"{kind} killed: work done after {resumed_s:.1f} s, ready after {ready_s:.1f} s\n")


@pytest.mark.slow
def test_a_worker_that_lives_without_doing_anything_is_noticed_by_its_silence(serving):
    os.kill(serving.pid_of("work worker"), signal.SIGSTOP)

    serving.wait_for(lambda: serving.get("/readyz")[0] == 503, 30, "red")
    serving.work_is_done(RECOVERS_S)
    serving.wait_until_ready(RECOVERS_S)


@pytest.mark.slow
def test_a_job_cut_off_with_its_worker_is_done_by_the_next(serving):
    job = serving.database.put_job("solve", "tests.ops.sample_tasks.hold", folder=str(serving.folder))
    serving.wait_for((serving.folder / job).exists, 20, "started")
    solver = [pid for pid in serving.family() if "time.sleep(120)" in cmdline(pid)]

    kill(serving, "solve worker")

    serving.wait_for(lambda: not any(is_alive(pid) for pid in solver), 5, "rid of the child")
    serving.wait_for(lambda: serving.database.states([job])[job] == "DONE", RECOVERS_S, "done")
    assert serving.database.attempts(job) == 2


@pytest.mark.slow
def test_a_job_that_ends_its_worker_is_parked_and_those_behind_it_are_done(serving):
    poison = serving.database.put_job("work", "tests.ops.sample_tasks.end_worker")
    behind = serving.database.put_job("work")

    serving.wait_for(lambda: serving.database.states([poison])[poison] == "PARKED", 4 * RECOVERS_S, "parked")
    serving.wait_for(lambda: serving.database.states([behind])[behind] == "DONE", RECOVERS_S, "done")

    assert serving.database.attempts(poison) == 3


@pytest.mark.slow
def test_a_later_serve_takes_over_from_one_whose_guardian_was_killed(serving):
    family = serving.family()
    kill(serving, "guardian")
    serving.process.wait()

    serving.start()

    serving.wait_for(lambda: not any(is_alive(pid) for pid in family), RECOVERS_S, "rid of the earlier life")
    serving.work_is_done(RECOVERS_S)


@pytest.mark.slow
def test_two_serves_on_one_postgresql_do_each_job_once(tmp_path_factory):
    with (
        server() as url,
        Serving(tmp_path_factory.mktemp("first"), url) as first,
        Serving(tmp_path_factory.mktemp("second"), url) as second,
    ):
        jobs = [first.database.put_job(queue) for queue in QUEUES for _each in range(40)]
        kill(second, "work worker")
        first.wait_for(lambda: set(first.database.states(jobs).values()) == {"DONE"}, 120, "done")
        kill(first, "mail sentinel")
        second.work_is_done(RECOVERS_S)
        effects = first.database.effects()

    assert {effects[job] for job in jobs} == {1}


def test_a_second_serve_on_the_same_folder_or_port_is_refused_with_a_sentence(tmp_path):
    with Serving(tmp_path) as first:
        answer = serve_once(first.environment)
        assert "Another serve" in answer.stderr
        elsewhere = first.environment | {"DATA_DIR": str(tmp_path / "other")}
        assert f"Port {first.port} at 127.0.0.1 is in use" in serve_once(elsewhere).stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set."),
        ("FIELD_ENCRYPTION_KEYS", "short", "FIELD_ENCRYPTION_KEYS: key 1 is not a Fernet key"),
        ("FIELD_ENCRYPTION_KEYS", ",", "FIELD_ENCRYPTION_KEYS holds no key."),
        ("DATABASE_URL", "mysql://localhost/x", "DATABASE_URL cannot be read"),
        ("DATABASE_URL", "postgres://u@127.0.0.1:1/x", "The database does not answer"),
        ("PORT", "eighty", "PORT is 'eighty'"),
        ("PUBLIC_URL", "example.org", "PUBLIC_URL is 'example.org'"),
        ("EMAIL_URL", "pigeon://loft", "EMAIL_URL cannot be read"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'LOUD'"),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS is empty"),
        ("DEMO", "perhaps", "DEMO is 'perhaps'"),
        ("DATA_DIR", "/dev/null", "DATA_DIR /dev/null cannot be used"),
        ("SMS_BACKEND", "pigeon", "SMS_BACKEND is 'PIGEON'"),
        ("SMS_BACKEND", "http", "SMS_BACKEND is http, but SMS_URL is not set"),
        ("SMS_URL", "http://sms.example.org/send", "SMS_URL cannot be used"),
        ("SMS_URL", "https://sms.example.org:port/send", "SMS_URL cannot be used"),
        ("SMS_TIMEOUT_SECONDS", "0", "SMS_TIMEOUT_SECONDS is '0'"),
        ("BIND", "nowhere.invalid", "at nowhere.invalid cannot be bound"),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_a_sentence(tmp_path, name, value, sentence):
    environment = Serving(tmp_path).environment | {"PORT": str(free_port()), name: value}

    answer = serve_once(environment)

    assert answer.returncode in {1, 2}
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


def serve_once(environment):
    command = [sys.executable, "manage.py", "serve"]
    return subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, timeout=60, check=False)


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
