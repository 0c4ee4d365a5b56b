"""Places filled all or none beside single ones of the same people: neither a network nor a bundle says it all."""

from __future__ import annotations

import numpy as np
import pytest

from backend.kernel.solving import SolveLimits, SolveStatus
from benchmarks.matching.instances import bundled_joint, county
from matching.core import engine, search
from matching.core.ground import in_order, lay_ground
from matching.core.parts import batches, split
from matching.core.solve import solve
from matching.core.verify import verify
from tests.matching.core.builders import a_problem

QUICK = SolveLimits(seconds=60)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_joint_problem_with_bundles_is_proven_and_holds_before_the_verifier(seed):
    problem = bundled_joint(seed, children=250)
    result = solve(problem, QUICK)
    assert result.status is SolveStatus.OPTIMAL
    assert verify(problem, result) == ()


def test_the_network_tells_the_search_its_coverage_although_single_places_have_no_bundle(monkeypatch):
    heard = []
    real = engine.search

    def listening(batch, component, tiers, hint, seed, deadline):
        heard.append(hint)
        return real(batch, component, tiers, hint, seed, deadline)

    monkeypatch.setattr(engine, "search", listening)
    problem = bundled_joint(1, children=250)
    assert solve(problem, QUICK).status is SolveStatus.OPTIMAL
    assert heard
    assert all(hint.scale is not None for hint in heard)


def test_when_the_search_finds_nothing_the_best_known_is_kept_with_its_bound(monkeypatch):
    problem = bundled_joint(1, children=250)
    proven = solve(problem, QUICK).tiers[0]
    monkeypatch.setattr(engine, "search", lambda *_arguments: None)

    result = solve(problem, QUICK)

    assert (result.status, result.stopped_by) == (SolveStatus.FEASIBLE, "time")
    assert 0.9 * proven.value < result.tiers[0].value <= proven.value <= result.tiers[0].bound
    assert verify(problem, result) == ()


def test_large_components_come_last(monkeypatch):
    problem = county(children=400)
    monkeypatch.setattr("matching.core.parts.ARCS_PER_BATCH", 8_000)
    ground = lay_ground(in_order(problem))
    size = np.concatenate([np.diff(batch.first_arc) for batch in batches(ground, split(ground))])
    large = size > 2_000
    assert large.any()
    assert not large.all()
    assert (np.diff(large.astype(int)) >= 0).all()
    assert (np.diff(size[large]) >= 0).all()


def test_a_bound_the_search_lowered_takes_what_was_known_of_later_tiers_with_it(monkeypatch):
    problem = a_problem([(0, 0), (1, 0), (2, 0)], [1], child=[0, 0, 1], level=[3, 4, 3], bundle=[0, 0, -1])
    real = search._Search.decide

    def cut_short(self, row):
        if row >= 2:
            self.deadline = 0
            return False
        return real(self, row)

    monkeypatch.setattr(search._Search, "decide", cut_short)

    result = solve(problem, QUICK)

    assert verify(problem, result) == ()
    assert all(tier.bound is None or tier.bound >= tier.value for tier in result.tiers if tier.name != "load_squares")
