"""Every kind of wrong cell is named, with the cell, the problem and how to mend it; nothing is guessed."""

from __future__ import annotations

import json

import pytest
from django.utils.translation import override

from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.problems import spoken
from tests.factories.roster import a_coordinator, a_helper, a_school, a_township, a_user, a_village
from tests.roster.imports.sheets import (
    A_CHILD,
    A_HELPER,
    CHILDREN,
    HELPERS,
    confirmed,
    outcomes,
    problems,
    staged,
    xlsx,
)

pytestmark = pytest.mark.django_db


def wrong_column(kind, row):
    return [column for _cell, column in problems(staged(kind, row))]


def test_a_good_row_has_no_problem():
    assert outcomes(staged(CHILDREN, A_CHILD)) == ["NEW"]
    assert outcomes(staged(HELPERS, A_HELPER)) == ["NEW"]


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({"name": ""}, ["name"]),
        ({"sex": "女生"}, ["sex"]),
        ({"sex": "男"}, ["sex"]),
        ({"id_number": "529981201603051229"}, ["id_number"]),
        ({"birth_date": "2016-03-06"}, ["birth_date"]),
        ({"birth_date": "1980-01-01", "id_number": ""}, ["birth_date"]),
        ({"township_code": "529901102"}, ["township_code"]),
        ({"village": "别的村"}, []),
        ({"county": "别的县"}, ["county"]),
        ({"village_code": "529902101201", "township_code": "", "township": ""}, ["township_code"]),
        ({"village_code": "", "village": "没有的村"}, ["village"]),
        ({"village_code": "", "village": "", "township_code": "", "township": ""}, ["school_code", "village"]),
        ({"school": "不存在的小学", "school_code": "529901109"}, ["school_code"]),
        ({"school": "", "school_code": ""}, ["class_name"]),
        ({"grade": "", "class_name": "向日葵班"}, ["class_name"]),
        ({"needs": "学习缺导、缺钱"}, ["needs"]),
        ({"father.phone": "12345"}, ["father.phone"]),
        ({"father.name": ""}, ["father.phone"]),
        ({"carer.kind": ""}, ["carer.kind"]),
        ({"carer.name": ""}, ["carer.name"]),
        ({"carer.kind": "父亲"}, ["carer.name"]),
        ({"carer.kind": "母亲", "carer.name": "", "carer.relation": "", "carer.phone": ""}, ["mother.name"]),
        ({"assessed_date": ""}, ["assessed_date"]),
        ({"assessed_date": "2027-09-10"}, ["assessed_date"]),
        ({"heart_level": "五级"}, ["heart_level"]),
        ({"aspects": "心理9"}, ["aspects"]),
        ({"guardianship": "四类"}, ["guardianship"]),
        ({"consent_date": ""}, ["consent_date"]),
        ({"consent_by": ""}, ["consent_by"]),
        ({"consent_date": "2027-01-01"}, ["consent_date"]),
        ({"care_alert": "长" * 121}, ["care_alert"]),
        ({"name": "-"}, ["name"]),
        ({"heart_level": "-"}, ["heart_level"]),
    ],
)
def test_a_wrong_cell_of_a_child_is_named(changes, columns):
    assert wrong_column(CHILDREN, A_CHILD | changes) == columns


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({"phone": "010-12345678"}, ["phone"]),
        ({"email": "he@"}, ["email"]),
        ({"roles": "教师、校长"}, ["roles"]),
        ({"roles": ""}, ["roles"]),
        ({"elder_kind": "老教师"}, ["elder_kind"]),
        ({"unit_kind": "机关单位"}, ["classes"]),
        (
            {
                "township": "",
                "township_code": "",
                "village": "",
                "village_code": "",
                "unit": "",
                "unit_code": "",
                "unit_kind": "",
            },
            ["township", "classes"],
        ),
        ({"hours": "周一下午"}, ["hours"]),
        ({"skills": "做饭"}, ["skills"]),
        ({"total_limit": "很多"}, ["total_limit"]),
        ({"share_permille": "150%"}, ["share_permille"]),
        ({"clearance.expires_date": ""}, ["clearance.expires_date"]),
        ({"clearance.expires_date": "2028-08-19"}, ["clearance.expires_date"]),
        ({"clearance.expires_date": "2026-08-01"}, ["clearance.expires_date"]),
        ({"clearance.issued_date": "2027-01-01", "clearance.expires_date": "2027-08-19"}, ["clearance.issued_date"]),
        ({"clearance.result": "没问题"}, ["clearance.result"]),
    ],
)
def test_a_wrong_cell_of_a_helper_is_named(changes, columns):
    assert wrong_column(HELPERS, A_HELPER | changes) == columns


