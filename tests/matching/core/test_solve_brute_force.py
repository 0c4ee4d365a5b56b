"""The answer equals brute force, tier by tier, on small random problems; the verifier agrees."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kernel.solving import SolveLimits, SolveStatus
from matching.core.ground import conflicts_of
from matching.core.solve import solve
from matching.core.verify import verify
from tests.matching.core.builders import a_problem, brute_force, problems

EXAMPLES = int(os.environ.get("MATCHING_EXAMPLES", "60"))
QUICK = SolveLimits(seconds=30)
many = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
modes = st.sampled_from(["term", "repair"])
bands = st.sampled_from([1, 1, 3])


def check(problem, mode, band):
    result = solve(problem, QUICK, mode=mode, fit_band=band)
    if conflicts_of(problem):
        assert result.status is SolveStatus.INVALID
        assert result.conflicts
        return result
    assert result.status is SolveStatus.OPTIMAL
    assert tuple(tier.value for tier in result.tiers) == brute_force(problem, mode, band)
    assert verify(problem, result) == ()
    return result


@many
@given(problems(), modes, bands)
def test_single_slots_equal_brute_force(problem, mode, band):
    check(problem, mode, band)


@many
@given(problems(bundle_size=2, sides=True), modes, bands)
def test_bundles_of_two_with_sides_apart_equal_brute_force(problem, mode, band):
    check(problem, mode, band)


@many
@given(problems(bundle_size=2), modes, bands)
def test_bundles_of_two_with_helpers_of_both_roles_equal_brute_force(problem, mode, band):
    check(problem, mode, band)


@many
@given(problems(bundle_size=3), modes, bands)
def test_bundles_of_three_equal_brute_force(problem, mode, band):
    check(problem, mode, band)


@many
@given(problems(has_caps=True), modes, bands)
def test_crossing_caps_equal_brute_force(problem, mode, band):
    check(problem, mode, band)


@many
@given(problems(bundle_size=3, has_caps=True, has_locks=True, has_turns=True), modes, bands)
def test_everything_at_once_equals_brute_force(problem, mode, band):
    check(problem, mode, band)


@many
@given(problems(bundle_size=2, has_locks=True, sides=True), modes, bands)
def test_a_lock_inside_a_bundle_sets_the_others_free(problem, mode, band):
    check(problem, mode, band)


@many
@given(problems(has_groups=True), modes, bands)
def test_groups_that_somebody_must_meet_equal_brute_force(problem, mode, band):
    check(problem, mode, band)


@many
@given(problems(has_groups=True, bundle_size=2), modes, bands)
def test_groups_over_bundles_equal_brute_force(problem, mode, band):
    check(problem, mode, band)


@many
@given(problems(has_groups=True, has_locks=True), modes, bands)
def test_groups_beside_locked_pairs_equal_brute_force(problem, mode, band):
    check(problem, mode, band)


@many
@given(
    problems(has_groups=True, bundle_size=3, has_caps=True, has_locks=True, has_turns=True),
    modes,
    bands,
)
def test_groups_with_everything_else_equal_brute_force(problem, mode, band):
    check(problem, mode, band)


@pytest.mark.parametrize("mode", ["term", "repair"])
def test_small_level_weights_would_go_wrong_where_rules_cross(mode):
    arcs = [(0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (4, 0)]
    problem = a_problem(
        arcs,
        [2, 2],
        child=[0, 0, 1, 1, 2],
        level=[3, 3, 2, 2, 2],
        scheme=[0, 1, 0, 1, 0],
        caps=[(0, 0, 1), (1, 0, 1)],
    )

    result = solve(problem, QUICK, mode=mode)

    assert [tier.value for tier in result.tiers[:4]] == [0, 2, 1, 0]
    assert verify(problem, result) == ()
