"""Empty sheets to fill in."""

from __future__ import annotations

from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.workbook import to_xlsx


def template(kind: str) -> bytes:
    """The xlsx of one kind of sheet with headings, lists and one invented sample row to overwrite."""
    sheet = SHEETS[kind]
    return to_xlsx(sheet, [[column.example for column in sheet.columns]], "第 2 行是示例，填写前请删去。")
