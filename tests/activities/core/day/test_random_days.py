"""Random days: whatever is planned passes the judge, whatever is not can be mended."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.core.day import apply_relaxation, day_as_json, measure, plan, read_day, relax, relaxing, violations_of
from activities.core.day.host_bounds import HostBounds
from activities.core.day.model_goals import DayModel, Goal
from activities.core.day.narrowing import DayStages
from activities.core.day.relaxing import _price as price_of
from activities.core.day.stages import Stages
from backend.kernel.solving import SolveLimits, SolveStatus
from benchmarks.activities.days import random_day
from tests.activities.core.day.builders import a_day, a_rotation, a_segment

LIMITS = SolveLimits(seconds=1.5, seed=1)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_the_model_counts_its_goals_as_the_plan_does(seed):
    """A bound above what a plan reaches would be no bound; a term below it would be held too low."""
    day = read_day(random_day(seed, segments=(2, 4), groups=(2, 3)))
    model = DayModel(day)
    goals = model.goals()
    stages = Stages(model.model, LIMITS, time.monotonic() + LIMITS.seconds)
    stages.run(goals)
    if stages.solver is None:
        return
    counted = measure(day, model.plan_of(stages.solver))
    for goal in goals:
        assert stages.bounds[goal.name] <= counted[goal.name] <= stages.solver.value(goal.term), goal.name


PATIENT = SolveLimits(seconds=20, seed=1)


def the_best(model, goals):
    """Values of the goals by the whole model alone, and whether each was proven."""
    stages = Stages(model.model, PATIENT, time.monotonic() + PATIENT.seconds)
    stages.run(goals)
    if stages.solver is None:
        return None
    return {goal.name: (stages.solver.value(goal.term), stages.bounds[goal.name]) for goal in goals}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_what_is_proven_from_two_sides_the_whole_model_proves_too(seed):
    """A bound of a coarser model or of the seats alone above the truth would call a worse plan the best."""
    day = read_day(random_day(seed, segments=(2, 4), groups=(2, 3)))
    result = plan(day, PATIENT)
    model = DayModel(day)
    alone = the_best(model, model.goals())
    assert (result.plan is None) == (alone is None)
    if alone is None:
        return
    held = True
    for goal in result.goals:
        value, bound = alone[goal.name]
        if not held:
            break
        assert goal.bound <= value, goal.name
        held = goal.value == goal.bound == value == bound


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_no_bound_of_the_seats_alone_is_above_what_can_be_reached(seed):
    day = read_day(random_day(seed, segments=(2, 5), groups=(2, 3)))
    model = DayModel(day)
    alone = the_best(model, model.goals())
    if alone is None:
        return
    seats = HostBounds(day)
    for name, (value, _bound) in alone.items():
        assert seats.least(name, 5.0) <= value, name
        seats.hold(name, value)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_an_explanation_costs_no_more_than_the_cheapest_set_of_rules(seed):
    day = read_day(random_day(seed, segments=(3, 4), groups=(2, 3)))
    day = replace(day, end=day.begin + (day.end - day.begin) // 2, people=day.people[:3])
    elastic = DayModel(day, is_elastic=True)
    alone = the_best(elastic, [Goal("price", price_of(elastic), 0)])
    why = relax(day, PATIENT)
    assert alone is not None and why.plan is not None
    value, bound = alone["price"]
    assert why.bound <= value
    assert why.price >= bound
    if why.price == why.bound and value == bound:
        assert why.price == value > 0


def test_what_was_found_stays_when_no_time_is_left_to_look_wider(monkeypatch):
    """A glance that promises too much, and a clock that runs out in the wider search."""
    day = read_day(random_day(2))
    glance = relaxing._glance(day, LIMITS)
    monkeypatch.setattr(relaxing, "_glance", lambda *_: replace(glance, bound=0))
    searched = []

    def search(day, limits, deadline, hint=None, whole=relaxing._search):
        searched.append(hint)
        return whole(day, limits, deadline if hint else time.monotonic() - 1, hint)

    monkeypatch.setattr(relaxing, "_search", search)
    monkeypatch.setattr(DayStages, "reach", reach_in_time(DayStages.reach))
    why = relax(day, PATIENT)
    assert len(searched) == 2
    assert why.plan is not None
    assert why.price > 0


def reach_in_time(reach):
    """No goal is reached once the time is over."""

    def in_time(self, goal, seconds):
        if time.monotonic() < self.deadline:
            reach(self, goal, seconds)

    return in_time


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_no_plan_is_refused_by_the_judge(seed):
    day = read_day(random_day(seed, segments=(2, 4), groups=(2, 3)))
    assert read_day(day_as_json(day)) == day
    result = plan(day, LIMITS)
    if result.plan is not None:
        assert violations_of(day, result.plan) == ()
    elif result.status == SolveStatus.INFEASIBLE:
        for one in result.relaxations:
            day = apply_relaxation(day, one)
        assert plan(day, LIMITS).plan is not None


@pytest.mark.parametrize(("seed", "load", "balance"), [(20, 85, 4), (34, 100, 4), (63, 89, 3)])
def test_patterns_prove_at_once_what_the_clock_took_minutes_for(seed, load, balance):
    """These are also what plans reach, so there is nothing between the two."""
    seats = HostBounds(read_day(random_day(seed)))
    seats.hold("left_out", 0)
    assert seats.least("load", 20.0) == load
    seats.hold("load", load)
    assert seats.least("balance", 20.0) == balance


def test_a_day_of_too_many_patterns_has_no_bound_and_no_wait():
    node = random_day(5)
    node["segments"] = [
        {"key": f"s{n}", "minutes": 1 + n, "hosts": [{"role": "guide"}], "groups": ["g0"]} for n in range(60)
    ]
    node["end"] = "24:00"
    seats = HostBounds(read_day(node))
    since = time.monotonic()
    assert seats.least("balance", 20.0) == 0
    assert time.monotonic() - since < 5


def test_the_first_and_the_last_round_count_where_ways_take_time():
    """Two halls five minutes apart and stations in the one: whoever begins there has to be there already."""
    day = a_day(
        a_segment("talk", 30, places=["near", "far"]),
        a_rotation("r", 2, 10, 20, places=["far"]),
        places=[{"key": "near"}, {"key": "far"}],
        transfer_minutes=5,
        end="09:50",
    )
    model = DayModel(day, is_coarse=True)
    goals = {goal.name: goal for goal in model.goals()}
    stages = Stages(model.model, PATIENT, time.monotonic() + PATIENT.seconds)
    stages.run([goals["finish"], goals["place"]])
    assert stages.bounds["place"] == 1
    assert plan(day, PATIENT).goal("place").value == 1


def test_an_explanation_searches_no_wider_than_a_glance_says(monkeypatch):
    searched = []

    def search(day, limits, deadline, hint=None, whole=relaxing._search):
        searched.append(hint)
        return whole(day, limits, deadline, hint)

    monkeypatch.setattr(relaxing, "_search", search)
    why = relax(read_day(random_day(12)), PATIENT)
    assert (why.price, why.bound) == (11, 11)
    assert [one.rule for one in why.relaxations] == ["host_count"]
    assert len(searched) == 1
    assert searched[0] is not None
