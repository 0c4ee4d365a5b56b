"""Frozen problems: what was proven once stays so, whatever becomes of the engine."""

import json
from pathlib import Path

import pytest

from backend.kernel.solving import SolveLimits, SolveStatus
from matching.core.problem import load_problem
from matching.core.solve import solve
from matching.core.verify import verify

INSTANCES = Path(__file__).resolve().parents[2] / "instances"
EXPECTED = json.loads((INSTANCES / "matching.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
@pytest.mark.parametrize("mode", ["term", "repair"])
def test_a_frozen_problem_keeps_its_proven_values(name, mode):
    problem = load_problem(INSTANCES / f"{name}.npz")

    result = solve(problem, SolveLimits(seconds=60), mode=mode)

    assert result.status is SolveStatus.OPTIMAL
    assert {tier.name: tier.value for tier in result.tiers} == EXPECTED[name][mode]
    assert verify(problem, result) == ()


def test_prices_that_grow_from_tier_to_tier_are_given_up_before_they_leave_64_bits():
    """Sixteen tiers over one crossing component: no answer may be lost to numbers its verifier cannot add up."""
    problem = load_problem(INSTANCES / "long_prices.npz")

    result = solve(problem, SolveLimits(seconds=60), mode="repair", fit_band=25)

    assert result.status is SolveStatus.OPTIMAL
    assert verify(problem, result) == ()


def test_prices_that_rounding_hides_from_the_next_tier_stay_above_nothing():
    # A price that came down to less than rounding explains was skipped by the next tier and ended far below 0.
    problem = load_problem(INSTANCES / "low_prices.npz")

    result = solve(problem, SolveLimits(seconds=30), fit_band=3)

    assert result.status is SolveStatus.OPTIMAL
    assert verify(problem, result) == ()
    assert [tier.value for tier in result.tiers] == [8, 10, 1, 0, 1834, 90, 1, 5520]
