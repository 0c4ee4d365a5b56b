"""From a cell's text to a value: each maker answers a function that returns a JSON value or raises CellProblem."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext_noop

from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import narrow_text, plain_text

Parser = Callable[[str], Any]

_SEPARATORS = re.compile(r"[、,，;；/|]+")
_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$")
_DATE_RUN_TOGETHER = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_MONTH = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?$")
_POINT = re.compile(r"^(-?\d{1,7})(?:\.\d+)?\s*,\s*(-?\d{1,7})(?:\.\d+)?$")
_MONTHS = 12
_LATEST_YEAR = 2100
_EARLIEST_YEAR = 1900


def split_several(text: str) -> list[str]:
    """The parts of "甲、乙", in order, without doubles."""
    parts = (plain_text(part) for part in _SEPARATORS.split(text))
    return list(dict.fromkeys(part for part in parts if part))


def text_of(longest: int) -> Parser:
    """Plain text of at most `longest` characters."""

    def parse(text: str) -> str:
        value = plain_text(text)
        if len(value) > longest:
            raise CellProblem(
                gettext_noop("longer than %(longest)s characters"),
                gettext_noop("Shorten it; the rest can be written in the file after the import."),
                longest=longest,
            )
        return value

    return parse


def choice_of(words: Mapping[str, Any]) -> Parser:
    """One of the listed words, answered as what it stands for."""
    narrow = {narrow_text(word): code for word, code in words.items()}

    def parse(text: str) -> Any:
        value = narrow_text(text)
        if value in narrow:
            return narrow[value]
        raise not_listed(value, list(words))

    return parse


def several_of(words: Sequence[str]) -> Parser:
    """Some of the listed words."""

    def parse(text: str) -> list[str]:
        values = split_several(text)
        for value in values:
            if value not in words:
                raise not_listed(value, words)
        return values

    return parse


def not_listed(value: str, words: Sequence[str]) -> CellProblem:
    """The problem of a word that is not in a list, with the nearest listed word."""
    near = get_close_matches(value, [word for word in words if word], n=1, cutoff=0.5)
    return CellProblem(
        gettext_noop("“%(text)s” is not in the list"),
        gettext_noop("Write one of: %(words)s."),
        suggest=near[0] if near else "",
        text=value[:20],
        words="、".join(word for word in words if word)[:200],
    )


def whole_number(lowest: int, highest: int) -> Parser:
    """A whole number within the range."""

    def parse(text: str) -> int:
        value = narrow_text(text).removesuffix(".0")
        if not re.fullmatch(r"\d{1,9}", value) or not lowest <= int(value) <= highest:
            raise CellProblem(
                gettext_noop("not a whole number from %(lowest)s to %(highest)s"),
                gettext_noop("Write a number only, such as %(lowest)s."),
                lowest=lowest,
                highest=highest,
            )
        return int(value)

    return parse


def percent_of(text: str) -> int:
    """Part of full time in thousandths: "50%" is 500."""
    value = narrow_text(text).removesuffix("%")
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if "%" not in narrow_text(text) and 0 < number <= 1:
        number *= 100
    permille = round(number * 10) if 0 < number <= 100 else 0  # noqa: PLR2004 - per cent
    if not permille:
        raise CellProblem(
            gettext_noop("not a part of full time"), gettext_noop("Write a number from 1 to 100 with a percent sign.")
        )
    return permille


def date_of(text: str) -> str:
    """A day as ISO text; understood are 2016-03-05, 2016/3/5, 2016年3月5日 and 20160305."""
    value = narrow_text(text)
    found = _DATE.match(value) or _DATE_RUN_TOGETHER.match(value)
    if not found:
        raise CellProblem(gettext_noop("not a date"), gettext_noop("Write it like 2027-01-02."))
    year, month, day = (int(part) for part in found.groups())
    return _day(year, month, day)


def month_of(text: str) -> str:
    """A day as ISO text where the month is enough: "2024年9月" is the first of it."""
    found = _MONTH.match(narrow_text(text))
    return _day(int(found.group(1)), int(found.group(2)), 1) if found else date_of(text)


def _day(year: int, month: int, day: int) -> str:
    if not 1 <= month <= _MONTHS:
        raise CellProblem(
            gettext_noop("there is no month %(month)s"), gettext_noop("Write it like 2027-01-02."), month=month
        )
    try:
        value = date(year, month, day)
    except ValueError as error:
        raise CellProblem(
            gettext_noop("month %(month)s has no day %(day)s"),
            gettext_noop("Write it like 2027-01-02."),
            month=month,
            day=day,
        ) from error
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        raise CellProblem(
            gettext_noop("the year %(year)s cannot be right"), gettext_noop("Compare with the paper."), year=year
        )
    return value.isoformat()


def point_of(text: str) -> list[int]:
    """[metres east, metres north] on the county's plane grid, written "1200,3400"."""
    found = _POINT.match(narrow_text(text))
    if not found:
        raise CellProblem(gettext_noop("not a position"), gettext_noop("Write metres east and north, like 1200,3400."))
    return [int(found.group(1)), int(found.group(2))]


def code_of(*lengths: int) -> Parser:
    """A division code of one of the lengths."""

    def parse(text: str) -> str:
        value = narrow_text(text).removesuffix(".0")
        if not re.fullmatch(r"\d+", value) or len(value) not in lengths:
            raise CellProblem(
                gettext_noop("a division code here has %(lengths)s digits"),
                gettext_noop("Look it up in the county's list of codes and set the column to text."),
                lengths=" / ".join(map(str, lengths)),
            )
        return value

    return parse
