"""A staged batch as its coordinator sees it before confirming."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backend.roster.models import Child, Helper, ImportRow
from backend.roster.models.imports import SheetKind
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.problems import spoken
from backend.roster.sheets.showing import shown_text
from backend.roster.sheets.workbook import to_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.roster.access import Reader
    from backend.roster.models import ImportBatch
    from backend.roster.sheets.columns import Sheet

Outcome = ImportRow.Outcome


@dataclass(frozen=True)
class Alike:
    """Somebody on file who may be the same person: what tells people apart, nothing more."""

    public_id: str
    name: str
    birth_date: str
    place: str


@dataclass(frozen=True)
class PreviewRow:
    """
    One row.

    Args:
        cells: column key -> text as the reader may see it.
        changes: (heading, text before, text after) of what would change.
        problems: as `problems.spoken` gives them, in the active language.
        alike: somebody on file who may be the same, while undecided.
    """

    id: int
    number: int
    outcome: str
    label: str
    decision: str
    cells: dict[str, str]
    changes: list[tuple[str, str, str]]
    problems: list[dict[str, str]]
    alike: Alike | None


def preview_rows(batch: ImportBatch, reader: Reader, rows: Iterable[ImportRow]) -> list[PreviewRow]:
    """Rows of one page; the caller filters and slices `batch.rows`."""
    page = list(rows)
    sheet = SHEETS[batch.kind]
    alike = _alike_people(batch, page)
    return [_preview(sheet, reader, row, alike.get(row.alike_id or 0)) for row in page]


def _preview(sheet: Sheet, reader: Reader, row: ImportRow, alike: Alike | None) -> PreviewRow:
    payload: dict[str, Any] = json.loads(row.payload) if row.payload else {"cells": {}, "values": {}, "changed": []}
    return PreviewRow(
        id=row.pk,
        number=row.number,
        outcome=row.outcome,
        label=row.label,
        decision=row.decision,
        cells={key: _cell(sheet, reader, key, text) for key, text in payload["cells"].items()},
        changes=_changes(sheet, reader, row, payload) if row.outcome == Outcome.CHANGED and row.payload else [],
        problems=[spoken(note, sheet.by_key[note["column"]].heading) for note in row.problems],
        alike=alike,
    )


def _cell(sheet: Sheet, reader: Reader, key: str, text: Any) -> str:
    return shown_text(sheet, sheet.by_key[key], reader.role, str(text))


def _changes(sheet: Sheet, reader: Reader, row: ImportRow, payload: dict[str, Any]) -> list[tuple[str, str, str]]:
    before = json.loads(row.before) if row.before else {}
    changes = []
    for key in payload["changed"]:
        column = sheet.by_key.get(key)
        if column is not None:
            texts = ("" if side.get(key) is None else column.show(side[key]) for side in (before, payload["values"]))
            old, new = (shown_text(sheet, column, reader.role, text) for text in texts)
            changes.append((column.heading, old, new))
    return changes


def _alike_people(batch: ImportBatch, rows: list[ImportRow]) -> dict[int, Alike]:
    ids = {row.alike_id for row in rows if row.alike_id}
    model: Any = Child if batch.kind == SheetKind.CHILDREN else Helper
    place = "school" if batch.kind == SheetKind.CHILDREN else "unit"
    people = model.objects.filter(pk__in=ids).select_related(place)
    return {one.pk: _alike(one, getattr(one, place)) for one in people}


def _alike(person: Any, place: Any) -> Alike:
    born = person.birth_date.isoformat() if person.birth_date else ""
    return Alike(person.public_id, person.name, born, place.name if place else "")


def problem_groups(batch: ImportBatch) -> list[tuple[str, int]]:
    """(heading, how many cells) of what is wrong, most frequent first."""
    wrong = batch.rows.filter(outcome=Outcome.WRONG).values_list("problems", flat=True)
    counted = Counter(note["column"] for notes in wrong for note in notes)
    by_key = SHEETS[batch.kind].by_key
    return [(by_key[key].heading, number) for key, number in counted.most_common()]


def wrong_rows_file(batch: ImportBatch) -> bytes:
    """The wrong rows alone, as uploaded, each wrong cell red with a note of how to mend it. Audited by the caller."""
    sheet = SHEETS[batch.kind]
    positions = {column.key: at for at, column in enumerate(sheet.columns)}
    lines: list[list[str]] = []
    marks: dict[tuple[int, int], str] = {}
    for row in batch.rows.filter(outcome=Outcome.WRONG).order_by("number"):
        cells = json.loads(row.payload)["cells"]
        lines.append([str(cells.get(column.key, "")) for column in sheet.columns])
        for note in row.problems:
            said = spoken(note)
            marks[len(lines), positions[note["column"]]] = f"{said['problem']}。{said['mend']}"
    return to_xlsx(sheet, lines, marks=marks)
