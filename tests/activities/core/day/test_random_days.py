"""Random days: whatever is planned passes the judge, whatever is not can be mended."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from activities.core.day import apply_relaxation, day_as_json, measure, plan, read_day, violations_of
from activities.core.day.model_goals import DayModel
from activities.core.day.stages import Stages
from backend.kernel.solving import SolveLimits, SolveStatus
from benchmarks.activities.days import random_day

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
