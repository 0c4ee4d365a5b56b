"""
What a column of a sheet is. One definition serves the template, the reading, the preview and the export.

A value is JSON: text, number, yes/no, list, or None / "" / [] for empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backend.roster.sheets.parsers import Parser, choice_of
from backend.roster.sheets.text import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EMPTY_MARK = "-"


def _as_is(value: Any) -> str:
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Column:
    """
    One column.

    Args:
        key: the value's name inside a row; "father.phone" belongs to the part `father`.
        heading: what the first row of the sheet says.
        parse: text to value, raising CellProblem. show: value to text, its inverse.
        words: the allowed words where there is a list; the template checks them.
        empty: the value "-" stands for. is_needed: a new person must have it, and "-" is refused.
        stays: "-" is refused because history cannot be emptied.
        field: the child's field in the access matrix that rules it; "" for helpers' sheets.
        other_headings: headings in old files that mean the same.
    """

    key: str
    heading: str
    parse: Parser
    show: Callable[[Any], str] = _as_is
    words: tuple[str, ...] = ()
    example: str = ""
    hint: str = ""
    empty: Any = ""
    is_needed: bool = False
    stays: bool = False
    field: str = ""
    other_headings: tuple[str, ...] = ()
    width: int = 12


@dataclass(frozen=True)
class Sheet:
    """A kind of sheet: its columns in order, and the title of its tab."""

    kind: str
    title: str
    columns: tuple[Column, ...]
    by_key: Mapping[str, Column] = field(init=False)
    by_heading: Mapping[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {column.key: column for column in self.columns})
        names = {folded(name): column for column in self.columns for name in (column.heading, *column.other_headings)}
        object.__setattr__(self, "by_heading", names)


def listed(key: str, heading: str, words: Mapping[str, Any], **rest: Any) -> Column:
    """A column whose cells hold one word of a list; the first word of a code is the one shown."""
    shown: dict[Any, str] = {}
    for word, code in words.items():
        shown.setdefault(code, word)
    return Column(
        key,
        heading,
        choice_of(words),
        show=lambda value: shown.get(value, ""),
        words=tuple(shown.values()),
        **({"empty": None} | rest),
    )


def several_shown(values: list[str] | None) -> str:
    """A list the way a cell holds it."""
    return "、".join(values or [])


def point_shown(value: list[int] | None) -> str:
    return f"{value[0]},{value[1]}" if value else ""


def heading_key(text: str) -> str:
    """A heading as typed, made comparable: blanks, stars, brackets with hints and line breaks do not count."""
    return folded(text.split("（可", maxsplit=1)[0].replace("*", "").replace("＊", ""))
