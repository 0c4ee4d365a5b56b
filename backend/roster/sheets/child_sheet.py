"""
The children's sheet. Psychological notes are no column: they stay with the counsellors and never travel in files.

The sheet has at most 64 columns, the limit of what is read, with room for a column or two of the school's own.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_noop

from backend.roster.models.imports import SheetKind
from backend.roster.sheets import words
from backend.roster.sheets.columns import Column, Sheet, listed, point_shown, several_shown
from backend.roster.sheets.identity import email_of, id_number_of, name_of, phone_of, qq_of
from backend.roster.sheets.parsers import (
    code_of,
    date_of,
    month_of,
    point_of,
    several_of,
    split_several,
    text_of,
    whole_number,
)
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import narrow_text
from backend.roster.vocabulary import CATEGORIES, NEEDS, SERVICES

_ASPECT = re.compile(r"^(\D+?)\s*[:：]?\s*([1-4])$")
_GUARDIANSHIP = re.compile(r"^([一二三123])类?\s*(?:([一二三四1234])级)?$")


def aspects_of(text: str) -> dict[str, int]:
    """{"mind": 3, ...} from "心理3、身体2"; an aspect that is not named has no score."""
    scores = {}
    for part in split_several(narrow_text(text)):
        found = _ASPECT.match(part)
        if not found or found.group(1).strip() not in words.ASPECT_WORDS:
            raise CellProblem(
                gettext_noop("cannot read “%(text)s”"),
                gettext_noop("Write it like 心理3、身体2、学业4、监护3、其他1."),
                text=part[:20],
            )
        scores[words.ASPECT_WORDS[found.group(1).strip()]] = int(found.group(2))
    return scores


def aspects_shown(scores: dict[str, int] | None) -> str:
    return "、".join(f"{word}{scores[key]}" for word, key in words.ASPECT_WORDS.items() if scores and scores.get(key))


def guardianship_of(text: str) -> list[int | None]:
    """[type 1..3, severity 1..4 or None] from "二类" or "二类三级"."""
    found = _GUARDIANSHIP.match(narrow_text(text))
    if not found:
        raise CellProblem(
            gettext_noop("cannot read “%(text)s”"), gettext_noop("Write it like 二类 or 二类三级."), text=text[:20]
        )
    kind, severity = found.groups()
    return [_number(kind), _number(severity) if severity else None]


def _number(char: str) -> int:
    return int(char) if char.isdigit() else words.SEVERITIES.index(char) + 1


def guardianship_shown(value: list[int | None] | None) -> str:
    if not value or not value[0]:
        return ""
    severity = f"{words.SEVERITIES[value[1] - 1]}级" if value[1] else ""
    return f"{words.GUARDIANSHIP_TYPES[value[0] - 1]}类{severity}"


def _free(key: str, heading: str, longest: int, **rest: Any) -> Column:
    return Column(key, heading, text_of(longest), **rest)


def _parent(part: str, word: str, example: str) -> tuple[Column, ...]:
    """The columns of one parent; a parent away has a workplace rather than a home."""
    return (
        Column(f"{part}.name", f"{word}姓名", name_of, example=example, field="guardians"),
        Column(f"{part}.id_number", f"{word}身份证号", id_number_of, field="id_number", width=20),
        Column(f"{part}.phone", f"{word}电话", phone_of, field="guardian_phones", width=14),
        Column(f"{part}.email", f"{word}邮箱", email_of, field="guardian_phones", width=18),
        Column(f"{part}.qq", f"{word}QQ", qq_of, field="guardian_phones"),
        _free(f"{part}.workplace", f"{word}工作单位", 80, field="guardians", width=18),
        _free(f"{part}.workplace_address", f"{word}工作地址", 120, field="guardians", width=18),
        Column(f"{part}.workplace_phone", f"{word}单位电话", phone_of, field="guardian_phones", width=14),
    )


CHILD = (
    Column("name", "姓名", name_of, example="王小禾", is_needed=True, field="name"),
    listed("sex", "性别", words.SEXES, example="女", is_needed=True, field="sex", width=6),
    Column("id_number", "身份证号", id_number_of, example="529981201603051228", field="id_number", width=22,
           other_headings=("身份证", "身份证号码", "公民身份号码")),
    Column("birth_date", "出生日期", date_of, example="2016-03-05", empty=None, field="birth_date",
           other_headings=("出生年月日",)),
    listed("state", "状态", words.CHILD_STATES, stays=True, example="在册", field="state", width=8),
)  # fmt: skip

PLACE = (
    _free("county", "县（市、区）", 60, stays=True, example="清溪县", field="village"),
    _free("township", "乡镇", 60, stays=True, example="土城镇", field="village"),
    Column("township_code", "乡镇区划代码", code_of(9, 12), stays=True, example="529981101", field="village"),
    _free("village", "村（社区）", 60, stays=True, example="长坝村", field="village",
          other_headings=("村", "社区", "村居")),
    Column("village_code", "村区划代码", code_of(12), stays=True, example="529981101201", field="village", width=14),
    _free("address", "住址", 120, example="长坝村三组 12 号", field="address", width=24,
          other_headings=("家庭住址", "详细地址")),
    Column("position", "住址坐标（米）", point_of, point_shown, example="12400,8300", empty=None, field="address",
           hint="县平面坐标，东、北"),
    Column("phone", "电话", phone_of, field="phone", width=14),
)  # fmt: skip

SCHOOL = (
    _free("school", "学校", 80, example="土城镇中心小学", field="school", width=18),
    Column("school_code", "学校区划代码", code_of(9, 12), example="529981101", field="school"),
    listed("grade", "年级", words.GRADES, example="四年级", field="school_class", width=8),
    _free("class_name", "班级", 20, example="四年级2班", field="school_class"),
    listed("is_boarding", "住校", words.YES_NO, example="否", empty=False, field="is_boarding", width=6),
)

ABOUT = (
    Column("categories", "类别", several_of(CATEGORIES), several_shown, example="单亲家庭", empty=[],
           hint="可填：" + "、".join(CATEGORIES), field="categories"),
    Column("needs", "需要", several_of([*NEEDS, *SERVICES]), several_shown, example="学习缺导、亲情缺慰", empty=[],
           hint="可填：" + "、".join(NEEDS), field="needs", width=18),
    _free("personality", "性格", 200, example="安静", field="personality"),
    _free("interests", "爱好", 200, example="画画、跳绳", field="interests"),
    _free("medical_history", "病史", 500, field="medical_history", width=18),
    _free("care_alert", "照顾提示", 120, example="带哮喘喷雾", field="care_alert", width=16),
    _free("study_state", "学习情况", 200, example="数学跟不上", field="study_state", width=16),
    _free("away_reason", "父母外出原因", 100, example="务工", field="away_reason"),
    Column("away_since_date", "父母外出时间", month_of, example="2023-09-01", empty=None, field="away_since_date"),
)  # fmt: skip

CARER = (
    listed("carer.kind", "照管人身份", words.CARER_KINDS, example="委托监护人", empty="", field="guardians",
           hint="父亲或母亲在家照管时，只填这一格", other_headings=("监护人身份",)),
    Column("carer.name", "照管人姓名", name_of, example="王桂英", field="guardians", other_headings=("监护人姓名",)),
    _free("carer.relation", "与儿童关系", 20, example="祖母", field="guardians"),
    Column("carer.id_number", "照管人身份证号", id_number_of, field="id_number", width=20),
    Column("carer.birth_year", "照管人出生年", whole_number(1900, 2100), example="1958", empty=None, field="guardians"),
    _free("carer.occupation", "照管人职业", 40, example="务农", field="guardians"),
    _free("carer.health", "照管人身体状况", 60, example="一般", field="guardians"),
    _free("carer.address", "照管人住址", 120, field="guardians", width=18),
    Column("carer.phone", "照管人电话", phone_of, example="13800000000", field="guardian_phones", width=14),
    Column("carer.email", "照管人邮箱", email_of, field="guardian_phones", width=18),
    listed("carer.rating", "照管评价", words.RATINGS, stays=True, example="较好", field="guardian_rating"),
)  # fmt: skip

ASSESSED = (
    Column("assessed_date", "评估日期", date_of, stays=True, example="2026-09-10", empty=None, field="heart_level"),
    listed("heart_level", "心级", words.HEART_LEVELS, stays=True, example="四级", field="heart_level", width=6),
    Column("aspects", "五方面评分", aspects_of, aspects_shown, example="心理3、身体2、学业4、监护4、其他2", empty={},
           field="aspects", width=24),
    Column("guardianship", "监护类型和程度", guardianship_of, guardianship_shown, example="三类", empty=None,
           field="guardianship_type"),
    _free("assessment_reason", "评估说明", 200, field="heart_level", hint="心级有变动时写原因"),
)  # fmt: skip

CONSENT = (
    listed("consent", "监护人同意结对", words.YES_NO, stays=True, example="是", field="guardians"),
    Column("consent_date", "同意日期", date_of, stays=True, example="2026-09-12", empty=None, field="guardians"),
    Column("consent_by", "签字人", name_of, stays=True, example="王桂英", field="guardians"),
)

CHILDREN = Sheet(
    SheetKind.CHILDREN,
    "儿童",
    CHILD + PLACE + SCHOOL + ABOUT + _parent("father", "父亲", "王建国") + _parent("mother", "母亲", "李秀兰")
    + CARER + ASSESSED + CONSENT,
)  # fmt: skip
