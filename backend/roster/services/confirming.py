"""Writing a staged import into the ledger, in one short transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from backend.accounts.models import COORDINATORS
from backend.audit.services import record
from backend.jobs.statistics import look_again_after
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from backend.roster.access import county_of
from backend.roster.bulk import Key, Rows, prepare, update
from backend.roster.events import ImportConfirmed
from backend.roster.models import Area, ImportBatch, ImportRow
from backend.roster.models.imports import SheetKind
from backend.roster.services.imports import NoOneCounty, ensure_may_touch, place_counts
from backend.roster.sheets.child_writing import ChildRows, ChildWriter
from backend.roster.sheets.helper_writing import HelperRows, HelperWriter
from backend.roster.sheets.place_writing import Plan, plan_for, write_places
from backend.roster.sheets.work import Work, work_in

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader

Outcome = ImportRow.Outcome
_WRITTEN = (Outcome.NEW, Outcome.CHANGED)
_OPEN = (Outcome.WRONG, Outcome.ALIKE)


class RowsStillOpen(DomainError):
    code = "import.rows_open"
    message = "%(wrong)s rows are wrong and %(alike)s undecided. Mend them first, or leave them out."


class LedgerMoved(DomainError):
    """Somebody changed the same people after the preview; nothing was written."""

    code = "import.ledger_moved"
    message = "The ledger changed after the preview. Nothing was written; upload the file again."


def confirm(*, batch: ImportBatch, skip_wrong: bool, actor: Any, reader: Reader, now: datetime) -> ImportBatch:
    """
    Write every new and changed row of a batch, all or nothing.

    Args:
        skip_wrong: leave out rows that are wrong or undecided; they stay in the report.

    Raises:
        RowsStillOpen: such rows exist and are not to be left out.
        LedgerMoved: a person was changed since the preview.
        InvalidMove: confirmed already, or given up. NotAllowed.
    """
    reader.may(*COORDINATORS)
    ensure_may_touch(batch, actor, reader, now)
    county = county_of(reader)
    if county is None:
        raise NoOneCounty
    batch.refresh_from_db()
    _refuse_open_rows(batch, skip_wrong=skip_wrong)
    # A blank payload was written by somebody else a moment ago: the claim below will say so.
    works = work_in(batch.rows.filter(outcome__in=_WRITTEN).exclude(payload="").order_by("number"))
    rows = writer_of(batch.kind)(works, actor, now, batch.public_id).ready()
    notes, keys = _row_notes(works)
    with transaction.atomic():
        _claim(batch, skip_wrong=skip_wrong, now=now)
        _write(batch, rows, notes, keys, county.code, now)
        batch.refresh_from_db()
        record(actor=actor, verb="import.confirmed", subject=batch, after=batch.counts)
        for fact in rows.facts:
            publish(fact)
        publish(ImportConfirmed(batch_id=batch.pk))
        look_again_after(len(works), now=now)
    return batch


def writer_of(kind: str) -> type[ChildWriter | HelperWriter]:
    return ChildWriter if kind == SheetKind.CHILDREN else HelperWriter


def _refuse_open_rows(batch: ImportBatch, *, skip_wrong: bool) -> None:
    if batch.state != ImportBatch.State.READY:
        raise InvalidMove(state=batch.state)
    open_rows = batch.rows.filter(outcome__in=_OPEN).exclude(decision="SKIP")
    wrong = open_rows.filter(outcome=Outcome.WRONG).count()
    alike = open_rows.filter(outcome=Outcome.ALIKE).count()
    if (wrong or alike) and not skip_wrong:
        raise RowsStillOpen(wrong=wrong, alike=alike)


def _claim(batch: ImportBatch, *, skip_wrong: bool, now: datetime) -> None:
    # A row mended after it was read here raises `edits`: then nothing is claimed.
    ready = ImportBatch.objects.filter(
        pk=batch.pk, state=ImportBatch.State.READY, counts__edits=batch.counts.get("edits", 0)
    )
    if not ready.update(state=ImportBatch.State.CONFIRMED, confirmed_at=now, skip_wrong=skip_wrong):
        raise InvalidMove(state=ImportBatch.objects.values_list("state", flat=True).get(pk=batch.pk))


def _write(
    batch: ImportBatch,
    rows: ChildRows | HelperRows,
    notes: Rows,
    keys: list[tuple[int, ...]],
    county: str,
    now: datetime,
) -> None:
    plan = plan_for(batch.places, rows.used_places)
    ids, made = write_rows(rows, plan, county, now)
    update(notes, keys, ids, where=("id",))
    batch.places = plan | {"made": made}
    ImportBatch.objects.filter(pk=batch.pk).update(
        places=batch.places, counts=batch.counts | place_counts(batch) | {"written": len(rows.works)}
    )


def write_rows(
    rows: ChildRows | HelperRows, plan: Plan, county: str, now: datetime
) -> tuple[dict[Key, int], dict[str, list[int]]]:
    """
    Write prepared people and the places they need, inside the caller's transaction.

    Returns:
        (row ids by key, ids of the places made by kind).

    Raises:
        LedgerMoved: somebody changed the same people, or wrote what must be unique, meanwhile.
    """
    # One writer at a time makes places in a county; on SQLite the transaction itself sees to that.
    Area.objects.select_for_update().get(code=county)
    try:
        ids, made = write_places(plan, county)
        written = rows.write(ids, now)
    except IntegrityError as error:
        raise LedgerMoved from error
    if written != len(rows.works):
        raise LedgerMoved
    return ids, made


def _row_notes(works: list[Work]) -> tuple[Rows, list[tuple[int, ...]]]:
    """What each staged row keeps for undo. Its payload goes: the ledger holds the data now."""
    notes = [
        ImportRow(
            pk=work.row_id,
            person_id=work.person_id,
            person_version=1 if work.is_new else work.version + 1,
            payload="",
            before=json.dumps({"values": work.before, "made": work.made}, ensure_ascii=False),
        )
        for work in works
    ]
    links = {"person_id": [work.public_id if work.is_new else None for work in works]}
    rows = prepare(ImportRow, notes, links, only=("person_id", "person_version", "payload", "before"), is_new=False)
    return rows, [(work.row_id,) for work in works]
