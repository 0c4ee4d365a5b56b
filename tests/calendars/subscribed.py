"""vdirsyncer fetches a feed over http into a folder, khal reads the folder: two programs, as their users run them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.calendars.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

_BIN = Path(sys.executable).parent
_SHANGHAI = ZoneInfo("Asia/Shanghai")


@contextlib.contextmanager
def served(page: dict[str, bytes]) -> Iterator[str]:
    """Serve `page["ics"]`, whatever it holds at the time; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/calendar; charset=utf-8")
            self.end_headers()
            self.wfile.write(page["ics"])

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/my.ics"
    finally:
        server.shutdown()
        server.server_close()


class Subscriber:
    """One person's folder, with the settings of both programs."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.calendar = folder, folder / "calendar"
        self.calendar.mkdir()
        (folder / "vdirsyncer.ini").write_text(
            f'[general]\nstatus_path = "{folder}/status"\n'
            '[pair feed]\na = "remote"\nb = "local"\ncollections = null\nconflict_resolution = "a wins"\n'
            f'[storage remote]\ntype = "http"\nurl = "{url}"\n'
            f'[storage local]\ntype = "filesystem"\npath = "{self.calendar}"\nfileext = ".ics"\n'
        )
        (folder / "khal.ini").write_text(
            f"[calendars]\n[[feed]]\npath = {self.calendar}\nreadonly = True\n"
            "[locale]\nlocal_timezone = Asia/Shanghai\ndefault_timezone = Asia/Shanghai\n"
            "dateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ntimeformat = %H:%M\n"
            "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
            f"[sqlite]\npath = {folder}/khal.db\n"
        )
        self._run("vdirsyncer", "-c", str(folder / "vdirsyncer.ini"), "discover", "feed")

    def sync(self) -> list[str]:
        """Fetch once; answers the names of the files that are there now."""
        self._run("vdirsyncer", "-c", str(self.folder / "vdirsyncer.ini"), "sync")
        return sorted(path.name for path in self.calendar.glob("*.ics"))

    def seen(self) -> list[Seen]:
        """The events khal lists, without UID: vdirsyncer names what comes over http after its content."""
        fields = ("start-long", "end-long", "all-day", "status")
        options = [part for field in fields for part in ("--json", field)]
        listed = self._run("khal", "-c", str(self.folder / "khal.ini"), "list", "--once", *options, "2026-11-30", "30d")
        days = [json.loads(line) for line in listed.splitlines() if line.startswith("[")]
        return sorted({_seen_of(event) for day in days for event in day})

    def _run(self, program: str, *arguments: str) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
        done = subprocess.run(
            [_BIN / program, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def _seen_of(event: dict[str, str]) -> Seen:
    is_day = event["all-day"] == "True"
    return Seen(
        "",
        event["start-long"] if is_day else _seconds(event["start-long"]),
        # khal shows the last day of an event, the file names the day after.
        _next_day(event["end-long"]) if is_day else _seconds(event["end-long"]),
        event["status"].strip() or "CONFIRMED",
    )


def _seconds(text: str) -> str:
    return str(int(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=_SHANGHAI).timestamp()))


def _next_day(text: str) -> str:
    return (datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)).date().isoformat()
