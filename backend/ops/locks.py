"""Locks that end with the process that holds them."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import IO, TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# One number for all installations of this service, taken from nowhere in particular.
_ADVISORY_KEY = 7_340_921_145_002


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait for, then hold, the right to change database and files: a file lock, and on PostgreSQL an advisory lock."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_KEY])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_KEY])


class PidLock:
    """A file that one process holds and in which it says who it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: IO[str] | None = None

    def take(self) -> bool:
        """Hold it if it is free."""
        file = self.path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self.file = file
        return True

    def let_go(self) -> None:
        """Close our copy; another process that inherited it goes on holding it."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def holder(self) -> int:
        """The process that says it holds the file; 0 when nobody has said so."""
        text = self.path.read_text().strip() if self.path.exists() else ""
        return int(text) if text.isdigit() else 0
