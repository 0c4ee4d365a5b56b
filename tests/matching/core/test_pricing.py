"""A circulation solved on a part of its arcs ends where the whole one does."""

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.solving import SolveLimits
from matching.core.cycles import _on_cycles
from matching.core.network import arc_costs, build_network, improve, potentials
from matching.core.parts import Layout
from matching.core.pricing import _nearly_pays
from matching.core.solve import solve
from tests.matching.core.builders import COUNTIES, problems
from tests.matching.core.test_solve_brute_force import bands, check, many, modes


@pytest.fixture(scope="module", autouse=True)
def one_arc_at_a_time():
    """Begin with the single cheapest arc of each slot, however small the problem, and never with the dense tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matching.core.pricing.WORTH_PRICING", 1)
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


def standing_at(problem, result):
    """The problem with its own answer as what stands."""
    kept = result.slot_helper[problem.arc_slot] == problem.arc_helper
    return replace(problem, arc_kept=kept & (result.slot_helper[problem.arc_slot] >= 0))


# Where the network leaves rules out, its own best is not what stands.
@pytest.mark.parametrize("make", [make for name, make in COUNTIES.items() if name != "joint"])
def test_what_stands_at_its_best_is_only_proven(make, one_arc_at_a_time):
    problem = make()
    standing = standing_at(problem, solve(problem, SolveLimits()))
    with one_arc_at_a_time.context() as patch:
        moved = Mock(wraps=improve)
        patch.setattr("matching.core.pricing.improve", moved)
        again = solve(standing, SolveLimits())

    assert again.is_certified
    assert again.tiers[-1].name == "kept"
    assert again.tiers[-1].value == again.tiers[-1].bound == standing.arc_kept.sum()
    assert not moved.called


@many
@given(problems() | problems(bundle_size=2, sides=True), st.integers(0, 2**32 - 1))
def test_what_stands_elsewhere_changes_no_answer(problem, seed):
    drawn = np.random.default_rng(seed).permutation(problem.arc_fit)
    before = solve(replace(problem, arc_fit=drawn), SolveLimits())
    check(standing_at(problem, before), "term", 1)


@pytest.mark.parametrize("looks", [0, 1, 8])
@pytest.mark.parametrize("make", COUNTIES.values(), ids=COUNTIES)
def test_what_stands_too_far_from_the_best_is_solved_all_the_same(make, looks, one_arc_at_a_time):
    problem = make()
    drawn = replace(problem, arc_fit=np.random.default_rng(5).permutation(problem.arc_fit))
    far = standing_at(problem, solve(drawn, SolveLimits()))
    with one_arc_at_a_time.context() as patch:
        patch.setattr("matching.core.cycles.LOOKS_PER_ARC", looks)
        given_up = solve(far, SolveLimits())
    with one_arc_at_a_time.context() as patch:
        patch.setattr("matching.core.pricing.WORTH_PRICING", 10**9)
        whole = solve(far, SolveLimits())

    assert given_up.tiers == whole.tiers
    assert (given_up.slot_helper == whole.slot_helper).all()


@pytest.mark.parametrize("share", [1, 8, 10**6])
@pytest.mark.parametrize("make", [COUNTIES["single"], COUNTIES["bundles"]])
def test_a_guess_decides_no_price(make, share, monkeypatch):
    batch = next(Layout(make()).batches())
    network = build_network(batch)
    cost = arc_costs(network, batch.fit.astype(np.int64) + 2000, np.ones(batch.count, np.int64))
    flow, every = np.zeros(len(cost), np.int64), np.arange(len(cost))
    improve(network, cost, flow, every)
    settled = potentials(network, cost, flow, every)

    assert not len(potentials(network, cost, flow, every[:0], settled).nonzero()[0])
    monkeypatch.setattr("matching.core.network.SHARE_LOOKED_AT", share)
    for guess in (settled, np.zeros_like(settled), np.random.default_rng(3).integers(-5000, 5000, network.nodes)):
        assert (potentials(network, cost, flow, every, guess) == settled).all()


def test_what_nearly_pays_is_half_as_many_as_pay_and_none_that_ties(monkeypatch):
    monkeypatch.setattr("matching.core.pricing.FEW_PAYING", 1)
    reduced = np.array([-4, -3, -2, -1, 0, 0, 1, 2, 3, 4])
    assert _nearly_pays(reduced, 4).tolist() == [False] * 10, "the sixth is a tie: who ties already needs no price"
    assert np.flatnonzero(_nearly_pays(np.delete(reduced, [4, 5]), 4)).tolist() == [4, 5]
    assert not _nearly_pays(reduced, 1).any()
    assert not _nearly_pays(reduced, 8).any()


def test_every_cycle_is_found_and_nobody_beside_it():
    #        0 -> 1 -> 2 -> 0 is a cycle with 3 behind it; 4 is its own; 5 comes after 6, which comes after nobody
    before = np.array([2, 0, 1, 0, 4, 6, -1])
    assert _on_cycles(before).tolist() == [0, 1, 2, 4]
    assert _on_cycles(np.array([-1, 0, 1])).tolist() == []
