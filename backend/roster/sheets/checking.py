"""One row of a sheet: its cells parsed, and whatever is wrong with them noted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop

from backend.roster.masking import is_masked
from backend.roster.sheets.columns import EMPTY_MARK, Column, Sheet
from backend.roster.sheets.identity import birth_date_in, sex_in
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import narrow_text, plain_text

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠", "﹣", "﹢", "−")


@dataclass
class CheckedRow:
    """
    One row on its way through the checks.

    Args:
        cells: what the sheet says, by column key; a float is a number that lost its digits.
        values: what the cells mean; keys that are absent stay unchanged.
        problems: (column key, what is wrong), in the order found.
    """

    number: int
    cells: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, CellProblem]] = field(default_factory=list)

    def wrong(self, key: str, problem: str, mend: str, suggest: str = "", **facts: Any) -> None:
        self.problems.append((key, CellProblem(problem, mend, suggest, **facts)))

    def has_problem(self, *keys: str) -> bool:
        return any(key in keys for key, _problem in self.problems)


def parse_row(number: int, cells: dict[str, Any], sheet: Sheet) -> CheckedRow:
    """Parse every cell; blank and masked ones say nothing, "-" empties."""
    row = CheckedRow(number, cells)
    for key, cell in cells.items():
        column = sheet.by_key[key]
        try:
            text = _text(cell)
            if text and not is_masked(text):
                row.values[key] = _value(column, text)
        except CellProblem as problem:
            row.problems.append((key, problem))
    if row.values.get("id_number"):
        _compare_with_id(row)
    return row


def _text(cell: Any) -> str:
    """A cell's text without the apostrophe that keeps a formula sign harmless."""
    if isinstance(cell, float):
        raise CellProblem(
            gettext_noop("the spreadsheet took it for a number and lost digits"),
            gettext_noop("Set the column to text and type it again."),
        )
    text = plain_text(str(cell))
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_SIGNS) else text


def _value(column: Column, text: str) -> Any:
    if narrow_text(text) != EMPTY_MARK:
        return column.parse(text)
    if column.is_needed or column.stays:
        raise CellProblem(
            gettext_noop("this cannot be emptied"), gettext_noop("Leave the cell blank to keep what is on file.")
        )
    return column.empty


def _compare_with_id(row: CheckedRow) -> None:
    """Sex and birth date follow from the ID number, or must agree with it."""
    number = row.values["id_number"]
    for key, inside in (("birth_date", birth_date_in(number)), ("sex", sex_in(number))):
        if row.has_problem(key):
            continue
        if row.values.setdefault(key, inside) != inside:
            row.wrong(
                key, gettext_noop("does not agree with the ID number"), gettext_noop("Compare both with the card.")
            )


def needed_columns(row: CheckedRow, sheet: Sheet) -> None:
    """A new person needs the columns without which nobody can be on file."""
    for column in sheet.columns:
        if column.is_needed and column.key not in row.values and not row.has_problem(column.key):
            row.wrong(column.key, gettext_noop("this cannot be blank for somebody new"), gettext_noop("Fill it in."))
