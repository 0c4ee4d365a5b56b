"""Weekly hours as text: "周一 14:00-16:00；周三 全天"."""

from __future__ import annotations

import re

from django.utils.translation import gettext_noop

from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import narrow_text

DAYS = "一二三四五六日"
WHOLE_DAY = (8 * 60, 18 * 60)
_HALVES = {"上午": (8 * 60, 12 * 60), "下午": (14 * 60, 17 * 60), "晚上": (19 * 60, 21 * 60)}
_PART = re.compile(r"^(?:周|星期|礼拜)([一二三四五六日天])\s*(.*)$")
_SPAN = re.compile(r"^(\d{1,2})[:.](\d{2})\s*[-~—–至到]+\s*(\d{1,2})[:.](\d{2})$")
_DAY_MINUTES = 24 * 60
Span = list[int]


def hours_of(text: str) -> list[Span]:
    """
    [[weekday 1..7, start minute, end minute]] in order, half-open; spans of one day that touch become one.

    A whole day (全天) is 08:00 to 18:00.
    """
    parts = [part.strip() for part in re.split(r"[;；、,，]", narrow_text(text)) if part.strip()]
    spans: list[Span] = []
    for part in parts:
        spans.append(_span_of(part, spans[-1][0] if spans else None))
    return merged(spans)


def _span_of(part: str, day_before: int | None) -> Span:
    found = _PART.match(part)
    if found:
        day, rest = DAYS.index(found.group(1).replace("天", "日")) + 1, found.group(2).strip()
    elif day_before is not None and _SPAN.match(part):
        day, rest = day_before, part
    else:
        raise _unclear(part, "")
    if rest in ("全天", "整天"):
        return [day, *WHOLE_DAY]
    start, end = _minutes(part, day, rest)
    return [day, start, end]


def _minutes(part: str, day: int, rest: str) -> tuple[int, int]:
    found = _SPAN.match(rest)
    if not found:
        half = _HALVES.get(rest)
        raise _unclear(part, _day_text([day, *half]) if half else "")
    a, b, c, d = (int(group) for group in found.groups())
    start, end = a * 60 + b, c * 60 + d
    if not (b < 60 and d < 60 and start < end <= _DAY_MINUTES):  # noqa: PLR2004 - minutes of an hour
        raise CellProblem(
            gettext_noop("“%(text)s” does not end after it begins"),
            gettext_noop("Write it like 周一 14:00-16:00."),
            text=part[:30],
        )
    return start, end


def _unclear(part: str, suggest: str) -> CellProblem:
    if suggest:
        return CellProblem(
            gettext_noop("cannot read “%(text)s”"),
            gettext_noop("Is it “%(suggest)s”?"),
            suggest=suggest,
            text=part[:30],
        )
    return CellProblem(
        gettext_noop("cannot read “%(text)s”"),
        gettext_noop("Write it like 周一 14:00-16:00；周三 全天."),
        text=part[:30],
    )


def is_span(span: Span) -> bool:
    """Whether it lies within one day of the week and ends after it begins."""
    day, start, end = span
    return 1 <= day <= len(DAYS) and 0 <= start < end <= _DAY_MINUTES


def merged(spans: list[Span]) -> list[Span]:
    """In order of the week; spans of one day that touch become one."""
    found: list[Span] = []
    for day, start, end in sorted(spans):
        if found and found[-1][0] == day and start <= found[-1][2]:
            found[-1][2] = max(found[-1][2], end)
        else:
            found.append([day, start, end])
    return found


def hours_text(spans: list[Span]) -> str:
    """The inverse of `hours_of`."""
    return "；".join(_day_text(span) for span in spans)


def _day_text(span: Span) -> str:
    day, start, end = span
    hours = (
        "全天" if (start, end) == WHOLE_DAY else f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
    )
    return f"周{DAYS[day - 1]} {hours}"
