"""A real `manage.py serve` on a folder of its own, its processes by what they do, and its database from outside."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import psycopg

BASE = Path(__file__).resolve().parents[2]
QUEUES = ("mail", "chat", "work", "quick", "solve")
BEAT_S = 1
LIMIT_S = 12
TASK = "tests.ops.sample_tasks.note"


class Database:
    """The few statements a test needs, on either database, without Django."""

    def __init__(self, url):
        self.url = url
        self.is_postgres = url.startswith("postgres")

    def run(self, sql, *values):
        if self.is_postgres:
            with psycopg.connect(libpq(self.url), autocommit=True) as connection:
                cursor = connection.execute(sql.replace("?", "%s"), values)
                return cursor.fetchall() if cursor.description else []
        with contextlib.closing(
            sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=20, isolation_level=None)
        ) as db:
            return db.execute(sql, values).fetchall()

    def put_job(self, queue, task=TASK, **arguments):
        """A waiting job whose bell was lost: only a beat can find it."""
        public_id = secrets.token_hex(8)
        now = datetime.now(UTC).replace(tzinfo=UTC if self.is_postgres else None)
        self.run(
            "INSERT INTO jobs_job (public_id, task, arguments, queue, unique_key, state, attempts, due_at, created_at,"
            " host, cluster, problem) VALUES (?, ?, ?, ?, '', 'QUEUED', 0, ?, ?, '', '', '')",
            *(public_id, task, json.dumps({"text": public_id} | arguments), queue),
            *((now, now) if self.is_postgres else (str(now), str(now))),
        )
        return public_id

    def states(self, public_ids):
        marks = ", ".join("?" * len(public_ids))
        return dict(self.run(f"SELECT public_id, state FROM jobs_job WHERE public_id IN ({marks})", *public_ids))

    def attempts(self, public_id):
        return self.run("SELECT attempts FROM jobs_job WHERE public_id = ?", public_id)[0][0]

    def effects(self):
        """How often each job took effect."""
        return dict(self.run("SELECT task, count(*) FROM jobs_job WHERE queue = 'effect' GROUP BY task"))


def libpq(url):
    """django-environ's form of the address in libpq's."""
    return url.replace("postgres://", "postgresql://", 1)


class Serving:
    """`manage.py serve`, started and stopped by a test."""

    def __init__(self, folder, database_url=""):
        self.folder = folder
        self.port = free_port()
        self.database = Database(database_url or f"sqlite:///{folder / 'qianshou.sqlite3'}")
        self.environment = os.environ | {
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "DATABASE_URL": database_url,
            "BEAT_SECONDS": str(BEAT_S),
            "HEARTBEAT_LIMIT_SECONDS": str(LIMIT_S),
            "DEMO": "off",
            "LOG_LEVEL": "WARNING",
        }
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_error):
        self.end()

    def start(self):
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=BASE,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_until_ready(60)

    def end(self):
        """Stop in an orderly way; whatever is left after that is killed."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        # Also what outlived a guardian that a test has killed.
        for pid in everything_on(self.folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def log(self):
        lines = (self.folder / "serve.log").read_text(errors="replace").splitlines()
        return "\n".join([line for line in lines if "readyz" not in line][-30:])

    def get(self, path):
        """(status, body) or (0, "") when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_until_ready(self, seconds):
        return self.wait_for(lambda: self.get("/readyz")[0] == 200, seconds, "ready")

    def wait_for(self, is_so, seconds, what):
        """Seconds it took until something was so."""
        began = time.monotonic()
        while not is_so():
            assert time.monotonic() - began < seconds, (
                f"not {what} after {seconds} s\n{self.get('/readyz')[1]}\n{self.log()}"
            )
            time.sleep(0.1)
        return time.monotonic() - began

    def work_is_done(self, seconds):
        """Put a job into each queue and wait until all are done."""
        jobs = [self.database.put_job(queue) for queue in QUEUES]
        return self.wait_for(lambda: set(self.database.states(jobs).values()) == {"DONE"}, seconds, "done")

    def pid_of(self, kind):
        """One process by what it does, e.g. "guardian", "web worker", "mail sentinel"."""
        if kind == "guardian":
            return self.process.pid
        watchdog = children(self.process.pid)[0]
        if kind == "watchdog":
            return watchdog
        name, part = kind.split()
        master = next(pid for pid in children(watchdog) if name_of(pid) == name)
        below = children(master)
        if part == "master":
            return master
        if part in {"worker", "sentinel"} and (name == "web" or part == "sentinel"):
            return below[0]
        return children(below[0])[("worker", "monitor", "pusher").index(part)]

    def family(self):
        """Everything below the guardian, and the guardian."""
        found, todo = [], [self.process.pid]
        while todo:
            found.append(todo.pop())
            todo += children(found[-1])
        return found


def children(pid):
    """Live children, oldest first."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return sorted((int(child) for child in listed if is_alive(int(child))), key=started_at)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def started_at(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]), pid
    except OSError:
        return 0, pid


def everything_on(folder):
    """Every process that was started with this data folder."""
    mark = f"DATA_DIR={folder}\0"
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if mark in entry.read_text():
                yield int(entry.parent.name)


def name_of(pid):
    """ "web", or the queue a cluster works for."""
    try:
        if "gunicorn" in Path(f"/proc/{pid}/cmdline").read_text():
            return "web"
        variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
    except OSError:
        return ""
    return next((text.split("=", 1)[1] for text in variables if text.startswith("Q_CLUSTER_NAME=")), "")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
