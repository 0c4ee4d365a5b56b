"""A child's file in words: which fields stand together, what they are called, and how a value is said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.roster.models import Child, Guardian
from backend.roster.models.assessment import GuardianRating
from backend.roster.models.people import Sex

if TYPE_CHECKING:
    from backend.roster.presenting import ShownChild

LABELS: dict[str, Any] = {
    "name": gettext_lazy("姓名"),
    "sex": gettext_lazy("性别"),
    "age": gettext_lazy("年龄"),
    "birth_date": gettext_lazy("出生日期"),
    "id_number": gettext_lazy("身份证号"),
    "state": gettext_lazy("状态"),
    "school": gettext_lazy("学校"),
    "school_class": gettext_lazy("班级"),
    "is_boarding": gettext_lazy("住校"),
    "study_state": gettext_lazy("学习情况"),
    "village": gettext_lazy("村"),
    "address": gettext_lazy("住址"),
    "phone": gettext_lazy("电话"),
    "guardian_phones": gettext_lazy("家人电话"),
    "guardians": gettext_lazy("家人"),
    "guardian_rating": gettext_lazy("监护人评价"),
    "guardianship_type": gettext_lazy("监护类型"),
    "severity": gettext_lazy("程度"),
    "away_reason": gettext_lazy("父母外出原因"),
    "away_since_date": gettext_lazy("父母外出时间"),
    "heart_level": gettext_lazy("心级"),
    "aspects": gettext_lazy("五方面评分"),
    "categories": gettext_lazy("类别"),
    "needs": gettext_lazy("需要"),
    "personality": gettext_lazy("性格"),
    "interests": gettext_lazy("爱好"),
    "care_alert": gettext_lazy("照顾提示"),
    "medical_history": gettext_lazy("病史"),
    "psych_notes": gettext_lazy("心理记录"),
}
SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        gettext_lazy("基本"),
        (
            "name", "sex", "age", "birth_date", "id_number", "school", "school_class", "is_boarding", "study_state",
            "personality", "interests",
        ),
    ),
    (gettext_lazy("住址和联系"), ("village", "address", "phone", "guardian_phones")),
    (gettext_lazy("家人和监护"), ("guardians", "guardian_rating", "away_reason", "away_since_date")),
    (
        gettext_lazy("评估和需要"),
        ("heart_level", "guardianship_type", "severity", "aspects", "categories", "needs"),
    ),
    (gettext_lazy("健康和照顾"), ("care_alert", "medical_history", "psych_notes")),
)  # fmt: skip
# Why a helper opens a field: filled in beforehand, to be kept or changed.
PRESET_REASONS: dict[str, Any] = {
    "guardian_phones": gettext_lazy("为约家访时间，打电话给监护人"),
    "phone": gettext_lazy("为约家访时间，打电话给孩子家里"),
    "address": gettext_lazy("为这次家访，查看详细地址和路线"),
}
ASPECTS = {
    "mind": gettext_lazy("心理"),
    "body": gettext_lazy("身体"),
    "study": gettext_lazy("学业"),
    "guardianship": gettext_lazy("监护"),
    "fifth": gettext_lazy("其他"),
}
_TYPES = {1: gettext_lazy("一类·监护缺失"), 2: gettext_lazy("二类·亲属照看"), 3: gettext_lazy("三类·祖辈照看")}
_SEVERITY = {
    1: gettext_lazy("最重（1）"),
    2: gettext_lazy("较重（2）"),
    3: gettext_lazy("较轻（3）"),
    4: gettext_lazy("最轻（4）"),
}


@dataclass(frozen=True)
class Line:
    """
    One field of the file.

    Args:
        lines: the value in words, one line each; nothing when empty.
        phones: the same value as numbers that can be called.
        may_open: hidden still, and may be opened with a reason.
    """

    field: str
    label: str
    lines: list[str]
    raw: Any
    may_open: bool
    preset: str
    phones: list[tuple[str, str]]


def sections_of(shown: ShownChild) -> list[tuple[str, list[Line]]]:
    """The file's sections with the fields the reader may see; empty sections are left out."""
    found = [
        (str(title), [_line(shown, field) for field in fields if _has(shown, field)]) for title, fields in SECTIONS
    ]
    return [(title, lines) for title, lines in found if lines]


def _has(shown: ShownChild, field: str) -> bool:
    return field in shown.values or field in shown.revealable


def _line(shown: ShownChild, field: str) -> Line:
    raw = shown.values.get(field)
    return Line(
        field=field,
        label=str(LABELS[field]),
        lines=said(field, raw),
        raw=raw,
        may_open=field in shown.revealable,
        preset=str(PRESET_REASONS.get(field, "")),
        phones=_phones(field, raw),
    )


def _phones(field: str, raw: Any) -> list[tuple[str, str]]:
    if field == "guardian_phones":
        return [(one["relation"], one["phone"]) for one in raw or [] if one["phone"]]
    return [("", raw)] if field == "phone" and raw else []


def said(field: str, value: Any) -> list[str]:
    """A value in words, one line each."""
    if value in (None, "", [], {}):
        return []
    special = {
        "sex": lambda: [str(Sex(value).label)],
        "state": lambda: [str(Child.State(value).label)],
        "age": lambda: [_("%(n)s 岁") % {"n": value}],
        "is_boarding": lambda: [_("是") if value else _("否")],
        "guardianship_type": lambda: [str(_TYPES.get(value, value))],
        "severity": lambda: [str(_SEVERITY.get(value, value))],
        "guardian_rating": lambda: [str(GuardianRating.Rating(value).label)],
        "aspects": lambda: [" · ".join(f"{ASPECTS.get(key, key)} {score}" for key, score in value.items())],
        "guardians": lambda: [_guardian(one) for one in value],
        "guardian_phones": lambda: [f"{one['relation']} {one['phone']}".strip() for one in value if one["phone"]],
    }
    if field in special:
        return special[field]()
    if isinstance(value, date):
        return [date_format(value, "Y-m-d")]
    return [_("、").join(str(one) for one in value)] if isinstance(value, list) else [str(value)]


def _guardian(one: dict[str, Any]) -> str:
    kind = one["relation"] or str(Guardian.Kind(one["kind"]).label)
    parts = [one["name"], f"（{kind}）" if kind else ""]
    born = _("%(year)s 年生") % {"year": one["birth_year"]} if one.get("birth_year") else ""
    more = [born, *(one.get(key) or "" for key in ("occupation", "health", "workplace"))]
    charge = _("现负责照管") if one.get("is_in_charge") else ""
    return "".join(parts) + "".join(f"，{part}" for part in (charge, *more) if part)
