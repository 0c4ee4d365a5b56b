"""Staged rows as the preview shows them: a few cells, masked, and what is wrong with which."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backend.roster.access import children_visible_to, helpers_visible_to
from backend.roster.masking import masked_id, masked_phone
from backend.roster.models.imports import SheetKind
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.problems import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.roster.access import Reader
    from backend.roster.models import ImportBatch, ImportRow

_SHOWN = {
    SheetKind.CHILDREN: ("name", "id_number", "sex", "birth_date", "village", "school", "class_name", "heart_level"),
    SheetKind.HELPERS: ("name", "id_number", "roles", "unit", "sex", "clearance.expires_date", "hours", "total_limit"),
}
_LONGEST_SHOWN = 24


@dataclass(frozen=True)
class Cell:
    """One shown cell; `look` is "bad" or "ask" where the row says something about it."""

    text: str
    look: str = ""


@dataclass(frozen=True)
class ShownRow:
    """
    One row of the preview.

    Args:
        problems: {column, heading, cell, problem, mend, suggest, text} in the reader's language.
        changes: headings of what would change, for a person on file.
        alike: who on file looks like this person, "" for nobody.
    """

    number: int
    label: str
    cells: list[Cell]
    problems: list[dict[str, str]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    alike: str = ""
    decision: str = ""


def headings(batch: ImportBatch) -> list[tuple[str, str]]:
    """(letters, heading) of the shown columns."""
    return [(batch.sheet.get("letters", {}).get(key, ""), _columns(batch)[key].heading) for key in _keys(batch)]


def _columns(batch: ImportBatch) -> Any:
    return SHEETS[batch.kind].by_key


def _keys(batch: ImportBatch) -> list[str]:
    """Once confirmed the rows' cells are gone: the ledger holds them."""
    if batch.state == batch.State.CONFIRMED:
        return ["name"]
    return [key for key in _SHOWN[SheetKind(batch.kind)] if key in _columns(batch)]


def shown_row(batch: ImportBatch, row: ImportRow, alike: dict[int, str]) -> ShownRow:
    """One row, decrypted and masked."""
    payload = json.loads(row.payload) if row.payload else {}
    cells = payload.get("cells", {})
    columns = _columns(batch)
    problems = [_problem(note, columns, cells) for note in row.problems]
    bad = {note["column"] for note in row.problems}
    return ShownRow(
        number=row.number,
        label=row.label,
        cells=[_cell(key, cells, row, bad) for key in _keys(batch)],
        problems=problems,
        changes=[columns[key].heading for key in payload.get("changed", []) if key in columns],
        alike=alike.get(row.alike_id or 0, ""),
        decision=row.decision,
    )


def _cell(key: str, cells: dict[str, Any], row: ImportRow, bad: set[str]) -> Cell:
    text = masked(key, str(cells.get(key) or "")) or (row.label if key == "name" else "")
    asks = key == "name" and row.outcome == "ALIKE"
    return Cell(text[:_LONGEST_SHOWN], "bad" if key in bad else "ask" if asks else "")


def _problem(note: dict[str, Any], columns: Any, cells: dict[str, Any]) -> dict[str, str]:
    key = note["column"]
    said = spoken(note, columns[key].heading if key in columns else "")
    return said | {"text": masked(key, str(cells.get(key) or "")), "is_secret": "yes" if _is_secret(key) else ""}


def _is_secret(key: str) -> bool:
    return key.rpartition(".")[2] in {"id_number", "phone", "address", "medical_history", "psych_notes"}


def masked(key: str, text: str) -> str:
    """A cell as the preview may show it: numbers with head and tail only, addresses and health not at all."""
    kind = key.rpartition(".")[2]
    if kind == "id_number":
        return masked_id(text)
    if kind == "phone":
        return masked_phone(text)
    return _("（已写）") if text and _is_secret(key) else text


def people_alike(batch: ImportBatch, reader: Reader, rows: Iterable[ImportRow]) -> dict[int, str]:
    """Row id on file -> name and what tells people apart, of those the reader may know of."""
    ids = [row.alike_id for row in rows if row.alike_id]
    if not ids:
        return {}
    if batch.kind == SheetKind.CHILDREN:
        found = children_visible_to(reader).filter(pk__in=ids).select_related("village", "school")
        return {one.pk: told(one.name, one.birth_date, one.village.name, one.school) for one in found}
    people = helpers_visible_to(reader).filter(pk__in=ids).select_related("township", "unit")
    return {one.pk: told(one.name, one.birth_date, one.township.name, one.unit) for one in people}


def told(name: str, born: Any, place: str, unit: Any) -> str:
    """A name with what tells people apart."""
    facts = [place, unit.name if unit else "", str(born) if born else ""]
    return _("“%(name)s”（%(facts)s）") % {"name": name, "facts": _("，").join(fact for fact in facts if fact)}
