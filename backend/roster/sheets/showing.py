"""A person's values as one reader may see them in a file or a preview: the field matrix applied to columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.roster.field_matrix import Rule, rule_for
from backend.roster.masking import masked_id, masked_name, masked_phone
from backend.roster.models.imports import SheetKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.roster.sheets.columns import Column, Sheet

HIDDEN = "***"


def shown_row(sheet: Sheet, role: str | None, values: dict[str, Any]) -> list[str]:
    """One person's cells in the order of the sheet."""
    return [
        shown_text(sheet, column, role, "" if values.get(column.key) is None else column.show(values[column.key]))
        for column in sheet.columns
    ]


def shown_text(sheet: Sheet, column: Column, role: str | None, text: str) -> str:
    """One cell: plain, masked, hidden behind stars (which means "unchanged" on the way back in), or blank."""
    rule = _rule(sheet, column, role)
    if not text or rule is Rule.ABSENT:
        return ""
    return text if rule is Rule.PLAIN else _mask_of(column)(text)


def _rule(sheet: Sheet, column: Column, role: str | None) -> Rule:
    """Helpers' sheets are for coordinators, who see all of it but whole ID numbers."""
    if sheet.kind == SheetKind.HELPERS:
        return Rule.MASKED if column.key == "id_number" else Rule.PLAIN
    return rule_for(column.field, role)


def _mask_of(column: Column) -> Callable[[str], str]:
    if column.key.endswith("id_number"):
        return masked_id
    if column.key.endswith("phone"):
        return masked_phone
    return masked_name if column.key.endswith("name") else lambda _text: HIDDEN
