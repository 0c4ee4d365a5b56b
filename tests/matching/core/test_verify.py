"""The verifier finds every one of a list of seeded faults, on each form of the problem."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kernel.solving import SolveLimits, SolveStatus
from matching.core.ground import conflicts_of
from matching.core.result import PROOF_KINDS, TierValue
from matching.core.solve import solve
from matching.core.tiers import tier_values, tiers_of
from matching.core.verify import verify
from tests.matching.core.builders import a_problem, brute_force, problems

QUICK = SolveLimits(seconds=30)


def a_single():
    arcs = [(0, 0, 10), (0, 1, 700), (1, 0, 20), (1, 1, 300), (2, 1, 7), (3, 2, 5), (3, 1, 90)]
    return a_problem(arcs, [1, 2, 1], level=[4, 3, 2, 2], kept={(1, 0), (3, 2)}, caps=[(1, 0, 1)])


def a_pair():
    arcs = [(0, 0, 10), (1, 1, 20), (2, 0, 5), (3, 1, 7), (2, 2, 300), (3, 3, 9)]
    return a_problem(arcs, [1, 1, 1, 1], child=[0, 0, 1, 1], bundle=[0, 0, 1, 1], kept={(2, 2)})


def a_crossing():
    arcs = [(0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (4, 0)]
    return a_problem(
        arcs,
        [2, 2],
        child=[0, 0, 1, 1, 2],
        level=[3, 3, 2, 2, 2],
        scheme=[0, 1, 0, 1, 0],
        caps=[(0, 0, 1), (1, 0, 1)],
    )


def a_group():
    """Two girls and one woman; the relaxed network would give each girl two men."""
    arcs = [(0, 0, 900), (0, 1, 100), (1, 0, 900), (1, 2, 800), (2, 0, 500), (3, 1, 400), (3, 2, 300), (2, 2, 250)]
    return a_problem(
        arcs, [2, 1, 2], child=[0, 0, 1, 1], level=[4, 4, 3, 3], group=[0, 0, 1, 1], meets={(0, 1), (3, 1)}
    )


FORMS = {"single": a_single(), "bundle": a_pair(), "crossing": a_crossing(), "group": a_group()}
every_form = pytest.mark.parametrize("problem", FORMS.values(), ids=FORMS)


def codes(problem, result):
    return {fault.code for fault in verify(problem, result)}


def with_helper(result, slot, helper):
    slot_helper = result.slot_helper.copy()
    slot_helper[slot] = helper
    return replace(result, slot_helper=slot_helper)


def with_stage(result, number, **changes):
    stages = list(result.proof.stages)
    stages[number] = replace(stages[number], **changes)
    return replace(result, proof=replace(result.proof, stages=tuple(stages)))


@every_form
def test_the_answer_itself_has_no_fault(problem):
    assert verify(problem, solve(problem, QUICK)) == ()


@every_form
def test_an_answer_of_the_wrong_length_is_found(problem):
    result = solve(problem, QUICK)

    assert codes(problem, replace(result, slot_helper=result.slot_helper[:-1])) == {"shape"}


@every_form
@pytest.mark.parametrize("helper", [-2, 99, 2**31 - 1])
def test_a_helper_who_does_not_exist_is_found(problem, helper):
    assert codes(problem, with_helper(solve(problem, QUICK), 0, helper)) == {"not_a_candidate"}


def test_a_pair_no_rule_allows_is_found():
    assert codes(a_single(), with_helper(solve(a_single(), QUICK), 2, 0)) == {"not_a_candidate"}


def test_a_limit_exceeded_is_found():
    problem = a_problem([(0, 0), (1, 0)], [1])

    assert "limit" in codes(problem, replace(solve(problem, QUICK), slot_helper=np.zeros(2, np.int32)))


def test_a_cap_exceeded_is_found():
    problem = a_problem([(0, 0), (1, 0)], [2], caps=[(0, 0, 1)])

    assert "scheme_cap" in codes(problem, replace(solve(problem, QUICK), slot_helper=np.zeros(2, np.int32)))


def test_one_person_twice_for_a_child_is_found():
    problem = a_problem([(0, 0), (1, 0)], [2], child=[3, 3])

    assert "same_person" in codes(problem, replace(solve(problem, QUICK), slot_helper=np.zeros(2, np.int32)))


def test_half_a_bundle_is_found():
    assert "bundle" in codes(a_pair(), with_helper(solve(a_pair(), QUICK), 0, -1))


def test_a_group_nobody_meets_is_found():
    problem = a_problem([(0, 0), (0, 1), (1, 2)], [1, 1, 1], child=[0, 0], group=[5, 5], meets={(0, 0)})
    result = solve(problem, QUICK)

    assert result.slot_helper.tolist() == [0, 2]
    assert codes(problem, with_helper(result, 0, 1)) == {"group"}
    assert "group" in codes(problem, with_helper(result, 0, -1))


def test_a_group_torn_over_two_components_is_found():
    problem = a_problem([(0, 0), (0, 1), (1, 2)], [1, 1, 1], child=[0, 0], group=[5, 5], meets={(0, 0)})
    result = solve(problem, QUICK)
    stages = tuple(
        replace(stage, scale=np.repeat(stage.scale, 2, axis=1), draws=np.repeat(stage.draws, 2))
        for stage in result.proof.stages
    )
    torn = replace(result.proof, component=np.array([0, 1], np.int32), kind=np.array([0, 0], np.int8), stages=stages)
    counts = {"duals": 2, "bound": 0, "search": 0}

    assert "component" in codes(problem, replace(result, proof=torn, components=2, proofs=counts))


@pytest.mark.parametrize("spoil", [lambda meet: meet * 0, lambda meet: -meet - 1, lambda meet: meet[:-1]])
def test_a_price_of_meeting_a_group_changed_is_found(spoil):
    problem = a_group()
    result = solve(problem, QUICK)
    bounds = tuple(replace(bound, meet=spoil(bound.meet)) for bound in result.proof.bounds)

    assert result.proofs["bound"] == 1
    assert "bound" in codes(problem, replace(result, proof=replace(result.proof, bounds=bounds)))


def test_a_lock_left_out_is_found():
    problem = a_problem([(0, 0), (0, 1)], [1, 1], locked={(0, 0)})

    assert "lock" in codes(problem, with_helper(solve(problem, QUICK), 0, 1))


@every_form
def test_a_tier_counted_wrong_is_found(problem):
    result = solve(problem, QUICK)
    for row, tier in enumerate(result.tiers):
        tiers = list(result.tiers)
        tiers[row] = TierValue(tier.name, tier.value + 1, tier.value + 1)
        assert codes(problem, replace(result, tiers=tuple(tiers))) == {"tier_value"}


@every_form
def test_a_bound_other_than_the_value_is_found(problem):
    result = solve(problem, QUICK)
    tiers = (replace(result.tiers[0], bound=result.tiers[0].value + 1), *result.tiers[1:])

    assert "tier_bound" in codes(problem, replace(result, tiers=tiers))


@every_form
def test_a_missing_tier_is_found(problem):
    result = solve(problem, QUICK)

    assert codes(problem, replace(result, tiers=result.tiers[1:])) == {"tier_names"}


@every_form
def test_a_worse_assignment_with_honest_values_is_found(problem):
    """Drop one pair or bundle and count again: every rule holds, so the prices alone must object."""
    result = solve(problem, QUICK)
    worse = result.slot_helper.copy()
    slot = int(np.flatnonzero(worse >= 0)[-1])
    mates = (
        problem.slot_bundle == problem.slot_bundle[slot]
        if problem.slot_bundle[slot] >= 0
        else np.arange(len(worse)) == slot
    )
    worse[mates] = -1
    values = _values(problem, worse)
    tiers = tuple(TierValue(tier.name, value, value) for tier, value in zip(result.tiers, values, strict=True))

    assert codes(problem, replace(result, slot_helper=worse, tiers=tiers))


def _values(problem, slot_helper):
    """Count the tiers of one assignment by locking it."""
    locked = slot_helper[problem.arc_slot] == problem.arc_helper
    fixed = replace(
        problem,
        arc_locked=locked,
        helper_limit=np.bincount(slot_helper[slot_helper >= 0], minlength=problem.helpers).astype(np.int32),
    )
    return [tier.value for tier in solve(fixed, QUICK).tiers]


@pytest.mark.parametrize("problem", [a_single(), a_pair()], ids=["single", "bundle"])
@pytest.mark.parametrize("array", ["slot", "helper"])
@pytest.mark.parametrize("change", [-(10**9), 10**9])
def test_a_wrong_price_is_found(problem, array, change):
    result = solve(problem, QUICK)
    for place in np.flatnonzero(getattr(result.proof.stages[0], array)):
        prices = getattr(result.proof.stages[0], array).copy()
        prices[place] += change
        assert codes(problem, with_stage(result, 0, **{array: prices}))


def test_a_cap_priced_though_it_has_room_or_below_nothing_is_found():
    problem = a_single()
    result = solve(problem, QUICK)

    assert codes(problem, with_stage(result, 0, cap=result.proof.stages[0].cap - 10**9))


def test_a_pair_priced_though_nobody_uses_it_is_found():
    problem = a_single()
    result = solve(problem, QUICK)
    extra = {"pair_child": np.array([0]), "pair_helper": np.array([0]), "pair": np.array([5])}

    assert "price_pair" in codes(problem, with_stage(result, 0, **extra))


@pytest.mark.parametrize("problem", [a_single(), a_pair()], ids=["single", "bundle"])
def test_weights_that_do_not_outweigh_are_found(problem):
    result = solve(problem, QUICK)
    scale = result.proof.stages[0].scale
    flat, doubled = np.minimum(scale, 1), scale.copy()
    doubled[-1] *= 10**6

    assert "scale" in codes(problem, with_stage(result, 0, scale=flat))
    assert "scale" in codes(problem, with_stage(result, 0, scale=doubled))
    assert "scale" in codes(problem, with_stage(result, 0, scale=np.zeros_like(scale)))


@pytest.mark.parametrize("problem", [a_single(), a_pair()], ids=["single", "bundle"])
def test_a_stage_left_out_is_found(problem):
    result = solve(problem, QUICK)

    assert codes(problem, replace(result, proof=replace(result.proof, stages=result.proof.stages[1:])))
    assert codes(problem, replace(result, proof=replace(result.proof, stages=())))


def test_a_component_torn_in_two_is_found():
    problem = a_problem([(0, 0), (1, 0)], [1])
    result = solve(problem, QUICK)
    stages = tuple(
        replace(stage, scale=np.repeat(stage.scale, 2, axis=1), draws=np.repeat(stage.draws, 2))
        for stage in result.proof.stages
    )
    torn = replace(result.proof, component=np.array([0, 1], np.int32), kind=np.array([0, 0], np.int8), stages=stages)
    counts = {"duals": 2, "bound": 0, "search": 0}

    assert "component" in codes(problem, replace(result, proof=torn, components=2, proofs=counts))


def test_a_proof_of_the_wrong_shape_is_found():
    result = solve(a_single(), QUICK)
    proof = result.proof

    for broken in (
        replace(proof, component=proof.component[:-1]),
        replace(proof, component=proof.component + 1),
        replace(proof, kind=np.append(proof.kind, proof.kind[:1])),
        replace(proof, stages=(replace(proof.stages[0], slot=proof.stages[0].slot[:-1]), *proof.stages[1:])),
    ):
        assert codes(a_single(), replace(result, proof=broken)) == {"proof_shape"}


@pytest.mark.parametrize("change", [{"value": 3}, {"bound": 3}, {"denominator": 0}, {"fixed": ()}])
def test_a_rounded_bound_changed_is_found(change):
    problem = a_crossing()
    result = solve(problem, QUICK)
    for place, bound in enumerate(result.proof.bounds):
        bounds = list(result.proof.bounds)
        bounds[place] = replace(bound, **change)
        assert "bound" in codes(problem, replace(result, proof=replace(result.proof, bounds=tuple(bounds))))


def test_a_rounded_price_changed_is_found():
    problem = a_crossing()
    result = solve(problem, QUICK)
    bounds = [replace(bound, slot=bound.slot - 2**60 // 2**20) for bound in result.proof.bounds]

    assert "bound" in codes(problem, replace(result, proof=replace(result.proof, bounds=tuple(bounds))))


def test_a_missing_bound_is_found():
    problem = a_crossing()
    result = solve(problem, QUICK)

    missing = replace(result.proof, bounds=result.proof.bounds[1:])
    assert codes(problem, replace(result, proof=missing)) == {"bound_missing"}


@every_form
def test_claims_about_the_proof_are_checked(problem):
    result = solve(problem, QUICK)
    none = replace(result.proof, kind=np.full_like(result.proof.kind, 3))

    assert "certified" in codes(problem, replace(result, is_certified=not result.is_certified))
    assert "proof_count" in codes(problem, replace(result, proofs={"duals": 9, "bound": 0, "search": 0}))
    assert "status" in codes(problem, replace(result, proof=none))
    assert "proof_missing" in codes(problem, replace(result, proof=None))


@settings(max_examples=60, deadline=None)
@given(problems(bundle_size=2, has_caps=True) | problems(bundle_size=2, has_groups=True), st.data())
def test_no_worse_answer_passes(problem, data):
    """Take any valid assignment: if it is worse in some tier, the prices of the best one do not prove it."""
    result = solve(problem, QUICK)
    if conflicts_of(problem) or not (result.slot_helper >= 0).any():
        return
    keep = data.draw(st.sets(st.sampled_from(np.flatnonzero(result.slot_helper >= 0).tolist())))
    worse = np.where(np.isin(np.arange(problem.slots), list(keep)), result.slot_helper, -1).astype(np.int32)
    values = _values(problem, worse)
    best = brute_force(problem)
    tiers = tuple(TierValue(tier.name, value, value) for tier, value in zip(result.tiers, values, strict=True))

    faults = verify(problem, replace(result, slot_helper=worse, tiers=tiers, status=SolveStatus.OPTIMAL))

    if "search" not in {kind for kind, count in result.proofs.items() if count}:
        assert bool(faults) == (tuple(values) != best)


@settings(max_examples=200)
@given(problems(), st.sampled_from([("term", 1), ("term", 25), ("repair", 1)]), st.randoms())
def test_what_rests_on_search_is_refused_where_one_step_makes_it_better(problem, how, random):
    """The best answer passes; one that leaves a slot open for no reason, or the worse of two free helpers, does not."""
    mode, band = how
    result = solve(problem, QUICK, mode=mode, fit_band=band)
    searched = as_searched(problem, result, result.slot_helper)
    assert verify(problem, searched) == ()
    singles = np.flatnonzero(
        (result.slot_helper >= 0) & ~np.isin(problem.slot_bundle, problem.slot_bundle[problem.slot_bundle >= 0])
    )
    locked = problem.arc_slot[problem.arc_locked]
    free = [slot for slot in singles.tolist() if slot not in locked and problem.slot_group is None]
    if not free:
        return
    worse = result.slot_helper.copy()
    worse[random.choice(free)] = -1
    assert [fault.code for fault in verify(problem, as_searched(problem, result, worse))] == ["improvable"]


def as_searched(problem, result, slot_helper):
    """The result with these helpers, counted right, every component claimed to be found by search."""
    chosen = np.flatnonzero(slot_helper[problem.arc_slot] == problem.arc_helper)
    tiers = tiers_of(problem, result.mode, result.fit_band)
    values = tier_values(problem, tiers, chosen)
    claimed = tuple(TierValue(tier.name, value, value) for tier, value in zip(tiers, values, strict=True))
    kind = np.full(result.components, PROOF_KINDS.index("search"), np.int8)
    return replace(
        result, slot_helper=slot_helper, tiers=claimed, proof=replace(result.proof, kind=kind),
        proofs={"duals": 0, "bound": 0, "search": result.components}, is_certified=result.components == 0,
    )  # fmt: skip
