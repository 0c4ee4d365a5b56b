"""Random days: whatever is planned passes the judge, whatever is not can be mended."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from activities.core.day import apply_relaxation, day_as_json, measure, plan, read_day, violations_of
from backend.kernel.solving import SolveLimits, SolveStatus
from benchmarks.activities.days import random_day

LIMITS = SolveLimits(seconds=1.5, seed=1)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_no_plan_is_refused_by_the_judge(seed):
    day = read_day(random_day(seed, segments=(2, 4), groups=(2, 3)))
    assert read_day(day_as_json(day)) == day
    result = plan(day, LIMITS)
    if result.plan is not None:
        assert violations_of(day, result.plan) == ()
        assert {goal.name: goal.value for goal in result.goals} == measure(day, result.plan)
        assert all(goal.bound <= goal.value for goal in result.goals)
    elif result.status == SolveStatus.INFEASIBLE:
        for one in result.relaxations:
            day = apply_relaxation(day, one)
        assert plan(day, LIMITS).plan is not None
