"""Tables as bytes that no spreadsheet program will run: xlsx with every cell typed as text, and CSV."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import xlsxwriter

from backend.kernel.calendar import clean_line, clean_text
from backend.roster.sheets.checking import FORMULA_SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from backend.roster.sheets.columns import Sheet

_LAST_ROW = 1_048_575
_MOST_LIST_CHARACTERS = 255
_LONGEST_CELL = 32_000
_LONGEST_TAB = 31
_NO_CHARACTERS = {0xFFFE: None, 0xFFFF: None}
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def harmless(text: str) -> str:
    """Text that starts like a formula, behind an apostrophe. Reading takes the apostrophe off again."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def cell_text(text: str) -> str:
    """
    What may stand in a cell: no sign that breaks the file or fools its reader, no formula, never too long to open.

    A lone surrogate cannot even be written, a control sign makes Excel call the file damaged.
    """
    return harmless(_cut(clean_text(text).translate(_NO_CHARACTERS), _LONGEST_CELL))


def _cut(text: str, units: int) -> str:
    """As much of a text as fits, counted as Excel counts: an emoji is two."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with the mark that makes Chinese Excel read it as such."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([cell_text(heading) for heading in headings])
    for row in rows:
        writer.writerow([cell_text(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def to_xlsx(
    sheet: Sheet,
    rows: Iterable[Sequence[str]],
    note: str = "",
    marks: Mapping[tuple[int, int], str] | None = None,
    title: str = "导出",
) -> bytes:
    """
    A workbook whose first tab is the sheet: headings frozen, every column text, lists where words are listed.

    Args:
        note: a line for the second tab, e.g. who exported it, when and why.
        marks: (row from 1, column from 0) -> comment of a cell to be shown in red.
        title: what stands before the note.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _OPTIONS) as book:
        text = book.add_format({"num_format": "@"})
        heading = book.add_format(
            {"num_format": "@", "bold": True, "bg_color": "#E4EFF0", "text_wrap": True, "border": 1}
        )
        tab = book.add_worksheet(sheet.title)
        _headings(tab, sheet, heading, text)
        for number, row in enumerate(rows, start=1):
            for position, cell in enumerate(row):
                if cell:
                    tab.write_string(number, position, cell_text(cell), text)
        _mark(tab, marks or {}, book.add_format({"num_format": "@", "bg_color": "#FBE6E3", "font_color": "#B3372A"}))
        _explain(book.add_worksheet("说明"), sheet, (title, note), text)
    return content.getvalue()


def table_xlsx(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> bytes:
    """A workbook of one plain table, every cell typed as text; `note` stands under it."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _OPTIONS) as book:
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        heading = book.add_format({"num_format": "@", "bold": True, "bg_color": "#E4EFF0", "border": 1})
        tab = book.add_worksheet(_tab_name(title))
        tab.freeze_panes(1, 0)
        tab.set_paper(_A4)
        for position, words in enumerate(headings):
            tab.set_column(position, position, max(10, min(40, 2 * len(words) + 8)), text)
            tab.write_string(0, position, cell_text(words), heading)
        number = 0
        for number, row in enumerate(rows, start=1):
            for position, cell in enumerate(row):
                tab.write_string(number, position, cell_text(cell), text)
        if note:
            tab.write_string(number + 2, 0, cell_text(note), text)
    return content.getvalue()


_A4 = 9


def _tab_name(title: str) -> str:
    """What spreadsheet programs accept as the name of a tab."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", clean_line(title).translate(_NO_CHARACTERS)).strip()
    return _cut(plain, _LONGEST_TAB) or "1"


def _headings(tab: Worksheet, sheet: Sheet, heading: Format, text: Format) -> None:
    tab.freeze_panes(1, 1)
    for position, column in enumerate(sheet.columns):
        tab.set_column(position, position, column.width, text)
        tab.write_string(0, position, column.heading, heading)
        if column.hint:
            tab.write_comment(0, position, column.hint)
        if column.words and len(",".join(column.words)) <= _MOST_LIST_CHARACTERS:
            tab.data_validation(
                1, position, _LAST_ROW, position,
                {"validate": "list", "source": [*column.words], "error_type": "warning", "error_title": column.heading},
            )  # fmt: skip


def _mark(tab: Worksheet, marks: Mapping[tuple[int, int], str], red: Format) -> None:
    for (row, position), comment in marks.items():
        tab.conditional_format(row, position, row, position, {"type": "formula", "criteria": "=TRUE", "format": red})
        tab.write_comment(row, position, cell_text(comment))


_RULES = (
    "空格表示不改，“-”表示清空；表里没有的人不受影响。",
    "身份证号、电话、区划代码按文本填写。日期写成 2027-01-02。",
    "几个值用、隔开。每周可用时间写成“周一 14:00-16:00；周三 全天”。",
    "带 * 号的内容是打了码的，原样导回表示不改。",
)


def _explain(tab: Worksheet, sheet: Sheet, note: tuple[str, str], text: Format) -> None:
    tab.set_column(0, 0, 20, text)
    tab.set_column(1, 1, 80, text)
    lines = [("怎样填", rule) for rule in _RULES]
    lines += [(column.heading, _explained(column.hint, column.words, column.example)) for column in sheet.columns]
    for number, (left, right) in enumerate(([note] if note[1] else []) + lines):
        tab.write_string(number, 0, cell_text(left), text)
        tab.write_string(number, 1, cell_text(right), text)


def _explained(hint: str, words: Sequence[str], example: str) -> str:
    listed = "可填：" + "、".join(words) if words else ""
    return "；".join(part for part in (hint, listed, f"例：{example}" if example else "") if part)
