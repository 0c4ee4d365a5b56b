"""What must be there before the first page: tables, static files, and on an empty data folder something to look at."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from backend.ops.locks import one_at_a_time
from backend.roster.models import Area

if TYPE_CHECKING:
    from collections.abc import Callable

_STAMP = "static.stamp"


def prepare(say: Callable[[str], Any]) -> None:
    """Bring database and files up to date; several machines may do so at once."""
    with one_at_a_time(settings.DATA_DIR / "start.lock"):
        _step(say, "Database", _migrate)
        _step(say, "Static files", _collect_static)
        _step(say, "Demo data", _first_data)


def _step(say: Callable[[str], Any], name: str, do: Callable[[], bool]) -> None:
    began = time.monotonic()
    if do():
        say(f"{name}: ready after {time.monotonic() - began:.1f} s")


def _migrate() -> bool:
    """Tables as the code wants them. Answers whether anything was to be done, as the other steps do."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    return True


def _collect_static() -> bool:
    """Collect and compress, unless no file changed since the last time."""
    stamp = settings.DATA_DIR / _STAMP
    present = _static_stamp()
    if stamp.exists() and stamp.read_text() == present and settings.STATIC_ROOT.is_dir():
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(present)
    return True


def _static_stamp() -> str:
    """Names, sizes and times of all static files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):  # type: ignore[no-untyped-call]
            digest.update(f"{name}:{storage.size(name)}:{storage.get_modified_time(name).timestamp()}\n".encode())
    return digest.hexdigest()


def _first_data() -> bool:
    if not settings.HAS_DEMO or Area.objects.exists() or "demo" not in get_commands():
        return False
    call_command("demo", size="township")
    return True
