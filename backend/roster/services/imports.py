"""Spreadsheets in: upload, read and check, give up. Mending, confirming and undoing have files of their own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from backend.accounts.models import COORDINATORS
from backend.audit.services import record
from backend.jobs.services import enqueue
from backend.kernel.errors import DomainError, InvalidMove, NotAllowed
from backend.outbox.services import publish
from backend.roster.access import (
    Reader,
    children_visible_to,
    coordinators_covered_by,
    county_of,
    covers,
    helpers_visible_to,
    reader_in_role,
)
from backend.roster.bulk import insert, prepare
from backend.roster.events import ImportReady
from backend.roster.models import ImportBatch, ImportRow
from backend.roster.models.imports import SheetKind
from backend.roster.sheets import limits, stored
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.places import Places
from backend.roster.sheets.reading import REASONS, FileRefused, Table, read_table
from backend.roster.sheets.staging import Stage
from backend.roster.sheets.template import is_sample
from backend.roster.sheets.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

State = ImportBatch.State
_SECONDS_SHOWN = 1


class NoOneCounty(DomainError):
    """Codes and names of places are read within one county."""

    code = "import.no_county"
    status = 403
    message = "Your grants cover no county, or several; importing needs exactly one."


def upload(
    *, kind: str, file_name: str, content: bytes, actor: Any, reader: Reader, now: datetime, is_queued: bool = True
) -> ImportBatch:
    """
    Take a file in: kept encrypted, read by a background job. Nothing of the ledger changes.

    Args:
        is_queued: False where the caller stages the batch itself.

    Raises:
        NotAllowed: not a coordinator. NoOneCounty: no county to read place names in.
        FileRefused: empty, or larger than 10 MB.
    """
    reader.may(*COORDINATORS)
    if county_of(reader) is None:
        raise NoOneCounty
    if not content or len(content) > limits.FILE_BYTES:
        raise FileRefused("too_big" if content else "empty")
    batch = ImportBatch(
        kind=SheetKind(kind),
        file_name=plain_text(file_name)[-200:] or "-",
        uploaded_by=actor,
        uploaded_role=reader.role or "",
        created_at=now,
    )
    batch.stored_file = stored.keep("imports", batch.public_id, content)
    with transaction.atomic():
        batch.save()
        record(actor=actor, verb="import.uploaded", subject=batch, after={"kind": batch.kind, "bytes": len(content)})
        if is_queued:
            enqueue("backend.roster.tasks.stage_batch", queue="work", arguments={"batch_id": batch.pk}, now=now)
    return batch


def stage_batch(*, batch_id: int, now: datetime, should_stop: Callable[[], bool] | None = None) -> ImportBatch:
    """
    Read the file of a batch and check every row. A file that cannot be read refuses the batch with the reason.

    Safe to run twice: whoever finishes first settles the batch, the other changes nothing.
    """
    batch = ImportBatch.objects.select_related("uploaded_by").get(pk=batch_id)
    if batch.state != State.READING:
        return batch
    began = time.monotonic()
    try:
        table = read_table(_content_of(batch), SHEETS[batch.kind], should_stop)
        stage = stage_for(batch, uploader_of(batch, now), table.letters, now)
        if should_stop is not None:
            stage.alive = _heard(should_stop)
        wanted = _without_sample(table, batch.kind)
        rows = stage.run(wanted, {})
    except FileRefused as refusal:
        _refuse(batch, refusal)
    else:
        seconds = round(time.monotonic() - began, _SECONDS_SHOWN)
        batch.sheet = _sheet_of(table) | {"seconds": seconds, "samples": len(table.rows) - len(wanted)}
        batch.places = stage.places.plan()
        _keep(batch, rows)
    batch.refresh_from_db()
    return batch


def _without_sample(table: Table, kind: str) -> list[tuple[int, dict[str, Any]]]:
    """The rows without the template's example, where somebody filled the template in and left it standing."""
    rows = [row for row in table.rows if not is_sample(kind, row[1])]
    if not rows:
        raise FileRefused("empty")
    return rows


def _heard(should_stop: Callable[[], bool]) -> Callable[[], None]:
    """A sign of life: asking is what counts, the checks are too short to be stopped."""

    def alive() -> None:
        should_stop()

    return alive


def stage_for(batch: ImportBatch, reader: Reader, letters: dict[str, str], now: datetime) -> Stage:
    """What rows of the batch are checked against, for one reader at one moment."""
    county = county_of(reader)
    if county is None:
        raise FileRefused("lost")
    places = Places(reader, county.code)
    places.remember({key: rows for key, rows in batch.places.items() if key != "made"})
    return Stage(batch.kind, reader, timezone.localdate(now), letters, places)


