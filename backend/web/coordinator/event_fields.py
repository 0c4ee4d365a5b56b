"""Fields of an event day's forms: what people write in a line becomes the planner's JSON, and back."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext as _

_TIME = re.compile(r"([01]?\d|2[0-4])[:：]([0-5]\d)")
_SPAN = re.compile(r"\s*(\S+?)\s*[-–—~到至]+\s*(\S+?)\s*")
_NUMBERED = re.compile(r"(.+?)\s*[×xX*]?\s*(\d{1,5})?")
_DAY = 24 * 60


def as_time(text: str) -> str:
    """ "9:50" or "09：50" -> "09:50"; refuses anything else."""
    match = _TIME.fullmatch(text.strip())
    if match is None or int(match[1]) * 60 + int(match[2]) > _DAY:
        raise forms.ValidationError(_("写成 09:50 这样的时间。"))
    return f"{int(match[1]):02d}:{match[2]}"


class TimeField(forms.CharField):
    """A time of day, or "" where it may be left out."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 5)
        kwargs.setdefault("widget", forms.TextInput(attrs={"class": "form-control qs-date", "inputmode": "numeric"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return as_time(text) if text else ""


class SpansField(forms.CharField):
    """ "09:00-11:30、13:00-15:00" -> [["09:00", "11:30"], …]; empty -> None, any time; the word for never -> []."""

    def clean(self, value: Any) -> list[list[str]] | None:
        text = super().clean(value).strip()
        if not text:
            return None
        if text == _("都不行"):
            return []
        spans = [self._span(part) for part in re.split(r"[、，,;；]", text) if part.strip()]
        spans.sort()
        if any(one[1] >= two[0] for one, two in pairwise(spans)):
            raise forms.ValidationError(_("几段时间不要重叠，连着的写成一段。"))
        return spans

    def _span(self, text: str) -> list[str]:
        match = _SPAN.fullmatch(text)
        if match is None:
            raise forms.ValidationError(_("写成 09:00-11:30 这样的时间段，几段用、隔开。"))
        start, end = as_time(match[1]), as_time(match[2])
        if start >= end:
            raise forms.ValidationError(_("每段时间开始要早于结束。"))
        return [start, end]

    @staticmethod
    def shown(spans: list[list[str]] | None) -> str:
        if spans == []:
            return _("都不行")
        return "、".join(f"{start}-{end}" for start, end in spans or [])


class LengthField(forms.CharField):
    """ "30" -> 30, "20-40" -> [20, 40]."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"class": "form-control qs-date"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> int | list[int] | None:
        text = super().clean(value).strip()
        if not text:
            return None
        numbers = [int(one) for one in re.findall(r"\d{1,4}", text)]
        if (
            not re.fullmatch(r"\d{1,4}(?:\s*[-–—~到至]+\s*\d{1,4})?", text)
            or not 1 <= numbers[0] <= numbers[-1] <= _DAY
        ):
            raise forms.ValidationError(_("写分钟数，例如 30，或 20-40 表示在这之间。"))
        return numbers[0] if numbers[0] == numbers[-1] else numbers

    @staticmethod
    def shown(value: int | list[int] | None) -> str:
        if value is None:
            return ""
        return str(value) if isinstance(value, int) else f"{value[0]}-{value[1]}"


class LinesField(forms.CharField):
    """One thing a line; a list of texts."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("widget", forms.Textarea(attrs={"class": "form-control", "rows": rows}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class CountsField(LinesField):
    """ "剪刀 12" a line -> {"剪刀": 12}; without a number it is one."""

    def clean(self, value: Any) -> dict[str, int]:
        found = {}
        for line in super().clean(value):
            match = _NUMBERED.fullmatch(line)
            if match is not None:
                found[match[1].strip()] = int(match[2] or 1)
        return found

    @staticmethod
    def shown(counts: dict[str, int] | None) -> str:
        return "\n".join(f"{name} {count}" for name, count in (counts or {}).items())


class HostsField(CountsField):
    """ "青少年宫老师 2" a line -> needs by role."""

    @staticmethod
    def needs(counts: dict[str, int], before: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
        """As the planner reads them; persons asked for by name before stay asked for."""
        named = {one["role"]: one["people"] for one in before or [] if one.get("people")}
        return [
            {"role": role, "count": max(1, count)} | ({"people": named[role]} if role in named else {})
            for role, count in counts.items()
        ]

    @staticmethod
    def of(needs: list[dict[str, Any]] | None) -> dict[str, int]:
        return {one["role"]: one.get("count", 1) for one in needs or []}
