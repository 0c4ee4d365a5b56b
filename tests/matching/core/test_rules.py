"""Each hard rule in one case it allows and one it forbids; the join finds the pairs a dense table would."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.core.build import build_problem
from matching.core.facts import (
    BadFacts,
    Reach,
    SchemeRules,
    Sex,
    SexRule,
    Weights,
)
from matching.core.rules import RULES, broken_by_rule, broken_rules, points_of
from matching.core.score import TERMS
from matching.core.solve import solve
from tests.matching.core.facts_builders import (
    CADRE,
    a_scheme,
    children,
    helpers,
    pairs,
    slots,
    some_facts,
)


def test_a_pair_no_rule_objects_to_is_allowed():
    assert broken_rules(some_facts(), 0, 0) == ()
    assert build_problem(some_facts()).arcs == 1


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("role", some_facts(helpers=helpers(roles=CADRE))),
        ("clearance", some_facts(helpers=helpers(cleared_until=739_299))),
        ("clearance", some_facts(helpers=helpers(cleared_from=739_001))),
        ("clearance", some_facts(helpers=helpers(cleared_from=-1))),
        ("offers", some_facts(a_scheme(required_offers=0b110))),
        ("reach", some_facts(helpers=helpers(school=2))),
        ("reach", some_facts(helpers=helpers(school=-1), children=children(school=-1))),
        ("reach", some_facts(a_scheme(reach=Reach.SAME_CLASS))),
        ("reach", some_facts(a_scheme(reach=Reach.VILLAGE), helpers=helpers(village=22))),
        ("reach", some_facts(a_scheme(reach=Reach.TOWNSHIP), helpers=helpers(township=22))),
        ("reach", some_facts(a_scheme(reach=Reach.COUNTY), helpers=helpers(county=22))),
        ("excluded", some_facts(exclusions=pairs((0, 0)))),
        ("sex", some_facts(a_scheme(sex_rule=SexRule.SAME), helpers=helpers(sex=Sex.MALE))),
        ("sex", some_facts(a_scheme(sex_rule=SexRule.SAME), helpers=helpers(sex=-1), children=children(sex=-1))),
        ("sex", some_facts(a_scheme(sex_rule=SexRule.GIRLS_BY_WOMEN), helpers=helpers(sex=Sex.UNKNOWN))),
        ("age_gap", some_facts(a_scheme(age_gap_days=16_000))),
        ("age_gap", some_facts(a_scheme(age_gap_days=1), helpers=helpers(birth_day=-1))),
        ("limit", some_facts(helpers=helpers(limit=0))),
    ],
)
def test_each_rule_forbids_its_pair_and_keeps_it_out(code, facts):
    assert broken_rules(facts, 0, 0) == (code,)
    assert build_problem(facts).arcs == 0


@pytest.mark.parametrize(
    "facts",
    [
        some_facts(helpers=helpers(cleared_from=739_000, cleared_until=739_300)),
        some_facts(a_scheme(required_offers=0b001)),
        some_facts(a_scheme(reach=Reach.SAME_CLASS), helpers=helpers(heads_class=11)),
        some_facts(a_scheme(reach=Reach.SAME_CLASS), helpers=helpers(teaches=[(0, 12), (0, 11)])),
        some_facts(a_scheme(sex_rule=SexRule.GIRLS_BY_WOMEN), children=children(sex=Sex.MALE), helpers=helpers(sex=-1)),
        some_facts(a_scheme(age_gap_days=15_000)),
    ],
)
def test_what_just_keeps_a_rule_is_allowed(facts):
    assert broken_rules(facts, 0, 0) == ()
    assert build_problem(facts).arcs == 1


def girls(**changes):
    """Two children with two places each, a woman, a man, and one of unknown sex."""
    sexes = helpers(3, sex=[Sex.FEMALE, Sex.MALE, Sex.UNKNOWN])
    columns = {"children": children(2), "helpers": sexes, "slots": slots((0, 0, 1, 1))} | changes
    return some_facts(a_scheme(has_woman_for_girl=True), **columns)


def test_a_girl_needs_a_woman_among_those_who_hold_her_places():
    facts = girls()

    assert broken_rules(facts, 0, 0) == ()
    assert broken_rules(facts, 0, 1) == ("woman_for_girl",)
    assert broken_rules(facts, 0, 2) == ("woman_for_girl",)
    assert broken_rules(facts, 0, 1, taken=pairs((1, 2))) == ("woman_for_girl",)
    assert broken_rules(facts, 0, 1, taken=pairs((2, 0))) == ("woman_for_girl",)
    assert broken_rules(facts, 0, 1, taken=pairs((1, 0))) == ()


def test_a_boy_and_a_scheme_that_does_not_ask_want_no_woman():
    assert broken_rules(girls(children=children(2, sex=Sex.MALE)), 0, 1) == ()
    assert broken_rules(some_facts(helpers=helpers(2, sex=Sex.MALE)), 0, 1) == ()


def test_a_locked_man_stays_and_a_woman_comes_beside_him():
    facts = girls(locked=pairs((1, 2)))
    one_girl = girls(locked=pairs((1, 2)), children=children(1), slots=slots((0, 0)))

    assert broken_rules(facts, 1, 2) == ()
    assert broken_rules(facts, 0, 1) == ("woman_for_girl",)
    assert broken_rules(facts, 0, 0) == ()
    assert broken_rules(girls(locked=pairs((1, 0))), 0, 1) == ()
    assert solve(build_problem(one_girl)).slot_helper.tolist() == [0, 2]


def test_the_places_of_a_girl_are_one_group_that_women_meet():
    problem = build_problem(girls(children=children(2, sex=[Sex.MALE, Sex.UNKNOWN])))

    assert problem.slot_group.tolist() == [-1, -1, 1, 1]
    assert (problem.arc_meets == (problem.arc_helper == 0)).all()
    assert build_problem(some_facts()).slot_group is None


def test_two_men_never_hold_both_places_of_a_girl():
    facts = girls(children=children(1), slots=slots((0, 0), bundle=7), helpers=helpers(2, sex=Sex.MALE))
    with_a_woman = girls(children=children(1), slots=slots((0, 0), bundle=7))

    assert solve(build_problem(facts)).slot_helper.tolist() == [-1, -1]
    assert 0 in solve(build_problem(with_a_woman)).slot_helper.tolist()


def test_rules_about_the_assignment_count_what_is_taken():
    facts = some_facts(a_scheme(helper_cap=1), children=children(2), slots=slots((0, 0, 1)), helpers=helpers(limit=1))

    assert broken_rules(facts, 0, 0, taken=pairs((2, 0))) == ("limit", "scheme_cap")
    assert broken_rules(facts, 0, 0, taken=pairs((1, 0))) == ("limit", "scheme_cap", "same_person")
    assert broken_rules(facts, 0, 0, taken=pairs((0, 0))) == ()


def test_many_pairs_are_judged_like_each_alone():
    facts = some_facts(children=children(3), slots=slots((0, 1, 2)), helpers=helpers(2, school=[1, 2], limit=2))
    slot, helper = np.array([0, 1, 2], np.int32), np.array([0, 1, 0], np.int32)

    broken = broken_by_rule(facts, slot, helper)

    assert {code for code, flags in broken.items() if flags.any()} == {"reach"}
    assert broken["reach"].tolist() == [False, True, False]


def test_a_locked_pair_stays_a_candidate_and_lifts_limits():
    scheme = a_scheme(helper_cap=0)
    facts = some_facts(scheme, helpers=helpers(limit=0, school=9, cleared_until=0), locked=pairs((0, 0)))

    problem = build_problem(facts)

    assert problem.arc_locked.tolist() == [True]
    assert (problem.helper_limit.tolist(), problem.cap_max.tolist()) == ([1], [1])


def test_caps_stand_only_for_candidates_and_can_differ():
    caps = (np.array([1], np.int32), np.array([0], np.int32), np.array([5], np.int32))
    facts = some_facts(a_scheme(helper_cap=2), helpers=helpers(3, school=[1, 1, 2]), caps=caps)

    problem = build_problem(facts)

    assert list(zip(problem.cap_helper.tolist(), problem.cap_max.tolist(), strict=True)) == [(0, 2), (1, 5)]


def test_points_come_term_by_term_and_sum_to_the_fit():
    facts = some_facts(
        helpers=helpers(x_m=3_000, y_m=4_000, heads_class=11),
        wishes=pairs((0, 0)),
        kept=pairs((0, 0)),
        schemes=(a_scheme(weights=Weights(near=90, near_m=1_000, far_m=10_000, kept=10)),),
    )

    points = points_of(facts, 0, 0)

    assert points == {
        "near": 50,
        "same_village": 100,
        "same_township": 50,
        "class_teacher": 150,
        "teaches_class": 50,
        "same_sex": 50,
        "needs": 100,
        "wish": 100,
        "kept": 10,
    }
    assert build_problem(facts).arc_fit.tolist() == [sum(points.values())]


@pytest.mark.parametrize(("x_m", "points"), [(0, 300), (1_000, 300), (5_500, 150), (10_000, 0), (99_999, 0), (-1, 0)])
def test_nearness_falls_in_a_line(x_m, points):
    facts = some_facts(helpers=helpers(x_m=x_m, y_m=-1 if x_m < 0 else 0))

    assert points_of(facts, 0, 0)["near"] == points


def test_every_rule_and_term_speaks_both_languages():
    assert all("{helper}" in rule.zh and "{helper}" in rule.en for rule in RULES)
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(term.zh and term.en for term in TERMS)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Weights(near=900, needs=200),
        lambda: Weights(wish=-1),
        lambda: Weights(near_m=5, far_m=5),
        lambda: SchemeRules("x", (), 5, 4),
        lambda: SchemeRules("x", (), 5, 5, -1),
        lambda: some_facts(slots=slots((1,))),
        lambda: some_facts(slots=slots((0,), kind=1)),
        lambda: some_facts(kept=pairs((0, 1))),
        lambda: replace(children(), sex=np.zeros(2, np.int8)),
    ],
)
def test_facts_that_point_nowhere_are_refused(make):
    with pytest.raises(BadFacts):
        make()


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_the_join_equals_asking_every_pair(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    reach = data.draw(st.sampled_from(list(Reach)))
    n, h, s = 5, 6, 8
    keys = {name: rng.integers(-1, 3, n) for name in ("school", "klass", "village", "township", "county")}
    own = {name: rng.integers(-1, 3, h) for name in ("school", "heads_class", "village", "township", "county")}
    teaching = np.unique(np.stack([rng.integers(0, h, 6), rng.integers(0, 3, 6)], axis=1), axis=0)
    facts = some_facts(
        a_scheme(reach=reach, sex_rule=data.draw(st.sampled_from(list(SexRule)))),
        children=children(n, sex=rng.choice([-1, 1, 2], n), **keys),
        helpers=helpers(h, teaches=teaching, sex=rng.choice([-1, 1, 2], h), limit=rng.integers(0, 2, h), **own),
        slots=slots(rng.integers(0, n, s)),
        exclusions=pairs(*rng.integers(0, 5, (3, 2)).tolist()),
    )

    problem = build_problem(facts)

    found = set(zip(problem.arc_slot.tolist(), problem.arc_helper.tolist(), strict=True))
    assert found == {(a, b) for a in range(s) for b in range(h) if not broken_rules(facts, a, b)}
    assert all(
        fit == sum(points_of(facts, slot, helper).values())
        for slot, helper, fit in zip(problem.arc_slot, problem.arc_helper, problem.arc_fit, strict=True)
    )
