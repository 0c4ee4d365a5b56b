"""Which children a scheme is for: every key of a target, with somebody inside and somebody outside."""

from __future__ import annotations

from datetime import date

import pytest

from backend.roster.models import Assessment
from matching.models import Scheme
from matching.models.targets import born_between, target_problem
from matching.selectors import targeted_children
from tests.factories.roster import TODAY, a_child, a_class, a_school

pytestmark = pytest.mark.django_db


def names_for(levels=(4, 3, 2, 1), **target):
    scheme = Scheme(target_levels=list(levels), target=target)
    return sorted(child.name for child in targeted_children(scheme, TODAY))


def test_levels():
    a_child("四级"), a_child("二级", level=2)
    assert names_for((4,)) == ["四级"]
    assert names_for((2, 4)) == ["二级", "四级"]


def test_any_of_the_words():
    a_child("孤", categories=["孤儿", "独生子女户"]), a_child("单", categories=["单亲家庭"]), a_child("无")
    a_child("近似", categories=["残疾儿童"])
    assert names_for(categories=["孤儿"]) == ["孤"]
    assert names_for(categories=["孤儿", "单亲家庭"]) == ["单", "孤"]
    assert names_for(needs=["学习缺导"]) == []


def test_ages_count_the_birthday_itself():
    a_child("今天满十二", birth_date=date(TODAY.year - 12, TODAY.month, TODAY.day))
    a_child("明天满十二", birth_date=date(TODAY.year - 12, TODAY.month, TODAY.day + 1))
    a_child("今天满十八", birth_date=date(TODAY.year - 18, TODAY.month, TODAY.day))
    a_child("明天满十八", birth_date=date(TODAY.year - 18, TODAY.month, TODAY.day + 1))
    assert names_for(ages=[12, 17]) == ["今天满十二", "明天满十八"]
    assert names_for(ages=[None, 11]) == ["明天满十二"]
    assert names_for(ages=[18, None]) == ["今天满十八"]


def test_born_on_the_day_that_comes_every_four_years():
    assert born_between([18, None], date(2024, 2, 29)) == (None, date(2006, 2, 28))
    assert born_between([None, 17], date(2024, 2, 29)) == (date(2006, 3, 1), None)
    assert born_between([18, 18], date(2026, 3, 1)) == (date(2007, 3, 2), date(2008, 3, 1))


def test_grades_and_boarding():
    school = a_school()
    a_child("初一", school_class=a_class(school, name="七(1)班", grade=7), is_boarding=True)
    a_child("四年级", school_class=a_class(school, name="四(2)班", grade=4))
    assert names_for(grades=[7, 9]) == ["初一"]
    assert names_for(is_boarding=True) == ["初一"]
    assert names_for(is_boarding=False) == ["四年级"]


def test_girls_alone_and_girls_of_some_grades():
    school = a_school()
    fourth = a_class(school, name="四(2)班", grade=4)
    a_child("小云", sex="F", school_class=fourth), a_child("小刚", sex="M", school_class=fourth)
    a_child("小梅", sex="F", school_class=a_class(school, name="七(1)班", grade=7))
    assert names_for(sex="F") == ["小云", "小梅"]
    assert names_for(sex="M") == ["小刚"]
    assert names_for(sex="F", grades=[4, 6]) == ["小云"]


def test_the_latest_assessment_speaks():
    was, now_worse = a_child("从前"), a_child("现在")
    for child, first, latest in ((was, 1, 3), (now_worse, 3, 1)):
        for day, kind in ((date(2026, 3, 1), first), (date(2026, 9, 1), latest)):
            Assessment.objects.create(
                child=child, assessed_date=day, guardianship_type=kind, severity=kind, need_level=4
            )
    a_child("没评过")
    assert names_for(guardianship_types=[1]) == ["现在"]
    assert names_for(severities=[3]) == ["从前"]
    assert names_for(guardianship_types=[1], severities=[3]) == []


def test_children_who_have_left_are_nobodys_target():
    a_child("走了", state="MOVED"), a_child("在册")
    assert names_for() == ["在册"]


@pytest.mark.parametrize(
    "target",
    [
        {"wishes": [1]}, {"categories": ["不存在"]}, {"categories": []}, {"ages": [12]}, {"ages": [18, 12]},
        {"ages": [None, None]}, {"ages": ["12", 13]}, {"is_boarding": 1}, {"severities": [5]}, {"grades": [True, 3]}, {"sex": "X"}, {"sex": []}, {"sex": ["F"]},
    ],
)  # fmt: skip
def test_what_says_nothing_sensible_is_named(target):
    assert target_problem(target) == next(iter(target))


def test_what_is_sensible_passes():
    assert (
        target_problem(
            {"ages": [12, None], "categories": ["孤儿"], "is_boarding": False, "severities": [1, 4], "sex": "F"}
        )
        == ""
    )
