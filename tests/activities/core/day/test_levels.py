"""A rule taken less seriously binds the planner no more than the judge: ignored not at all, reminded of as a remark."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.core.day import RULES, Level, check, measure, plan, read_day, violations_of
from activities.core.day.model_goals import DayModel
from activities.core.day.stages import Stages
from backend.kernel.solving import SolveLimits, SolveStatus
from benchmarks.activities.days import random_day
from tests.activities.core.day.builders import (
    ANN,
    BUS,
    HALL,
    QUICK,
    TEACHER,
    YARD,
    a_day,
    a_rotation,
    a_segment,
)

TRIP = {"key": "in", "groups": ["g1"], "minutes": 30}
STATIONS = [
    {"key": "r1", "places": ["hall"]},
    {"key": "r2", "places": ["hall"]},
    {"key": "r3", "places": ["yard"]},
]
BY_GROUP = a_segment(form="by_group", **TEACHER)

#: rule, and a day that cannot be planned as long as the rule is kept
TIGHT = [
    ("length", a_day(a_segment(minutes=300))),
    ("day_bounds", a_day(a_segment(minutes=200))),
    ("window", a_day(a_segment(start="08:00"))),
    ("after", a_day(a_segment("b", start="10:00"), a_segment(start="09:00", after=[{"segment": "b"}]))),
    ("gap_most", a_day(a_segment("b", start="09:00"), a_segment(start="11:00", after=[{"segment": "b", "most": 5}]))),
    ("placed", a_day(a_segment(minutes=400))),
    # Out of step each group waits for its own way alone, in step for the other's too.
    ("rounds", a_day(a_rotation(minutes=35) | {"stations": STATIONS}, places=[HALL, YARD], transfer_minutes=5)),
    ("inside", a_day(a_rotation(minutes=10))),
    ("round_length", a_day(a_rotation(round_=20, minutes=[30, 30]))),
    ("locked", a_day(a_segment(start="09:00"), locks=[{"segment": "a", "start": "10:00"}])),
    ("group_twice", a_day(a_segment(), a_segment("b"), end="09:30")),
    ("station_twice", a_day(a_rotation(minutes=10, stations=1), groups=2)),
    ("visits_overlap", a_day(a_rotation(minutes=10, stations=2), groups=1)),
    ("group_hours", a_day(groups=[{"key": "g1", "size": 9, "hours": [["09:10", "09:20"]]}])),
    ("transfer", a_day(a_segment(places=["hall"]), a_segment("b", places=["yard"]), places=[HALL, YARD],
                       transfer_minutes=5, end="10:00")),
    ("host_count", a_day(a_segment(**TEACHER))),
    ("host_twice", a_day(BY_GROUP, people=[ANN])),
    ("host_hours", a_day(a_segment(**TEACHER), people=[ANN | {"hours": [["09:00", "09:10"]]}])),
    ("host_free", a_day(a_segment(**TEACHER), people=[ANN | {"free": []}], rules={"host_free": "forbid"})),
    ("host_load", a_day(a_segment(**TEACHER), people=[ANN | {"most_minutes": 20}])),
    ("host_transfer", a_day(a_segment(groups=["g1"], places=["hall"], **TEACHER),
                            a_segment("b", groups=["g2"], places=["yard"], **TEACHER),
                            places=[HALL, YARD], people=[ANN], transfer_minutes=5, end="10:00")),
    ("place_fits", a_day(a_segment(room="cave"), places=[HALL])),
    ("place_hours", a_day(places=[HALL | {"hours": [["08:00", "09:10"]]}])),
    ("capacity", a_day(places=[HALL | {"capacity": 19}])),
    ("at_once", a_day(a_segment(form="by_group"), places=[HALL | {"at_once": 1}])),
    ("rain", a_day(places=[YARD], is_raining=True)),
    ("roof", a_day(a_segment(setting="indoor"), places=[YARD])),
    ("equipment", a_day(a_segment(equipment={"ball": 2}), equipment={"ball": 1})),
    ("supply_late", a_day(a_segment(start="09:00"), people=[ANN | {"hours": [["09:30", "12:00"]]}],
                          supplies=[{"key": "water", "brought_by": "ann", "segment": "a"}])),
    ("trip_missing", a_day(trips=[TRIP])),
    ("trip_fits", a_day(**BUS | {"trips": [TRIP | {"vehicles": ["van"]}],
                                 "vehicles": [*BUS["vehicles"], {"key": "van", "seats": 1, "driver": "ann"}]})),
    ("seats", a_day(trips=[TRIP], **BUS | {"vehicles": [{"key": "bus", "seats": 9, "driver": "ann"}]})),
    ("driver_hours", a_day(trips=[TRIP], **BUS | {"people": [ANN | {"hours": [["08:00", "08:10"]]}]})),
    ("vehicle_twice", a_day(trips=[TRIP | {"window": ["08:00", "08:40"]},
                                   {"key": "more", "groups": ["g2"], "minutes": 30, "window": ["08:00", "08:40"]}], **BUS)),
    ("trip_window", a_day(trips=[TRIP | {"window": ["08:00", "08:20"]}], **BUS)),
    ("trip_late", a_day(a_segment(start="09:00"), trips=[TRIP | {"window": ["08:40", "10:00"]}], **BUS)),
]  # fmt: skip
NEEDS_NO_RELIEF = {
    "host_fits": "somebody who does not fit fills no place, so there is nothing to gain",
    "open_air": "a remark anyway",
    "supply_nobody": "a remark anyway, and nothing planning can change",
}


def test_every_rule_that_can_be_taken_less_seriously_has_a_day():
    assert {rule for rule, _day in TIGHT} | set(NEEDS_NO_RELIEF) == {one.code for one in RULES if one.scope != "plan"}


@pytest.mark.parametrize(("rule", "day"), TIGHT, ids=[case[0] for case in TIGHT])
def test_kept_it_leaves_no_plan(rule, day):
    assert plan(day, QUICK).status == SolveStatus.INFEASIBLE


@pytest.mark.parametrize(("rule", "day"), TIGHT, ids=[case[0] for case in TIGHT])
def test_ignored_it_stands_in_no_plans_way(rule, day):
    free = replace(day, levels={rule: Level.IGNORE})
    result = plan(free, QUICK)
    assert (result.status, check(free, result.plan)) == (SolveStatus.OPTIMAL, ())


@pytest.mark.parametrize(("rule", "day"), TIGHT, ids=[case[0] for case in TIGHT])
def test_reminded_of_it_is_broken_as_seldom_as_can_be(rule, day):
    mild = replace(day, levels={rule: Level.WARN})
    result = plan(mild, QUICK)
    remarks = result.goal("remarks")
    assert {one.rule for one in check(mild, result.plan)} == {rule}
    assert remarks.value == remarks.bound > 0


LIMITS = SolveLimits(seconds=2, seed=1)
SOFT = [rule.code for rule in RULES if rule.scope != "plan"]


def a_mild_day(seed):
    """A small random day that takes a few rules less seriously."""
    rng = random.Random(seed)
    levels = {code: rng.choice((Level.WARN, Level.IGNORE)) for code in rng.sample(SOFT, 4)}
    day = read_day(random_day(seed, segments=(2, 4), groups=(2, 3)))
    shorter = day.begin + (day.end - day.begin) * rng.choice((1, 2)) // 2
    return replace(day, levels=levels, end=shorter)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_whatever_is_taken_mildly_no_plan_is_refused_and_goals_are_counted_alike(seed):
    day = a_mild_day(seed)
    model = DayModel(day)
    goals = model.goals()
    stages = Stages(model.model, LIMITS, time.monotonic() + LIMITS.seconds)
    stages.run(goals)
    if stages.solver is None:
        return
    found = model.plan_of(stages.solver)
    assert violations_of(day, found) == ()
    counted = measure(day, found)
    for goal in goals:
        assert stages.bounds[goal.name] <= counted[goal.name] <= stages.solver.value(goal.term), goal.name


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_from_two_sides_no_more_is_proven_than_is_true(seed):
    day = a_mild_day(seed)
    result = plan(day, LIMITS)
    if result.plan is None:
        return
    assert violations_of(day, result.plan) == ()
    model = DayModel(day)
    alone = Stages(model.model, LIMITS, time.monotonic() + LIMITS.seconds)
    alone.run(model.goals()[:2])
    if alone.solver is not None:
        counted = measure(day, model.plan_of(alone.solver))
        assert result.goal("left_out").bound <= counted["left_out"]
