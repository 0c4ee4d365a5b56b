"""The invented rows as the two spreadsheets a county would send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.workbook import to_xlsx

if TYPE_CHECKING:
    from pathlib import Path

_FILE_MODE = 0o600


def write_sheet(kind: str, rows: list[dict[str, Any]], folder: Path) -> Path:
    """Write one spreadsheet; answers where it lies."""
    sheet = SHEETS[kind]
    cells = ([_cell(column.show, row.get(column.key)) for column in sheet.columns] for row in rows)
    path = folder / f"{sheet.title}台账.xlsx"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(to_xlsx(sheet, cells))
    path.chmod(_FILE_MODE)
    return path


def _cell(show: Any, value: Any) -> str:
    text: str = "" if value is None else show(value)
    return text
