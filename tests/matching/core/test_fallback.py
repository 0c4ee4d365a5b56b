"""What is given to components the time did not reach: the best of what is known, rule by rule sound."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.matching.instances import county, with_girls
from matching.core.fallback import best_of, component_values, fall_back
from matching.core.ground import in_order, lay_ground
from matching.core.parts import batches, split
from matching.core.tiers import tier_values, tiers_of
from tests.matching.core.builders import a_problem


def batch_of(problem):
    ground = lay_ground(in_order(problem))
    return next(iter(batches(ground, split(ground)))), tiers_of(problem, "term", 1)


TWO_PARTS = a_problem(
    [(0, 0, 900), (0, 1, 100), (1, 0, 800), (2, 2, 300), (2, 3, 700)], [1, 1, 1, 1], share=[1000, 500, 1000, 1000]
)


def test_values_of_components_add_up_to_those_of_the_whole():
    batch, tiers = batch_of(TWO_PARTS)
    for chosen in ([1, 2, 4], [0, 3], []):
        arcs = np.array(chosen, np.int64)
        values = component_values(batch, tiers, arcs).sum(axis=1)
        whole = np.array(tier_values(TWO_PARTS, tiers, batch.arc[arcs]))
        sign = np.array([-1 if tier.kind == "load_squares" else 1 for tier in tiers])
        assert (values == sign * whole).all()


def test_the_better_way_is_taken_in_each_component():
    batch, tiers = batch_of(TWO_PARTS)
    one, other = np.array([0, 4], np.int64), np.array([1, 2, 3], np.int64)
    assert sorted(best_of(batch, tiers, [one, other]).tolist()) == [1, 2, 4]


def test_among_equals_the_earlier_way_stays():
    problem = a_problem([(0, 0, 500), (0, 1, 500)], [1, 1])
    batch, tiers = batch_of(problem)
    ways = [np.array([1], np.int64), np.array([0], np.int64)]
    assert best_of(batch, tiers, ways).tolist() == [1]


@pytest.mark.parametrize("is_bundled", [False, True])
def test_the_fallback_is_never_worse_than_beginning_from_nothing(is_bundled):
    problem = with_girls(county(children=300, is_bundled=is_bundled), women=0.3)
    batch, tiers = batch_of(problem)
    everything = np.ones(batch.count, dtype=bool)
    nothing = np.zeros(0, np.int64)
    # A start that keeps the limits and little else: the first arc of every third slot, one per helper.
    _, first = np.unique(batch.arc_slot, return_index=True)
    start = first[::3]
    _, once = np.unique(batch.arc_helper[start], return_index=True)

    best = component_values(batch, tiers, fall_back(batch, tiers, everything, [start[once]]))
    scratch = component_values(batch, tiers, fall_back(batch, tiers, everything, [nothing]))

    gap = best - scratch
    first_gap = gap[(gap != 0).argmax(axis=0), np.arange(batch.count)]
    assert (first_gap >= 0).all()
