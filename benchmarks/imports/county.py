"""
Both spreadsheets of a county, imported and confirmed, with the seconds of each stage.

    DATA_DIR=/tmp/import-figures python manage.py migrate
    DATA_DIR=/tmp/import-figures python -m benchmarks.imports.county

The database must be empty; PostgreSQL by DATABASE_URL.

Goals on two cores: both files in 60 s; the transaction that writes holds the lock at most 5 s.
"""

from __future__ import annotations

import os
import resource
import time
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

import django

django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from backend.accounts.models import Role
from backend.demo.accounts import Accounts
from backend.demo.build import invent
from backend.demo.county import COUNTY_CODE, COUNTY_NAME
from backend.demo.files import write_sheet
from backend.demo.sizes import SIZES
from backend.roster.access import reader_for
from backend.roster.models import Area, Child, Helper, ImportBatch
from backend.roster.models.imports import SheetKind
from backend.roster.services import confirming, imports
from backend.roster.services.confirming import confirm
from backend.roster.services.imports import stage_batch, upload
from backend.roster.services.undoing import undo
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.reading import read_table


class Stopwatch:
    """Seconds by stage, and how long each transaction of the roster's services stood open."""

    def __init__(self) -> None:
        self.total = 0.0
        self.longest_lock = 0.0

    @contextmanager
    def stage(self, name: str):
        self.longest_lock = 0.0
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        self.total += took
        print(f"  {name:<34} {took:7.2f} s   longest transaction {self.longest_lock:5.2f} s")

    def watch(self, module: object) -> None:
        """Time `transaction.atomic` of one module from begin to commit."""
        watch = self

        @contextmanager
        def timed():
            with transaction.atomic():
                # The lock is taken when the transaction begins (SQLite), so the wait for it does not count.
                began = time.monotonic()
                yield
            watch.longest_lock = max(watch.longest_lock, time.monotonic() - began)

        class Timed:
            atomic = staticmethod(timed)

        module.transaction = Timed  # type: ignore[attr-defined]


def main() -> None:
    assert not Area.objects.exists(), "needs an empty database"
    now = timezone.now()
    watch = Stopwatch()
    watch.watch(imports)
    watch.watch(confirming)
    _county, children, helpers = invent(SIZES["county"], 1, timezone.localdate(now))
    area = Area.objects.create(code=COUNTY_CODE, name=COUNTY_NAME, kind=Area.Kind.COUNTY)
    actor = Accounts(now).member(Role.COUNTY_COORDINATOR, "county1@qianshou.example", "周敏", area)
    print(f"{connection.vendor}: {len(children):,} children, {len(helpers):,} helpers")
    rows = {SheetKind.CHILDREN: children, SheetKind.HELPERS: helpers}
    batches = [run(kind, rows[kind], actor, now, watch) for kind in rows]
    print(f"both files, upload to report         {watch.total:7.2f} s   (goal 60)")
    print(f"peak memory                          {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:7} MB")
    print(f"on file: {Child.objects.count():,} children, {Helper.objects.count():,} helpers")
    again(batches[0], children, actor, now, watch)


def run(kind: str, rows: list, actor: object, now: object, watch: Stopwatch) -> ImportBatch:
    path = write_sheet(kind, rows, settings.DATA_DIR / "figures")
    reader = reader_for(actor, now)
    content = path.read_bytes()
    print(f"{path.name}: {len(content) / 1e6:.1f} MB")
    began = time.monotonic()
    read_table(content, SHEETS[kind])
    print(f"  (of which the reading program      {time.monotonic() - began:7.2f} s)")
    with watch.stage("upload"):
        batch = upload(
            kind=kind, file_name=path.name, content=content, actor=actor, reader=reader, now=now, is_queued=False
        )
    with watch.stage("read, check, stage"):
        batch = stage_batch(batch_id=batch.pk, now=now)
    assert batch.counts["wrong"] == 0, batch.counts
    with watch.stage("confirm"):
        return confirm(batch=batch, skip_wrong=False, actor=actor, reader=reader, now=now)


def again(batch: ImportBatch, children: list, actor: object, now: object, watch: Stopwatch) -> None:
    """The same file a second time: unchanged; then with every row changed; then undone."""
    print("the children again, every row changed, then undone")
    reader = reader_for(actor, now)
    changed = [row | {"interests": "下棋、种菜、跑步"} for row in children]
    second = run(batch.kind, changed, actor, now, watch)
    began = time.monotonic()
    undo(batch=second, actor=actor, reader=reader, now=now)
    print(f"  undo                               {time.monotonic() - began:7.2f} s")


if __name__ == "__main__":
    main()
