"""A circulation solved on a part of its arcs ends where the whole one does."""

from unittest.mock import Mock

import pytest
from hypothesis import given

from backend.kernel.solving import SolveLimits
from matching.core.network import potentials
from matching.core.solve import solve
from tests.matching.core.builders import COUNTIES, problems
from tests.matching.core.test_solve_brute_force import bands, check, many, modes


@pytest.fixture(scope="module", autouse=True)
def one_arc_at_a_time():
    """Begin with the single cheapest arc of each slot, however small the problem, and never with the dense tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matching.core.pricing.WORTH_PRICING", 0)
        patch.setattr("matching.core.pricing.CHEAPEST_OF_SLOT", 1)
        patch.setattr("matching.core.pricing.CHEAPEST_OF_HELPER", 0)
        patch.setattr("matching.core.assignment.SLOTS_MAX", -1)
        yield patch


@many
@given(problems() | problems(bundle_size=2, sides=True), modes, bands)
def test_it_equals_brute_force(problem, mode, band):
    check(problem, mode, band)


@pytest.mark.parametrize("make", COUNTIES.values(), ids=COUNTIES)
def test_it_gives_the_answer_of_the_whole(make, one_arc_at_a_time):
    problem = make()
    with one_arc_at_a_time.context() as patch:
        priced = Mock(wraps=potentials)
        patch.setattr("matching.core.pricing.potentials", priced)
        in_parts = solve(problem, SolveLimits())
    with one_arc_at_a_time.context() as patch:
        patch.setattr("matching.core.pricing.WORTH_PRICING", 10**9)
        whole = solve(problem, SolveLimits())

    assert in_parts.tiers == whole.tiers
    assert (in_parts.slot_helper == whole.slot_helper).all()
    assert in_parts.is_certified
    assert priced.call_count > 2, "one arc of each slot was enough: nothing was priced in"
