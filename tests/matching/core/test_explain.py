"""Shortage certificates are true, and for single slots they sum to the open slots; alternatives cost what they say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kernel.solving import SolveLimits, SolveStatus
from benchmarks.matching.instances import county
from matching.core.explain import explain
from matching.core.ground import conflicts_of
from matching.core.parts import Layout
from matching.core.solve import solve
from tests.matching.core.builders import a_problem, brute_force, problems

QUICK = SolveLimits(seconds=30)


def test_a_school_short_of_teachers_is_named():
    problem = a_problem([(0, 0), (1, 0), (2, 0), (2, 1), (3, 2)], [2, 0, 1], level=[4, 4, 3, 1])

    why = explain(problem, solve(problem, QUICK))

    assert why["certificates"] == [
        {
            "slots": [0, 1, 2],
            "helpers": [0],
            "open": [2],
            "places": 2,
            "needed": 3,
            "short": 1,
            "levels": [3],
            "kind": "shortage",
        }
    ]


@pytest.mark.parametrize("most", [10**6, 50], ids=["one batch", "several"])
def test_the_layout_of_the_solve_explains_the_same(most, monkeypatch):
    monkeypatch.setattr("matching.core.parts.ARCS_PER_BATCH", most)
    problem = county(children=60, is_bundled=True)
    layout = Layout(problem)

    result = solve(problem, QUICK, layout=layout)

    assert explain(problem, result, layout=layout) == explain(problem, solve(problem, QUICK))


def test_a_slot_nobody_is_eligible_for_says_so():
    problem = a_problem([(1, 0)], [1], level=[2, 4])

    why = explain(problem, solve(problem, QUICK))

    assert [(one["open"], one["helpers"], one["kind"]) for one in why["certificates"]] == [([0], [], "nobody")]


def test_a_slot_whose_helpers_are_locked_elsewhere_says_so():
    problem = a_problem([(0, 0), (1, 0)], [1], locked={(0, 0)})

    why = explain(problem, solve(problem, QUICK))

    assert [(one["open"], one["helpers"], one["kind"]) for one in why["certificates"]] == [([1], [0], "full")]


def test_half_a_bundle_that_cannot_be_filled_is_one_certificate():
    problem = a_problem([(0, 0)], [1], child=[0, 0], bundle=[0, 0])

    why = explain(problem, solve(problem, QUICK))

    assert [(one["open"], one["kind"]) for one in why["certificates"]] == [([0, 1], "nobody")]


@settings(max_examples=150, deadline=None)
@given(problems(has_locks=True))
def test_shortages_of_single_slots_sum_to_the_open_slots(problem):
    check_certificates(problem)


@settings(max_examples=150, deadline=None)
@given(problems(bundle_size=3, has_caps=True, has_locks=True))
def test_every_open_slot_stands_in_a_certificate(problem):
    check_certificates(problem)


def check_certificates(problem):
    if conflicts_of(problem):
        return
    result = solve(problem, QUICK)
    certificates = explain(problem, result)["certificates"]
    listed = sorted(slot for one in certificates for slot in one["open"])
    assert sorted(set(listed)) == np.flatnonzero(result.slot_helper == -1).tolist()
    if (problem.slot_bundle == -1).all():
        assert len(set(listed)) == len(listed) == sum(one["short"] for one in certificates)
    locked_slots = set(problem.arc_slot[problem.arc_locked].tolist())
    for one in certificates:
        assert one["needed"] == len(one["slots"])
        if one["kind"] == "shortage":
            assert one["needed"] - one["places"] == one["short"]
            assert not set(one["slots"]) & locked_slots
        if one["kind"] == "nobody":
            assert not np.isin(problem.arc_slot, one["slots"]).any()


def test_at_county_size_every_shortage_holds_by_itself():
    problem = county()
    result = solve(problem, QUICK)

    certificates = explain(problem, result, has_alternatives=False)["certificates"]

    assert sum(one["short"] for one in certificates) == int((result.slot_helper == -1).sum())
    for one in certificates:
        eligible = np.unique(problem.arc_helper[np.isin(problem.arc_slot, one["slots"])])
        assert np.isin(eligible, one["helpers"]).all()
        assert problem.helper_limit[one["helpers"]].sum() == one["places"]


@pytest.mark.parametrize("mode", ["term", "repair"])
def test_alternatives_cost_what_they_say(mode):
    problem = a_problem([(0, 0, 900), (0, 1, 700), (0, 2, 650), (1, 2, 500), (1, 0, 450)], [1, 1, 1])

    slot, named = explain(problem, solve(problem, QUICK, mode=mode))["alternatives"][0]

    assert (slot, named[0]) == (0, [1, 200, 0, 700])
    assert named[1][::3] == [2, 650] and named[1][2] == 1
    # What is kept goes before fit in a repair: its proof does not say what a change costs in points.
    assert named[1][1] is None if mode == "repair" else 0 < named[1][1] <= 300


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from([("term", 1), ("term", 25), ("repair", 1)]))
def test_no_alternative_costs_less_than_its_price(problem, how):
    """Lock the alternative and solve again: fit falls by the price, or at least by it where others must move."""
    mode, band = how
    result = solve(problem, QUICK, mode=mode, fit_band=band)
    best = brute_force(problem, mode, band)
    fit = [tier.name for tier in result.tiers].index("fit")
    cover = sum(tier.name.startswith("coverage") for tier in result.tiers)
    for slot, named in explain(problem, result)["alternatives"]:
        for helper, price, kind, own in named:
            locked = (problem.arc_slot == slot) & (problem.arc_helper == helper)
            assert own == problem.arc_fit[locked][0]
            if price is None:
                assert kind == 1
                continue
            forced = brute_force(replace(problem, arc_locked=locked), mode, band)
            if kind == 0:
                assert forced[:cover] == best[:cover]
                assert fit > cover or best[fit] - forced[fit] <= price
            elif kind == 2:
                assert forced[:cover] < best[:cover]
            else:
                assert forced[:cover] < best[:cover] or best[fit] - forced[fit] >= price


def test_nothing_is_called_impossible_before_it_is_proven():
    """The same answer, claimed by a solve that ran out of time: the set is described, and no more."""
    problem = a_problem([(0, 0), (1, 0), (2, 0), (2, 1), (3, 2)], [2, 0, 1], level=[4, 4, 3, 1])
    result = solve(problem, QUICK)
    tiers = tuple(replace(tier, bound=None) for tier in result.tiers)
    kind = np.full(result.components, 3, np.int8)
    cut = replace(result, status=SolveStatus.FEASIBLE, tiers=tiers, proof=replace(result.proof, kind=kind))
    kinds = {one["kind"] for one in explain(problem, cut)["certificates"]}
    assert kinds == {"unproven"}
    covered = replace(cut, tiers=(*result.tiers[:4], *tiers[4:]))
    assert {one["kind"] for one in explain(problem, covered)["certificates"]} == {"shortage"}


def test_the_places_a_bundled_set_has_are_counted_with_its_caps():
    # Helper 1 has room for two but may fill one place of this scheme; child 0 needs both of its places or none.
    problem = a_problem([(0, 0), (0, 1), (1, 1), (2, 1)], [1, 2], child=[0, 0, 1], bundle=[0, 0, -1], caps=[(1, 0, 1)])
    found = explain(problem, solve(problem))["certificates"]
    assert sum(one["short"] for one in found) == int((solve(problem).slot_helper == -1).sum())
    assert all(one["places"] <= 2 for one in found)
    assert {one["kind"] for one in found} == {"bundle"}
