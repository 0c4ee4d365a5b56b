"""
Calendars under load, on a folder of their own and a real `manage.py serve`.

    python -m benchmarks.calendars [--seconds 10]

Prints, for one helper with 300 events: the first answer after all of them changed and after one did, an answer to who
has the bytes already, how many of those a second two cores give (the clients run on them too), and how soon a change is
seen.
"""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.machine import described

EVENTS = 300
CLIENTS = 4
BASE = Path(__file__).resolve().parents[2]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=10.0)
    seconds = arguments.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="calendars-") as folder:
        prepare(folder)
        url, duty_id = a_calendar()
        path = urlsplit(url).path
        server = subprocess.Popen([sys.executable, "manage.py", "serve"], cwd=BASE, start_new_session=True)
        try:
            wait_for(path)
            measure(path, duty_id, seconds)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)


def prepare(folder: str) -> None:
    """Settings for this process and its children, and an empty database."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "backend.settings", "ENV_FILE": "/dev/null", "DATA_DIR": folder,
        "PORT": str(free_port()), "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    }  # fmt: skip
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def a_calendar() -> tuple[str, int]:
    """One helper with a visit on each of 300 hours, and the address of their calendar; the row id of one visit."""
    from django.utils import timezone

    from activities.models import Duty
    from backend.accounts.models import Role
    from backend.roster.access import reader_in_role
    from notifications.feed_services import create_feed
    from tests.factories.matching import a_pairing

    now = timezone.now()
    pairing = a_pairing(now=now)
    start = datetime(now.year, now.month, now.day, 6, tzinfo=UTC) - timedelta(days=80)
    days = [start + timedelta(days=n) for n in range(EVENTS)]
    shown = [start + timedelta(hours=20 * n) for n in range(EVENTS)]  # all inside the window of a calendar
    Duty.objects.bulk_create(
        Duty(kind="FIRST_VISIT", pairing=pairing, child=pairing.child, helper=pairing.helper, created_at=now,
             changed_at=now, earliest_date=day.date(), latest_date=day.date() + timedelta(days=1),
             shown_date=at.date(), start_at=at, end_at=at + timedelta(hours=1))
        for day, at in zip(days, shown, strict=True)
    )  # fmt: skip
    reader = reader_in_role(pairing.helper.user, Role.TEACHER, now)
    _feed, url = create_feed(reader=reader, label="benchmark", now=now)
    return url, Duty.objects.filter(earliest_date=now.date()).values_list("pk", flat=True)[0]


def connect() -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=30)


def ask(connection: http.client.HTTPConnection, path: str, etag: str = "") -> tuple[int, str, bytes]:
    connection.request("GET", path, headers={"If-None-Match": etag} if etag else {})
    answer = connection.getresponse()
    return answer.status, answer.headers.get("ETag", ""), answer.read()


def got(status: int, connection: http.client.HTTPConnection, path: str, etag: str = "") -> tuple[str, bytes]:
    """ETag and body of an answer that must be of this status: a figure for anything else would be worth nothing."""
    answered, fresh, body = ask(connection, path, etag)
    if answered != status:
        raise SystemExit(f"answered {answered} where {status} was to be measured")
    return fresh, body


def wait_for(path: str) -> None:
    for _ in range(600):
        try:
            if ask(connect(), path)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit("the service did not start")


def measure(path: str, duty_id: int, seconds: float) -> None:
    connection = connect()
    print(described())
    ask(connection, path)  # what a web process loads once
    cold = [timed(lambda: got(200, connection, path)) for _ in range(10) if outdated(every=True)]
    one = [timed(lambda: got(200, connection, path)) for _ in range(10) if outdated(every=False)]
    etag, body = got(200, connection, path)
    print(f"{body.count(b'BEGIN:VEVENT')} events, {len(body):,} bytes")
    for name, took in (("all of them changed", cold), ("one of them changed", one)):
        print(f"first answer, {name}: median {statistics.median(took) * 1000:.0f} ms, longest {max(took) * 1000:.0f}")
    warm = sorted(timed(lambda: got(304, connection, path, etag)) for _ in range(200))
    print(f"304: median {statistics.median(warm) * 1000:.1f} ms, 95th of 100 {warm[189] * 1000:.1f}")
    print(f"304 with {CLIENTS} clients: {burst(path, etag, seconds)}")
    print(f"a change is seen after {seen_after(path, etag, duty_id):.1f} s")


def timed(act: object) -> float:
    began = time.perf_counter()
    act()  # type: ignore[operator]
    return time.perf_counter() - began


def outdated(*, every: bool) -> int:
    """Change every visit or one of them, as far as a calendar shows it; answers how many."""
    from django.db.models import F

    from activities.models import Duty
    from notifications.models import Feed

    duties = Duty.objects.all() if every else Duty.objects.filter(pk=Duty.objects.latest("pk").pk)
    changed = duties.update(sequence=F("sequence") + 1)
    Feed.objects.update(version=F("version") + 1)
    return changed


def burst(path: str, etag: str, seconds: float) -> str:
    """As many as the service gives, over connections that stay open."""
    took: list[float] = []
    statuses: list[int] = []
    stop_at = time.monotonic() + seconds

    def client() -> None:
        connection = connect()
        while time.monotonic() < stop_at:
            began = time.perf_counter()
            statuses.append(ask(connection, path, etag)[0])
            took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took.sort()
    others = sum(status != 304 for status in statuses)
    return (
        f"{len(took) / seconds:.0f} a second, 99th of 100 {took[int(len(took) * 0.99)] * 1000:.0f} ms, {others} others"
    )


def seen_after(path: str, etag: str, duty_id: int) -> float:
    """Seconds from a helper's new time to the first answer that shows it."""
    from django.utils import timezone

    from activities.models import Duty
    from activities.services.duties import set_duty_time

    duty = Duty.objects.select_related("pairing").get(pk=duty_id)
    start = timezone.now().astimezone(UTC).replace(hour=8, minute=30, second=0, microsecond=0)
    set_duty_time(duty=duty, start_at=start, end_at=start + timedelta(minutes=40), actor=None, now=timezone.now())
    began, connection = time.monotonic(), connect()
    while ask(connection, path, etag)[0] == 304 and time.monotonic() - began < 60:
        time.sleep(0.05)
    got(200, connection, path, etag)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
