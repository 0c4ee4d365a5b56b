"""The helpers' sheet."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_noop

from backend.roster.models.imports import SheetKind
from backend.roster.sheets import words
from backend.roster.sheets.columns import Column, Sheet, listed, point_shown, several_shown
from backend.roster.sheets.hours import hours_of, hours_text
from backend.roster.sheets.identity import email_of, id_number_of, mobile_of, name_of
from backend.roster.sheets.parsers import (
    code_of,
    date_of,
    not_listed,
    percent_of,
    point_of,
    several_of,
    split_several,
    text_of,
    whole_number,
)
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import plain_text
from backend.roster.vocabulary import SERVICES

_MOST_CLASSES = 12
_ROLE_WORDS = {code: word for word, code in words.HELPER_ROLES.items()}


def roles_of(text: str) -> list[str]:
    """Role codes from "教师、志愿者"."""
    values = split_several(text)
    for value in values:
        if value not in words.HELPER_ROLES:
            raise not_listed(value, list(words.HELPER_ROLES))
    return [words.HELPER_ROLES[value] for value in values]


def roles_shown(roles: list[str] | None) -> str:
    return "、".join(_ROLE_WORDS[role] for role in roles or [])


def classes_of(text: str) -> list[list[Any]]:
    """
    [[class, subject, heads it]] from "四年级1班 语文 班主任、五年级2班".

    The order is by class name, so that equal posts compare equal.
    """
    posts: dict[str, list[Any]] = {}
    for part in split_several(text):
        name, *rest = re.split(r"[\s（）()]+", plain_text(part).strip("）)"))
        subjects = [word for word in rest if word and word != "班主任"]
        if not name or len(name) > 20 or len(subjects) > 1 or len("".join(subjects)) > 20:  # noqa: PLR2004 - the columns' length
            raise CellProblem(
                gettext_noop("cannot read “%(text)s”"),
                gettext_noop("Write it like 四年级1班 语文 班主任、五年级2班."),
                text=part[:20],
            )
        posts[name] = [name, "".join(subjects), "班主任" in rest]
    if len(posts) > _MOST_CLASSES:
        raise CellProblem(
            gettext_noop("more than %(most)s classes"),
            gettext_noop("Name the classes taught this term."),
            most=_MOST_CLASSES,
        )
    return [posts[name] for name in sorted(posts)]


def classes_shown(posts: list[list[Any]] | None) -> str:
    return "、".join(
        " ".join(part for part in (name, subject, "班主任" if is_head else "") if part)
        for name, subject, is_head in posts or []
    )


def _free(key: str, heading: str, longest: int, **rest: Any) -> Column:
    return Column(key, heading, text_of(longest), **rest)


PERSON = (
    Column("name", "姓名", name_of, example="田桂芳", is_needed=True),
    listed("sex", "性别", words.SEXES, example="女", is_needed=True, width=6),
    Column("id_number", "身份证号", id_number_of, example="529981198504171422", width=22,
           other_headings=("身份证", "身份证号码", "公民身份号码")),
    Column("birth_date", "出生日期", date_of, example="1985-04-17", empty=None),
    Column("phone", "手机", mobile_of, example="13800000001", width=14, other_headings=("电话", "手机号", "联系电话")),
    Column("email", "邮箱", email_of, example="tian@example.cn", width=20, other_headings=("电子邮箱",)),
    Column("roles", "角色", roles_of, roles_shown, example="教师", empty=[],
           is_needed=True, hint="可填：教师、干部、五老、志愿者"),
    listed("elder_kind", "五老类别", words.ELDER_KINDS, empty=""),
    listed("state", "状态", words.HELPER_STATES, stays=True, example="在任", width=8),
    Column("paused_until_date", "暂停至", date_of, empty=None),
)  # fmt: skip

PLACE = (
    _free("unit", "单位", 80, example="土城镇中心小学", width=18, other_headings=("工作单位",)),
    listed("unit_kind", "单位类别", words.UNIT_KINDS, example="学校"),
    Column("unit_code", "单位区划代码", code_of(6, 9, 12), example="529981101"),
    _free("township", "乡镇", 60, stays=True, example="土城镇"),
    Column("township_code", "乡镇区划代码", code_of(9, 12), stays=True, example="529981101"),
    _free("village", "村（社区）", 60, example="长坝村", other_headings=("村", "社区")),
    Column("village_code", "村区划代码", code_of(12), example="529981101201", width=14),
    _free("address", "住址", 120, width=20),
    Column("position", "住址坐标（米）", point_of, point_shown, example="12100,8000", empty=None,
           hint="县平面坐标，东、北"),
)  # fmt: skip

WORK = (
    Column("classes", "任教班级", classes_of, classes_shown, example="四年级2班 语文 班主任、五年级1班", empty=[],
           width=24),
    Column("skills", "能提供", several_of(SERVICES), several_shown, example="学习辅导、精神抚慰", empty=[],
           hint="可填：" + "、".join(SERVICES), width=18),
    Column("hours", "每周可用时间", hours_of, hours_text, example="周一 14:00-16:00；周三 全天", empty=[], width=24),
    Column("total_limit", "名额上限", whole_number(0, 200), example="2", empty=2, width=8),
    Column("share_permille", "投入比例", percent_of, lambda value: f"{value / 10:g}%" if value else "", example="100%",
           empty=1000, width=8),
)  # fmt: skip

CLEARED = (
    listed("clearance.result", "核查结果", words.CLEARANCE_RESULTS, stays=True, example="无记录", empty=""),
    _free("clearance.issuer", "核查出具单位", 80, stays=True, example="清溪县公安局", width=16),
    Column("clearance.issued_date", "核查日期", date_of, stays=True, example="2026-08-20", empty=None),
    Column("clearance.expires_date", "核查到期日", date_of, stays=True, example="2027-08-19", empty=None),
)

HELPERS = Sheet(SheetKind.HELPERS, "帮扶人", PERSON + PLACE + WORK + CLEARED)