def _content_of(batch: ImportBatch) -> bytes:
    try:
        return stored.fetch(batch.stored_file)
    except FileNotFoundError as error:
        raise FileRefused("lost") from error


def _sheet_of(table: Table) -> dict[str, Any]:
    return {"tab": table.tab, "letters": table.letters, "ignored": table.ignored}


def _refuse(batch: ImportBatch, refusal: FileRefused) -> None:
    with transaction.atomic():
        claimed = ImportBatch.objects.filter(pk=batch.pk, state=State.READING).update(
            state=State.REFUSED, problem=REASONS[refusal.reason], stored_file=""
        )
        if claimed:
            record(actor=None, verb="import.refused", subject=batch, after={"reason": refusal.reason})
            publish(ImportReady(batch_id=batch.pk))
    stored.drop(batch.stored_file)


def _keep(batch: ImportBatch, rows: list[ImportRow]) -> None:
    """Save the checked rows; they are prepared before the transaction so that it is short."""
    for row in rows:
        row.batch_id = batch.pk
    prepared = prepare(ImportRow, rows)
    counts = _counted(batch, rows)
    with transaction.atomic():
        claimed = ImportBatch.objects.filter(pk=batch.pk, state=State.READING).update(
            state=State.READY, sheet=batch.sheet, places=batch.places, counts=counts, stored_file=""
        )
        if claimed:
            insert(prepared, {})
            record(actor=None, verb="import.staged", subject=batch, after=counts)
            publish(ImportReady(batch_id=batch.pk))
    stored.drop(batch.stored_file)


def _counted(batch: ImportBatch, rows: list[ImportRow]) -> dict[str, int]:
    counts = {outcome.value.lower(): 0 for outcome in ImportRow.Outcome}
    for row in rows:
        counts[row.outcome.lower()] += 1
    named = sum(1 for row in rows if row.person_id)
    return counts | place_counts(batch) | {"absent": max(0, _on_file(batch) - named), "edits": 0}


def place_counts(batch: ImportBatch) -> dict[str, int]:
    """How many places the rows add."""
    return {f"new_{key}": len(batch.places.get(key, [])) for key in ("areas", "units", "classes")}


def recount(batch: ImportBatch) -> None:
    """Count the rows again after one was mended or decided."""
    found = dict(batch.rows.values_list("outcome").annotate(Count("pk")))
    counts = {outcome.value.lower(): found.get(outcome.value, 0) for outcome in ImportRow.Outcome}
    batch.counts = batch.counts | counts | place_counts(batch) | {"edits": batch.counts.get("edits", 0) + 1}
    batch.save(update_fields=["counts", "places"])


def uploader_of(batch: ImportBatch, now: datetime) -> Reader:
    """Who uploaded the file, in the role they did it in; nobody once that role has ended."""
    return reader_in_role(batch.uploaded_by, batch.uploaded_role, now)


def _on_file(batch: ImportBatch) -> int:
    reader = uploader_of(batch, batch.created_at)
    visible = children_visible_to if batch.kind == SheetKind.CHILDREN else helpers_visible_to
    return int(visible(reader).count())


def cancel(*, batch: ImportBatch, actor: Any, reader: Reader, now: datetime) -> None:
    """
    Give a batch up: its rows and its file go, the ledger stays as it is.

    Raises:
        InvalidMove: it was confirmed, refused or given up already.
    """
    ensure_may_touch(batch, actor, reader, now)
    with transaction.atomic():
        waiting = (State.READING, State.READY)
        if not ImportBatch.objects.filter(pk=batch.pk, state__in=waiting).update(state=State.CANCELLED, stored_file=""):
            raise InvalidMove(state=_state_now(batch))
        ImportRow.objects.filter(batch=batch).delete()
        record(actor=actor, verb="import.cancelled", subject=batch)
    stored.drop(batch.stored_file)


def _state_now(batch: ImportBatch) -> str:
    return str(ImportBatch.objects.values_list("state", flat=True).get(pk=batch.pk))


def ensure_may_touch(batch: ImportBatch, actor: Any, reader: Reader, now: datetime) -> None:
    """
    The uploader's batch is touched by the uploader, or by a coordinator whose areas hold all of the uploader's.

    Raises:
        NotAllowed
    """
    reader.may(*COORDINATORS)
    if batch.uploaded_by_id == actor.pk and batch.uploaded_role in ("", reader.role):
        return
    if not covers(reader, uploader_of(batch, now)):
        raise NotAllowed


def batches_visible_to(reader: Reader, now: datetime) -> QuerySet[ImportBatch]:
    """Batches the reader may touch: their own, and those of coordinators whose places all lie in the reader's."""
    if not reader.is_coordinator:
        return ImportBatch.objects.none()
    return ImportBatch.objects.filter(uploaded_by__in=coordinators_covered_by(reader, now)).select_related(
        "uploaded_by"
    )
