"""A circulation solved on a part of its arcs ends where the whole one does."""

import pytest
from hypothesis import given

from backend.kernel.solving import SolveLimits
from benchmarks.matching.instances import county, joint_county
from matching.core.solve import solve
from tests.matching.core.builders import problems
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


@pytest.mark.parametrize(
    "make",
    [
        lambda: county(children=400),
        lambda: county(children=400, is_bundled=True),
        lambda: joint_county(children=400),
    ],
    ids=["single", "bundles", "joint"],
)
def test_it_gives_the_answer_of_the_whole(make, one_arc_at_a_time):
    problem = make()
    in_parts = solve(problem, SolveLimits())
    with one_arc_at_a_time.context() as patch:
        patch.setattr("matching.core.pricing.WORTH_PRICING", 10**9)
        whole = solve(problem, SolveLimits())

    assert in_parts.tiers == whole.tiers
    assert (in_parts.slot_helper == whole.slot_helper).all()
    assert in_parts.is_certified
