"""Inputs at the edge: nothing to do, nothing possible, contradictions; and one input always gives one answer."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kernel.solving import SolveLimits, SolveStatus
from benchmarks.matching.instances import county, joint_county, with_girls
from matching.core import engine
from matching.core.memory import estimate_mb
from matching.core.problem import MatchingProblem
from matching.core.result import Conflict
from matching.core.solve import solve
from matching.core.verify import verify
from tests.matching.core.builders import COUNTIES, a_problem, brute_force, problems

QUICK = SolveLimits(seconds=30)


@pytest.mark.parametrize(
    "problem",
    [
        a_problem([], []),
        a_problem([], [1, 2]),
        a_problem([], [], slots=3),
        a_problem([(0, 0), (1, 0)], [0]),
        a_problem([(0, 0)], [5], caps=[(0, 0, 0)]),
        a_problem([(0, 0)], [1], child=[0, 0], bundle=[0, 0]),
        a_problem([(0, 0)], [1], bundle=[3]),
    ],
    ids=["empty", "no slots", "nobody", "limits zero", "cap zero", "half a bundle", "bundle of one"],
)
def test_nothing_to_do_is_optimal_with_open_slots(problem):
    result = solve(problem, QUICK)

    assert result.status is SolveStatus.OPTIMAL
    assert result.is_certified
    assert verify(problem, result) == ()
    assert (result.slot_helper == -1).all() == (problem.slots != 1 or problem.slot_bundle[0] != 3)


@pytest.mark.parametrize(
    ("problem", "conflict"),
    [
        (a_problem([(0, 0), (1, 0)], [1], locked={(0, 0), (1, 0)}), Conflict("limit", (0, 1), (0,))),
        (
            a_problem([(0, 0), (1, 0)], [2], caps=[(0, 0, 1)], locked={(0, 0), (1, 0)}),
            Conflict("scheme_cap", (0, 1), (0,)),
        ),
        (
            a_problem([(0, 0), (1, 0)], [2], child=[5, 5], locked={(0, 0), (1, 0)}),
            Conflict("same_person", (0, 1), (0,)),
        ),
        (a_problem([(0, 0), (0, 1)], [1, 1], locked={(0, 0), (0, 1)}), Conflict("one_per_slot", (0,), (0, 1))),
    ],
)
def test_locks_that_contradict_each_other_are_named(problem, conflict):
    result = solve(problem, QUICK)

    assert result.status is SolveStatus.INVALID
    assert result.conflicts == (conflict,)
    assert (result.slot_helper == -1).all()


def test_huge_limits_cost_nothing():
    problem = a_problem([(0, 0), (1, 0)], [2**31 - 1])

    assert solve(problem, QUICK).slot_helper.tolist() == [0, 0]


def test_time_that_is_up_gives_no_answer():
    result = solve(a_problem([(0, 0)], [1]), SolveLimits(seconds=1e-9))

    assert result.status is SolveStatus.TIMED_OUT
    assert result.stopped_by == "time"


def test_time_that_ends_on_the_way_gives_the_best_so_far_with_bounds(monkeypatch):
    problem = county(children=200)
    clock = iter(range(10**6))
    monkeypatch.setattr("matching.core.assignment.time.monotonic", lambda: next(clock))

    result = solve(problem, SolveLimits(seconds=20))

    assert result.status is SolveStatus.FEASIBLE
    assert result.stopped_by == "time"
    assert verify(problem, result) == ()
    assert result.tiers[0].bound >= result.tiers[0].value
    assert result.tiers[-1].bound is None


@settings(max_examples=30, deadline=None)
@given(problems(bundle_size=2, has_caps=True), st.randoms(use_true_random=False))
def test_the_order_of_arcs_changes_nothing(problem, random):
    order = list(range(problem.arcs))
    random.shuffle(order)
    names = ("arc_slot", "arc_helper", "arc_fit", "arc_kept", "arc_locked")
    shuffled = replace(problem, **{name: getattr(problem, name)[order] for name in names})

    assert solve(problem, QUICK).slot_helper.tolist() == solve(shuffled, QUICK).slot_helper.tolist()


@pytest.mark.parametrize("make", COUNTIES.values(), ids=COUNTIES)
def test_workers_change_nothing(make, monkeypatch):
    problem = make()
    monkeypatch.setattr("matching.core.parts.ARCS_PER_BATCH", 5_000)

    answers = [solve(problem, SolveLimits(workers=workers)) for workers in (1, 2, 5)]

    assert all((answer.slot_helper == answers[0].slot_helper).all() for answer in answers)
    assert answers[0].is_certified


def test_another_seed_draws_another_of_the_equal_answers():
    problem = equal_pairs(40)

    answers = [solve(problem, SolveLimits(seed=seed)) for seed in (1, 1, 2)]

    assert (answers[0].slot_helper == answers[1].slot_helper).all()
    assert (answers[0].slot_helper != answers[2].slot_helper).any()
    assert answers[0].tiers == answers[2].tiers


def equal_pairs(size: int) -> MatchingProblem:
    return a_problem([(slot, helper) for slot in range(size) for helper in range(size)], [1] * size)


def test_repair_keeps_what_a_term_would_trade_for_fit():
    arcs = [(0, 0, 100), (0, 1, 900), (1, 0, 900), (1, 1, 100)]
    problem = a_problem(arcs, [1, 1], kept={(0, 0), (1, 1)})

    assert solve(problem, QUICK, mode="term").slot_helper.tolist() == [1, 0]
    assert solve(problem, QUICK, mode="repair").slot_helper.tolist() == [0, 1]


def test_a_large_joint_problem_is_certified():
    problem = joint_county(children=400)
    result = solve(problem, SolveLimits(seconds=60))

    assert result.status is SolveStatus.OPTIMAL
    assert verify(problem, result) == ()
    assert sum(result.proofs.values()) == result.components


def test_progress_ends_at_the_number_of_components():
    heard = []
    result = solve(
        county(children=200), QUICK, on_progress=lambda done, total, stage: heard.append((done, total, stage))
    )

    assert heard[-1][:2] == (result.components, result.components)
    assert np.all(np.diff([done for done, _, _ in heard]) >= 0)


def test_the_time_is_kept_where_few_women_are_there_for_many_girls():
    problem = with_girls(county(), women=0.3)
    relaxed = solve(county(), SolveLimits(memory_mb=4096))
    # Enough for the network that leaves the women out, far too little for the search, however busy the machine is.
    seconds = max(1.5, 6 * relaxed.seconds["total"])

    result = solve(problem, SolveLimits(seconds=seconds, memory_mb=4096))

    coverage = result.tiers[0]
    assert (result.status, result.stopped_by) == (SolveStatus.FEASIBLE, "time")
    assert result.seconds["total"] < 4 * seconds
    assert 0.9 * coverage.bound < coverage.value <= coverage.bound == relaxed.tiers[0].value
    assert verify(problem, result) == ()


@settings(max_examples=60, deadline=None)
@given(problems(has_groups=True, bundle_size=2, has_caps=True, has_locks=True))
def test_what_the_search_had_no_time_for_keeps_every_rule_and_a_true_bound(problem):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "search", lambda *_: None)
        result = solve(problem, QUICK)

    if result.status in (SolveStatus.INVALID, SolveStatus.TIMED_OUT):
        return
    assert verify(problem, result) == ()
    for tier, best in zip(result.tiers, brute_force(problem), strict=True):
        assert tier.bound is None or tier.bound >= best
        if tier.bound != tier.value:
            break


def test_groups_are_counted_before_anything_is_read():
    sizes = {"slot_child": 1_000_000, "arc_slot": 10_000_000}

    more = estimate_mb(sizes | {"slot_group": 1_000_000, "arc_meets": 10_000_000}) - estimate_mb(sizes)

    assert more > (10_000_000 + 4_000_000) // 2**20
