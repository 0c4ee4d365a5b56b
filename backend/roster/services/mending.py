"""Mending a staged import in its preview: cells, and people who look alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.roster.models import ImportBatch, ImportRow
from backend.roster.services.imports import ensure_may_touch, recount, stage_for
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.limits import CELL_CHARACTERS
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.staging import NEW, SAME, SKIP, Decision

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader

_MOST_AT_ONCE = 2000


class NoSuchColumn(DomainError):
    code = "import.no_column"
    status = 400
    message = "There is no such column."


class NothingToDecide(DomainError):
    code = "import.nothing_to_decide"
    message = "Nobody on file looks like the person in this row."


def decide(*, row: ImportRow, decision: str, actor: Any, reader: Reader, now: datetime) -> ImportRow:
    """
    Say of a row that looks like somebody on file: SAME person, a NEW one, or SKIP the row.

    Raises:
        NothingToDecide: the row looks like nobody. InvalidMove: the batch is not waiting for confirmation.
    """
    if decision not in (SAME, NEW, SKIP):
        raise NothingToDecide
    with transaction.atomic():
        batch = _open_batch(row.batch_id, actor, reader, now)
        [fresh] = _as_they_stand(batch, [row])
        if fresh.alike_id is None and fresh.decision not in (SAME, NEW):
            raise NothingToDecide
        _check_again(batch, [fresh], {fresh.number: Decision(decision, _alike_of(fresh))}, reader, now)
        record(actor=actor, verb="import.decided", subject=batch, after={"row": fresh.number, "decision": decision})
    return fresh


def mend_cell(*, row: ImportRow, column: str, value: str, actor: Any, reader: Reader, now: datetime) -> ImportRow:
    """
    Write another text into one cell of a staged row and check the row again.

    Raises:
        NoSuchColumn. InvalidMove: the batch is not waiting for confirmation.
    """
    return mend_cells(rows=[row], column=column, value=value, actor=actor, reader=reader, now=now)[0]


def mend_same(
    *, batch: ImportBatch, column: str, text: str, value: str, actor: Any, reader: Reader, now: datetime
) -> list[ImportRow]:
    """Mend every wrong row whose cell of the column holds the same text; answers the rows mended."""
    _ensure_column(batch, column)
    with transaction.atomic():
        held = _open_batch(batch.pk, actor, reader, now)
        wrong = held.rows.filter(outcome=ImportRow.Outcome.WRONG).order_by("number")
        same = [row for row in wrong if _cells(row).get(column) == text][:_MOST_AT_ONCE]
        if same:
            _write_cell(held, same, column, value, actor, reader, now)
    return same


def mend_cells(
    *, rows: list[ImportRow], column: str, value: str, actor: Any, reader: Reader, now: datetime
) -> list[ImportRow]:
    """The same text into one cell of several rows of one batch; answers the rows as they stand then."""
    _ensure_column(rows[0].batch, column)
    with transaction.atomic():
        batch = _open_batch(rows[0].batch_id, actor, reader, now)
        fresh = _as_they_stand(batch, rows)
        _write_cell(batch, fresh, column, value, actor, reader, now)
    return fresh


def _ensure_column(batch: ImportBatch, column: str) -> None:
    if column not in SHEETS[batch.kind].by_key:
        raise NoSuchColumn


def _write_cell(
    batch: ImportBatch, rows: list[ImportRow], column: str, value: str, actor: Any, reader: Reader, now: datetime
) -> None:
    for row in rows:
        row.payload = json.dumps({"cells": _cells(row) | {column: value[:CELL_CHARACTERS]}})
    _check_again(batch, rows, {row.number: Decision(row.decision, _alike_of(row)) for row in rows}, reader, now)
    numbers = [row.number for row in rows]
    record(actor=actor, verb="import.mended", subject=batch, after={"column": column, "rows": numbers[:50]})


def _as_they_stand(batch: ImportBatch, rows: list[ImportRow]) -> list[ImportRow]:
    """The rows read again now that the batch is held: what the caller read may have been mended meanwhile."""
    fresh = {row.pk: row for row in batch.rows.filter(pk__in=[row.pk for row in rows])}
    return [fresh[row.pk] for row in rows]


def _alike_of(row: ImportRow) -> int | None:
    return row.alike_id or row.person_id


def _cells(row: ImportRow) -> dict[str, Any]:
    cells: dict[str, Any] = json.loads(row.payload)["cells"]
    return cells


def _open_batch(batch_id: int, actor: Any, reader: Reader, now: datetime) -> ImportBatch:
    """The batch, held against a confirmation or another mend at the same moment."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    ensure_may_touch(batch, actor, reader, now)
    if batch.state != ImportBatch.State.READY:
        raise InvalidMove(state=batch.state)
    return batch


def _check_again(
    batch: ImportBatch, rows: list[ImportRow], decisions: dict[int, Decision], reader: Reader, now: datetime
) -> None:
    """Check rows anew and save what came out, keeping their places in the file."""
    stage = stage_for(batch, reader, batch.sheet["letters"], now)
    fresh = stage.run([(row.number, _cells(row)) for row in rows], {n: d for n, d in decisions.items() if d.word})
    for row, checked in zip(rows, fresh, strict=True):
        for name in _CHECKED:
            setattr(row, name, getattr(checked, name))
        row.decision = decisions[row.number].word
        _refuse_double(batch, row)
        row.save()
    batch.places = batch.places | stage.places.plan()
    recount(batch)


_CHECKED = ("outcome", "label", "problems", "person_id", "person_version", "alike_id", "id_hash", "payload", "before")


def _refuse_double(batch: ImportBatch, row: ImportRow) -> None:
    """A mended row must not name the person of another row."""
    others = batch.rows.exclude(pk=row.pk)
    twin = others.filter(id_hash=row.id_hash).first() if row.id_hash else None
    twin = twin or (others.filter(person_id=row.person_id).first() if row.person_id else None)
    if twin is None:
        return
    problem = CellProblem("the same person as in row %(number)s", "Keep one of the two rows.", number=twin.number)
    letters = batch.sheet["letters"]
    row.problems = [*row.problems, problem.noted("name", f"{letters.get('name', '')}{row.number}")]
    row.outcome = ImportRow.Outcome.WRONG
