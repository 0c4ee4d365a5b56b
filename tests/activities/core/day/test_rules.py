"""Every rule: a plan that keeps it, a plan that breaks it, and what the planner does about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from activities.core.day import RULES, Level, PlacedPost, PlacedTrip, Visit, check, measure, plan, violations_of
from activities.core.day.guards import _GUARDED
from activities.core.day.own_parts import parts_of_group
from activities.core.day.relaxations import CURABLE
from backend.kernel.solving import SolveStatus
from tests.activities.core.day.builders import (
    ANN,
    BEN,
    BUS,
    HALL,
    QUICK,
    TEACHER,
    YARD,
    a_day,
    a_plan,
    a_rotation,
    a_segment,
    at,
    placed,
)

HALVES = [PlacedPost("r1"), PlacedPost("r2")]


def visits(*lines: tuple[str, str, str, int]) -> tuple[Visit, ...]:
    return tuple(Visit(group, station, at(start), minutes) for group, station, start, minutes in lines)


GOOD = visits(
    ("g1", "r1", "09:00", 10), ("g2", "r2", "09:00", 10), ("g1", "r2", "09:10", 10), ("g2", "r1", "09:10", 10)
)
TRIP = {"trips": [{"key": "in", "groups": ["g1"], "minutes": 30}]} | BUS

#: rule, day, a plan that breaks it; and one that keeps it
CASES = [
    ("known", a_day(), a_plan(placed(), placed("x", "10:00")), a_plan(placed())),
    ("once", a_day(), a_plan(placed(), placed(start="10:00")), a_plan(placed())),
    ("complete", a_day(a_segment(form="by_group")), a_plan(placed(posts=(PlacedPost("g1"),))),
     a_plan(placed(posts=(PlacedPost("g1"), PlacedPost("g2"))))),
    ("length", a_day(a_segment(minutes=[20, 30])), a_plan(placed(minutes=31)), a_plan(placed(minutes=25))),
    ("day_bounds", a_day(), a_plan(placed(start="11:31")), a_plan(placed(start="11:30"))),
    ("window", a_day(a_segment(start="10:00")), a_plan(placed(start="10:01")), a_plan(placed(start="10:00"))),
    ("after", a_day(a_segment("b"), a_segment(after=[{"segment": "b", "least": 5}])),
     a_plan(placed("b"), placed("a", "09:34")), a_plan(placed("b"), placed("a", "09:35"))),
    ("gap_most", a_day(a_segment("b"), a_segment(after=[{"segment": "b", "most": 5}])),
     a_plan(placed("b"), placed("a", "09:36")), a_plan(placed("b"), placed("a", "09:35"))),
    ("placed", a_day(), a_plan(), a_plan(placed())),
    ("rounds", a_day(a_rotation()), a_plan(placed("r", posts=HALVES, visits=(GOOD[0], *visits(("g2", "r2", "09:01", 9)), *GOOD[2:]))),
     a_plan(placed("r", posts=HALVES, visits=GOOD))),
    ("inside", a_day(a_rotation()), a_plan(placed("r", "09:01", 30, posts=HALVES, visits=GOOD)),
     a_plan(placed("r", posts=HALVES, visits=GOOD))),
    ("round_length", a_day(a_rotation(round_=[5, 9])), a_plan(placed("r", posts=HALVES, visits=GOOD)), None),
    ("locked", a_day(locks=[{"segment": "a", "start": "10:00"}]), a_plan(placed()), a_plan(placed(start="10:00"))),
    ("group_twice", a_day(a_segment(), a_segment("b")), a_plan(placed(), placed("b", "09:29")),
     a_plan(placed(), placed("b", "09:30"))),
    ("station_twice", a_day(a_rotation()), a_plan(placed("r", posts=HALVES, visits=(*GOOD[:3], *visits(("g2", "r1", "09:09", 10))))),
     a_plan(placed("r", posts=HALVES, visits=GOOD))),
    ("visits_overlap", a_day(a_rotation()), a_plan(placed("r", posts=HALVES, visits=(*GOOD[:2], *visits(("g1", "r2", "09:09", 10)), GOOD[3]))),
     a_plan(placed("r", posts=HALVES, visits=GOOD))),
    ("group_hours", a_day(groups=[{"key": "g1", "size": 9, "hours": [["09:10", "12:00"]]}]), a_plan(placed()),
     a_plan(placed(start="09:10"))),
    ("transfer", a_day(a_segment(places=["hall"]), a_segment("b", places=["yard"]), places=[HALL, YARD], transfer_minutes=5),
     a_plan(placed(place="hall"), placed("b", "09:34", place="yard")),
     a_plan(placed(place="hall"), placed("b", "09:35", place="yard"))),
    ("host_count", a_day(a_segment(**TEACHER), people=[ANN]), a_plan(placed()), a_plan(placed(hosts=["ann"]))),
    ("host_fits", a_day(a_segment(**TEACHER), people=[ANN, {"key": "eve", "roles": ["cook"]}]), a_plan(placed(hosts=["eve"])),
     a_plan(placed(hosts=["ann"]))),
    ("host_twice", a_day(a_segment(groups=["g1"], **TEACHER), a_segment("b", groups=["g2"], **TEACHER), people=[ANN, BEN]),
     a_plan(placed(hosts=["ann"]), placed("b", hosts=["ann"])), a_plan(placed(hosts=["ann"]), placed("b", hosts=["ben"]))),
    ("host_hours", a_day(a_segment(**TEACHER), people=[ANN | {"hours": [["09:30", "10:30"]]}]), a_plan(placed(hosts=["ann"])),
     a_plan(placed(start="09:30", hosts=["ann"]))),
    ("host_free", a_day(a_segment(**TEACHER), people=[ANN | {"free": [["09:30", "10:30"]]}]), a_plan(placed(hosts=["ann"])),
     a_plan(placed(start="09:30", hosts=["ann"]))),
    ("host_load", a_day(a_segment(minutes=[20, 30], **TEACHER), people=[ANN | {"most_minutes": 20}]), a_plan(placed(hosts=["ann"])),
     a_plan(placed(minutes=20, hosts=["ann"]))),
    ("host_transfer", a_day(a_segment(groups=["g1"], places=["hall"], **TEACHER), a_segment("b", groups=["g2"], places=["yard"], **TEACHER),
                            places=[HALL, YARD], people=[ANN], transfer_minutes=5),
     a_plan(placed(place="hall", hosts=["ann"]), placed("b", "09:30", place="yard", hosts=["ann"])),
     a_plan(placed(place="hall", hosts=["ann"]), placed("b", "09:35", place="yard", hosts=["ann"]))),
    ("place_fits", a_day(a_segment(room="hall"), places=[HALL, YARD]), a_plan(placed(place="yard")), a_plan(placed(place="hall"))),
    ("place_hours", a_day(places=[HALL | {"hours": [["10:00", "12:00"]]}]), a_plan(placed(place="hall")),
     a_plan(placed(start="10:00", place="hall"))),
    ("capacity", a_day(a_segment(groups=["g1"]), a_segment("b", groups=["g2"]), places=[HALL | {"capacity": 19}]),
     a_plan(placed(place="hall"), placed("b", place="hall")), a_plan(placed(place="hall"), placed("b", "09:30", place="hall"))),
    ("at_once", a_day(a_segment(groups=["g1"]), a_segment("b", groups=["g2"]), places=[HALL | {"at_once": 1}]),
     a_plan(placed(place="hall"), placed("b", place="hall")), a_plan(placed(place="hall"), placed("b", "09:30", place="hall"))),
    ("rain", a_day(places=[YARD, HALL], is_raining=True), a_plan(placed(place="yard")), a_plan(placed(place="hall"))),
    ("roof", a_day(a_segment(setting="indoor"), places=[YARD, HALL]), a_plan(placed(place="yard")), a_plan(placed(place="hall"))),
    ("open_air", a_day(a_segment(setting="outdoor"), places=[HALL, YARD]), a_plan(placed(place="hall")), a_plan(placed(place="yard"))),
    ("equipment", a_day(a_segment(groups=["g1"], equipment={"ball": 1}), a_segment("b", groups=["g2"], equipment={"ball": 1}), equipment={"ball": 1}),
     a_plan(placed(), placed("b", "09:29")), a_plan(placed(), placed("b", "09:30"))),
    ("supply_nobody", a_day(supplies=[{"key": "water"}]), a_plan(placed()), None),
    ("supply_late", a_day(people=[ANN | {"hours": [["09:30", "12:00"]]}], supplies=[{"key": "water", "brought_by": "ann", "segment": "a"}]),
     a_plan(placed()), a_plan(placed(start="09:30"))),
    ("trip_missing", a_day(**TRIP), a_plan(placed()), a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:30"))])),
    ("trip_fits", a_day(**TRIP | {"trips": [{"key": "in", "groups": ["g1"], "minutes": 30, "vehicles": ["van"]}],
                                  "vehicles": [*BUS["vehicles"], {"key": "van", "seats": 20, "driver": "ann"}]}),
     a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:30"))]), a_plan(placed(), trips=[PlacedTrip("in", "van", at("08:30"))])),
    ("seats", a_day(**TRIP | {"vehicles": [{"key": "bus", "seats": 9, "driver": "ann"}, {"key": "van", "seats": 10, "driver": "ann"}]}),
     a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:30"))]), a_plan(placed(), trips=[PlacedTrip("in", "van", at("08:30"))])),
    ("driver_hours", a_day(**TRIP | {"people": [ANN | {"hours": [["08:00", "09:00"]]}]}),
     a_plan(placed(), trips=[PlacedTrip("in", "bus", at("07:59"))]), a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:00"))])),
    ("vehicle_twice", a_day(**TRIP | {"trips": [{"key": "in", "groups": ["g1"], "minutes": 30}, {"key": "more", "groups": ["g2"], "minutes": 30}]}),
     a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:30")), PlacedTrip("more", "bus", at("08:01"))]),
     a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:30")), PlacedTrip("more", "bus", at("08:00"))])),
    ("trip_window", a_day(**TRIP | {"trips": [{"key": "in", "groups": ["g1"], "minutes": 30, "window": ["08:00", "08:45"]}]}),
     a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:20"))]), a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:15"))])),
    ("trip_late", a_day(**TRIP), a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:31"))]),
     a_plan(placed(), trips=[PlacedTrip("in", "bus", at("08:30"))])),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "day", "bad", "good"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_is_found_broken_and_kept_by_the_planner(rule, day, bad, good):
    assert rule in {one.rule for one in check(day, bad)}
    if good is not None:
        assert check(day, good) == ()
        result = plan(day, QUICK)
        assert (result.status, violations_of(day, result.plan)) == (SolveStatus.OPTIMAL, ())
        assert result.goal("finish").value <= measure(day, good)["finish"]


def test_every_rule_has_a_case_and_both_sentences():
    assert {case[0] for case in CASES} == {rule.code for rule in RULES}
    for rule in RULES:
        assert rule.zh
        assert rule.en
        assert bool(rule.cure_zh) == bool(rule.cure_en) == bool(rule.weight)
    assert {rule.code for rule in RULES if rule.weight} - {"supply_nobody"} == set(CURABLE)
    assert set(_GUARDED) <= {rule.code for rule in RULES}


@pytest.mark.parametrize(("rule", "day", "bad", "good"), CASES, ids=[case[0] for case in CASES])
def test_levels_decide_whether_a_breach_counts(rule, day, bad, good):
    if next(one for one in RULES if one.code == rule).scope == "plan":
        return
    ignored = replace(day, levels={rule: Level.IGNORE})
    warned = replace(day, levels={rule: Level.WARN})
    assert rule not in {one.rule for one in check(ignored, bad)}
    assert rule in {one.rule for one in check(warned, bad)}
    assert rule not in {one.rule for one in violations_of(warned, bad)}
    assert plan(warned, QUICK).status == SolveStatus.OPTIMAL


def test_sentences_carry_names():
    day = a_day(a_segment(name="破冰", **TEACHER), people=[ANN | {"name": "安老师", "hours": [["10:00", "11:00"]]}])
    (violation,) = check(day, a_plan(placed(hosts=["ann"])))
    assert violation.sentence == "安老师在09:00至09:30不在场，不能主持“破冰”。"
    assert violation.keys == ("ann", "a")


def test_a_sentence_has_no_brackets_around_nothing():
    twice = check(a_day(), a_plan(placed(), placed(start="10:00")))
    moved = check(a_day(locks=[{"segment": "a", "start": "10:00"}]), a_plan(placed()))
    for one in (*twice, *moved):
        assert "（）" not in one.sentence
        assert "()" not in one.sentence_en
    assert {one.rule for one in (*twice, *moved)} >= {"once", "locked"}


def test_two_rotations_with_stations_of_one_key_call_each_by_its_own_name():
    def going_round(key, name):
        return a_rotation(key) | {"stations": [{"key": "st1", "name": name}, {"key": "st2"}]}

    day = a_day(going_round("a", "套圈"), going_round("b", "跳绳"))
    posts = [PlacedPost("st1"), PlacedPost("st2")]
    lone = visits(("g1", "st1", "10:00", 10))
    found = a_plan(placed("a", posts=posts), placed("b", "10:00", posts=posts, visits=lone))
    assert [one.detail for one in parts_of_group(day, found, "g1") if one.key == "b/st1"] == ["跳绳"]
    assert not any("套圈" in one.sentence for one in check(day, found) if one.keys[0] == "b")


def test_a_visit_that_is_missing_is_called_by_its_group_and_its_station():
    stations = [{"key": "st1", "name": "套圈"}, {"key": "st2", "name": "跳绳"}]
    day = a_day(a_rotation("r") | {"stations": stations}, groups=[{"key": "g1", "name": "第一组", "size": 9}])
    posts = [PlacedPost("st1"), PlacedPost("st2")]
    found = check(day, a_plan(placed("r", posts=posts, visits=visits(("g1", "st1", "09:00", 10)))))
    assert [one.sentence for one in found if one.rule == "complete"] == ["“r”缺少第一组 跳绳的安排。"]
