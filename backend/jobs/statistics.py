"""
Telling the database how much it holds.

After thousands of rows arrived at once its planner still believes in small tables, and one ordinary query may take
minutes instead of milliseconds until it has looked for itself. So whoever writes many rows asks for a look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from backend.jobs.services import enqueue

if TYPE_CHECKING:
    from datetime import datetime

MANY_ROWS = 500
# SQLite looks at so many entries of each index: enough to choose well, quick on a large file.
_SQLITE_LIMIT = 1000


def look_again_after(rows: int, *, now: datetime) -> None:
    """Queue a look after so many rows were written, inside the caller's transaction; a few rows change nothing."""
    if rows >= MANY_ROWS:
        enqueue("backend.jobs.statistics.refresh", queue="work", unique_key="statistics", now=now)


def refresh(*, job: Any = None) -> None:  # noqa: ARG001 - the runner's signature
    """Look now: about a second for a county. No transaction may be open."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA analysis_limit={_SQLITE_LIMIT}")
        cursor.execute("ANALYZE")
