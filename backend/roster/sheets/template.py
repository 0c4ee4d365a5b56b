"""Empty sheets to fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.workbook import to_xlsx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backend.roster.sheets.columns import Column

MARK = "示例："
# What says who somebody is and where. Marked, none of it passes for somebody's own when the rest is overwritten.
_MARKED = frozenset({"name", "id_number", "township_code", "village_code", "school_code", "unit_code"})
_NOTE = "第 2 行是示例，带“示例：”的姓名不会导入。从第 3 行填起；要改第 2 行，请把带“示例：”的格子都换成这个人自己的。"


def template(kind: str) -> bytes:
    """The xlsx of one kind of sheet with headings, lists and one invented sample row that is never imported."""
    sheet = SHEETS[kind]
    return to_xlsx(sheet, [[_sample(column) for column in sheet.columns]], _NOTE, title="先看这里")


def is_sample(kind: str, values: Mapping[str, Any]) -> bool:
    """Whether a row is the sample, as templates write it now or wrote it before it was marked."""
    name, columns = values.get("name"), SHEETS[kind].by_key
    if isinstance(name, str) and name.replace(":", "：").startswith(MARK):
        return True
    return all(values.get(key) == columns[key].example for key in ("name", "id_number"))


def _sample(column: Column) -> str:
    return f"{MARK}{column.example}" if column.key in _MARKED and column.example else column.example