def test_an_id_number_that_lost_its_digits_says_how_to_mend_it():
    batch = staged(CHILDREN, content=xlsx(["姓名", "性别", "身份证号"], [["袁小禾", "女", 529981201603051228]]))
    note = next(note for note in batch.rows.get().problems if note["column"] == "id_number")
    assert note["cell"] == "C2"
    with override("zh-hans"):
        words = spoken(note, SHEETS[CHILDREN].by_key["id_number"].heading)
    assert "数字" in words["problem"]
    assert "把该列设为文本" in words["mend"]
    with override("en"):
        assert spoken(note)["mend"] == "Set the column to text and type it again."


def test_a_name_and_a_code_that_disagree_suggest_the_name_on_file():
    a_village(a_township())
    batch = staged(CHILDREN, A_CHILD | {"village": "水狮村"})
    note = batch.rows.get().problems[0]
    assert (note["column"], note["suggest"]) == ("village", "水狮坝村")


def test_a_mistyped_school_is_not_made_but_asked_about():
    a_school(name="土城小学")
    batch = staged(CHILDREN, A_CHILD | {"school": "土城小", "school_code": ""})
    note = batch.rows.get().problems[0]
    assert (note["column"], note["suggest"]) == ("school", "土城小学")
    assert batch.counts["new_units"] == 0


def test_the_same_person_twice_in_a_file():
    batch = staged(CHILDREN, A_CHILD, A_CHILD | {"name": "袁小荷"})
    assert outcomes(batch) == ["NEW", "WRONG"]
    assert batch.rows.last().problems[0]["facts"] == {"number": 2}


def test_an_address_of_somebody_else():
    a_helper(email="he@qianshou.example")
    assert wrong_column(HELPERS, A_HELPER) == ["email"]


def test_a_coordinators_address_is_no_helpers_address():
    a_user(email="he@qianshou.example")
    assert wrong_column(HELPERS, A_HELPER) == ["email"]
    assert wrong_column(CHILDREN, A_CHILD | {"carer.email": "he@qianshou.example"}) == ["carer.email"]


def test_an_address_in_two_rows():
    other = A_HELPER | {"name": "李春燕", "id_number": "", "birth_date": "1990-01-01", "classes": ""}
    assert outcomes(staged(HELPERS, A_HELPER, other)) == ["WRONG", "WRONG"]


def test_a_lower_heart_level_takes_a_second_person_and_a_higher_one_a_reason():
    actor = a_coordinator()
    level_three = A_CHILD | {"heart_level": "三级"}
    confirmed(staged(CHILDREN, level_three, actor=actor))
    lower = staged(CHILDREN, level_three | {"heart_level": "二级", "assessed_date": "2026-10-01"}, actor=actor)
    higher = level_three | {"heart_level": "四级", "assessed_date": "2026-10-01"}
    assert problems(lower) == [("W2", "heart_level")]
    assert [key for _cell, key in problems(staged(CHILDREN, higher, actor=actor))] == ["assessment_reason"]
    assert outcomes(staged(CHILDREN, higher | {"assessment_reason": "父亲病了"}, actor=actor)) == ["CHANGED"]


def test_no_secret_is_kept_in_the_open():
    batch = staged(CHILDREN, A_CHILD | {"father.phone": "12345", "id_number": "529981201603051229"})
    row = batch.rows.get()
    assert "5299812016" not in json.dumps(row.problems)
    assert "12345" not in json.dumps(row.problems)
