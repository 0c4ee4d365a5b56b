"""What differs between two plans, in the words people know things by, also of what is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from activities.core.day import PlacedPost, PlacedTrip, changes_between
from tests.activities.core.day.builders import ANN, BEN, HALL, TEACHER, YARD, a_day, a_plan, a_segment, at, placed

PEOPLE = {"people": [ANN | {"name": "安老师"}, BEN | {"name": "本老师"}]}
PLACES = {"places": [HALL | {"name": "礼堂"}, YARD | {"name": "空地"}]}
RIDE = {
    "vehicles": [{"key": "ve1", "name": "大巴", "seats": 40, "driver": "ann"}],
    "trips": [{"key": "tr1", "name": "去程", "groups": ["g1"], "minutes": 30}],
}
DAY = a_day(a_segment(name="游戏", **TEACHER), **PEOPLE, **PLACES, **RIDE)


def sentences(base, plan, day=DAY, was=None):
    return [(one.sentence, one.sentence_en) for one in changes_between(day, base, plan, was)]


def led(*hosts):
    return a_plan(placed(hosts=hosts))


def at_place(place):
    return a_plan(placed(posts=(PlacedPost("", place),)))


def driven(start):
    return a_plan(placed(), trips=[PlacedTrip("tr1", "ve1", at(start))])


@pytest.mark.parametrize(
    ("base", "plan", "zh", "en"),
    [
        (led("ann"), led("ben"), "“游戏”由安老师改为本老师主持。", "游戏 is led by 本老师 instead of 安老师."),
        (led("ann"), led(), "“游戏”不再由安老师主持。", "游戏 is no longer led by 安老师."),
        (led(), led("ben"), "“游戏”由本老师主持。", "游戏 is led by 本老师."),
        (at_place("hall"), at_place("yard"), "“游戏”从“礼堂”改到“空地”。", "游戏 moves from 礼堂 to 空地."),
        (at_place(""), at_place("hall"), "“游戏”从“未定”改到“礼堂”。", "游戏 moves from nowhere yet to 礼堂."),
        (driven("08:00"), driven("08:30"), "“去程”从08:00 大巴改为08:30 大巴。",
         "去程 moves from 08:00 大巴 to 08:30 大巴."),
        (a_plan(placed()), driven("08:30"), "“去程”定在08:30 大巴。", "去程 is at 08:30 大巴."),
        (driven("08:30"), a_plan(placed()), "“去程”不开了（原定08:30 大巴）。",
         "去程 does not run (it was at 08:30 大巴)."),
    ],
)  # fmt: skip
def test_each_change_in_words(base, plan, zh, en):
    assert sentences(base, plan) == [(zh, en)]


def test_who_is_gone_from_the_day_is_called_as_they_were():
    now = replace(DAY, people=DAY.people[1:], vehicles=(), trips=())
    assert sentences(led("ann"), led("ben"), now, DAY)[0][0] == "“游戏”由安老师改为本老师主持。"
    assert sentences(led("ann"), led("ben"), now)[0][0] == "“游戏”由原来的人改为本老师主持。"


def test_what_was_taken_out_is_told_only_beside_the_day_it_was_in():
    """A re-plan counts what it changed itself: what a person took out is none of it."""
    now = replace(DAY, segments=(replace(DAY.segments[0], key="b"),), vehicles=(), trips=())
    base = driven("08:30")
    after = a_plan(placed("b"))
    assert [one.kind for one in changes_between(now, base, after)] == ["placed"]
    assert sentences(base, after, now, DAY)[1:] == [
        ("“游戏”不办了（原定09:00-09:30）。", "游戏 does not take place (it was at 09:00-09:30)."),
        ("“去程”不开了（原定08:30 大巴）。", "去程 does not run (it was at 08:30 大巴)."),
    ]
