"""When people are free in an ordinary week: avoided where that costs nothing graver, said where it cannot be."""

from __future__ import annotations

import pytest

from activities.core.day import Level, check, day_as_json, plan, read_day, violations_of
from activities.core.day.relaxations import apply_relaxation, read_relaxation
from activities.core.day.replanner import replan, without_host
from backend.kernel.solving import SolveStatus
from tests.activities.core.day.builders import ANN, BEN, QUICK, TEACHER, a_day, a_plan, a_segment, placed

EVE = {"key": "eve", "roles": ["teacher"]}
NEVER, LATE = {"free": []}, {"free": [["10:00", "11:00"]]}


def hosts(result):
    return result.plan.segment("a").posts[0].hosts


def test_somebody_who_is_free_is_asked_first():
    result = plan(a_day(a_segment(**TEACHER), people=[ANN | NEVER, BEN]), QUICK)
    assert (result.status, hosts(result)) == (SolveStatus.OPTIMAL, ("ben",))


RESERVE = {"key": "rex", "roles": ["teacher"], "is_reserve": True}


def test_a_regular_who_is_not_usually_free_is_asked_before_a_reserve():
    day = a_day(a_segment(**TEACHER), people=[ANN | NEVER, RESERVE])
    result = plan(day, QUICK)
    assert (result.status, hosts(result)) == (SolveStatus.OPTIMAL, ("ann",))
    assert [(result.goal(name).value, result.goal(name).bound) for name in ("reserve", "remarks")] == [(0, 0), (1, 1)]
    assert [one.rule for one in check(day, result.plan)] == ["host_free"]


@pytest.mark.parametrize(
    ("ann", "rules"),
    [({"hours": [["10:00", "11:00"]]}, {}), (NEVER, {"host_free": "forbid"}), ({"most_minutes": 10}, {})],
)
def test_where_no_regular_can_the_reserve_is_called(ann, rules):
    day = a_day(a_segment(start="09:00", **TEACHER), people=[ANN | ann, RESERVE], rules=rules)
    result = plan(day, QUICK)
    assert (result.status, hosts(result), check(day, result.plan)) == (SolveStatus.OPTIMAL, ("rex",), ())
    assert (result.goal("reserve").value, result.goal("remarks").value) == (1, 0)


def test_a_reserve_who_is_not_usually_free_either_is_called_last_and_said():
    day = a_day(a_segment(start="09:00", **TEACHER), people=[ANN | {"hours": [["10:00", "11:00"]]}, RESERVE | NEVER])
    result = plan(day, QUICK)
    assert (hosts(result), result.goal("remarks").value) == (("rex",), 1)


def test_no_reserve_is_called_to_end_sooner():
    day = a_day(a_segment(groups=["g1"], **TEACHER), a_segment("b", groups=["g2"], **TEACHER), people=[ANN, RESERVE])
    result = plan(day, QUICK)
    assert (result.status, result.goal("reserve").value) == (SolveStatus.OPTIMAL, 0)
    assert result.plan.segment("a").start != result.plan.segment("b").start


def test_where_not_even_a_reserve_can_the_day_is_impossible_and_says_whom_to_find():
    late = {"hours": [["10:00", "11:00"]]}
    day = a_day(a_segment(start="09:00", **TEACHER), people=[ANN | late, RESERVE | late])
    result = plan(day, QUICK)
    assert result.status == SolveStatus.INFEASIBLE
    assert {one.as_json()["rule"] for one in result.relaxations} <= {"host_hours", "host_count", "window"}


def test_of_as_few_changes_the_one_without_a_reserve():
    day = a_day(a_segment(**TEACHER), people=[ANN, BEN | NEVER, RESERVE])
    result = replan(without_host(day, "ann"), a_plan(placed(hosts=["ann"])), QUICK)
    assert (len(result.changes), hosts(result), result.goal("reserve").bound) == (1, ("ben",), 0)


def test_the_segment_waits_for_the_only_one_rather_than_take_their_time():
    result = plan(a_day(a_segment(**TEACHER), people=[ANN | LATE]), QUICK)
    assert result.plan.segment("a").start == 600


def test_where_nobody_is_free_the_plan_says_so_once_a_segment():
    day = a_day(a_segment(**TEACHER), a_segment("b", **TEACHER), people=[ANN | NEVER])
    result = plan(day, QUICK)
    assert (result.goal("remarks").value, result.goal("remarks").bound) == (2, 2)
    assert {one.sentence_en for one in check(day, result.plan)} == {
        "ann is not usually free from 09:00 to 09:30, and leads a.",
        "ann is not usually free from 09:30 to 10:00, and leads b.",
    }
    assert violations_of(day, result.plan) == ()


@pytest.mark.parametrize("level", [Level.FORBID, Level.BLOCK_RELEASE])
def test_a_day_that_takes_it_gravely_names_the_hours_to_ask_for(level):
    day = a_day(a_segment(start="09:00", **TEACHER), people=[ANN | LATE], rules={"host_free": str(level)})
    result = plan(day, QUICK)
    [button] = [one.as_json() for one in result.relaxations]
    assert (result.status, button["rule"], button["keys"]) == (SolveStatus.INFEASIBLE, "host_free", ["ann", "a"])
    mended = apply_relaxation(day, read_relaxation(button))
    assert plan(mended, QUICK).status == SolveStatus.OPTIMAL
    assert read_day(day_as_json(mended)) == mended


def test_a_day_that_ignores_it_plans_as_if_nothing_were_known():
    day = a_day(a_segment(**TEACHER), people=[ANN | NEVER], rules={"host_free": "ignore"})
    result = plan(day, QUICK)
    assert (result.goal("remarks").value, check(day, result.plan)) == (0, ())


def test_of_as_few_changes_the_one_that_takes_nobodys_time():
    day = a_day(a_segment(**TEACHER), people=[ANN, BEN | NEVER, EVE])
    result = replan(without_host(day, "ann"), a_plan(placed(hosts=["ann"])), QUICK)
    assert (len(result.changes), hosts(result)) == (1, ("eve",))
