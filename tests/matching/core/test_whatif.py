"""What a change would do: only what it must move moves, and every cure named was tried."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kernel.solving import SolveLimits, SolveStatus
from matching.core.build import build_problem
from matching.core.changes import Another, CapTo, KindTo, LimitBy, Without, changed
from matching.core.facts import Reach, SchemeRules, Sex, SexRule, SlotKind
from matching.core.remedies import Cures, Remedy, folded, nearly_same, remedies
from matching.core.rules import broken_rules, cap_per_helper
from matching.core.solve import solve
from matching.core.whatif import OPEN, Move, compare
from tests.matching.core.facts_builders import CADRE, TEACHER, a_scheme, children, helpers, pairs, slots, some_facts


def school(count=3, teachers=1, **changes):
    """Some children of one school, each with a teacher's place."""
    facts = {"children": children(count), "helpers": helpers(teachers), "slots": slots(range(count))}
    return some_facts(changes.pop("scheme", None), **(facts | changes))


def draft(*helper):
    return np.array(helper, np.int32)


def solved(facts):
    return solve(build_problem(facts)).slot_helper


def test_one_place_more_fills_one_slot_and_moves_nobody():
    facts = school()
    difference = compare(facts, draft(0, 0, OPEN), [LimitBy((0,), 1)])
    assert (difference.filled, difference.moves) == ({4: (2, 3)}, (Move(2, OPEN, 0),))
    assert difference.complete == (2, 3) and difference.load == {0: 3} and difference.gain == 1


def test_nothing_changed_changes_nothing():
    facts = school()
    assert compare(facts, solved(facts)).moves == ()


def test_who_leaves_is_replaced_by_whoever_has_room():
    facts = school(2, teachers=2)
    difference = compare(facts, draft(0, 1), [Without((0,))])
    assert difference.moves == (Move(0, 0, 1),)


def test_what_somebody_was_worth_counts_before_they_leave():
    facts = school(2, teachers=2)
    both, alone = (compare(facts, present, ()).fit[0] for present in (draft(0, 1), draft(OPEN, 1)))
    assert both > alone > 0
    assert compare(facts, draft(0, 1), [Without((0,))]).fit[0] == both
    nobody_else = replace(facts, exclusions=pairs((0, 1)))
    assert compare(nobody_else, draft(0, 1), [Without((0,))]).fit == (both, alone)


def test_one_more_like_another_joins_at_the_end():
    facts = school(3, helpers=helpers(1, teaches=[(0, 11)]), scheme=a_scheme(reach=Reach.SAME_CLASS))
    difference = compare(facts, draft(0, 0, OPEN), [Another(0)])
    assert difference.moves == (Move(2, OPEN, 1),)
    assert len(facts.helpers) == 1


def test_a_cap_is_raised_for_everybody_and_keeps_its_distance_for_those_with_places_elsewhere():
    facts = school(3, helpers=helpers(1, limit=9), scheme=a_scheme(helper_cap=2))
    assert compare(facts, draft(0, 0, OPEN), [CapTo(0, 3)]).gain == 1
    elsewhere = replace(facts, caps=(np.array([0], np.int32), np.array([0], np.int32), np.array([1], np.int32)))
    assert changed(elsewhere, [CapTo(0, 3)]).caps[2].tolist() == [2]
    assert cap_per_helper(changed(elsewhere, [CapTo(0, None)]), 0) is None


def test_other_weights_put_fit_before_keeping():
    near_and_far = helpers(2, x_m=[0, 5_000], limit=1)
    facts = school(1, helpers=near_and_far, scheme=a_scheme())
    weights = replace(facts.schemes[0].kinds[0].weights, near=0, same_sex=0)
    assert compare(facts, draft(1), []).moves == ()
    assert compare(facts, draft(1), [KindTo(0, 0, {"weights": replace(weights, near=300)})]).moves != ()


def test_what_must_come_about_does_and_its_price_is_told():
    facts = school(2, teachers=2)
    facts = replace(facts, helpers=replace(facts.helpers, limit=np.array([1, 1], np.int32)))
    difference = compare(facts, draft(0, 1), forced=(0, 1))
    assert difference.moves == (Move(0, 0, 1), Move(1, 1, 0))
    lonely = replace(facts, exclusions=pairs((1, 0)))
    difference = compare(lonely, draft(0, 1), forced=(0, 1))
    assert difference.filled == {4: (2, 1)}, "child 1 may not have helper 0 and loses its own"


def test_locks_that_cannot_stand_are_named():
    facts = school(2, helpers=helpers(2, limit=1))
    facts = replace(facts, locked=pairs((0, 0), (1, 1)), slots=slots([0, 0]), children=children(1))
    difference = compare(facts, draft(0, 1), forced=(0, 1))
    assert difference.status is SolveStatus.INVALID and difference.conflicts[0].rule == "same_person"


CURED = {
    "limit": (school(), draft(0, 0, OPEN), (0,)),
    "scheme_cap": (school(3, helpers=helpers(1, limit=9), scheme=a_scheme(helper_cap=2)), draft(0, 0, OPEN), ()),
    "clearance": (school(3, helpers=helpers(2, cleared_until=[10**9, 5])), draft(0, 0, OPEN), (1,)),
    "reach": (school(3, helpers=helpers(2, school=[1, 2], limit=[2, 2])), draft(0, 0, OPEN), ()),
    "sex": (
        school(3, helpers=helpers(2, sex=[Sex.FEMALE, Sex.MALE]), scheme=a_scheme(sex_rule=SexRule.SAME)),
        draft(0, 0, OPEN),
        (),
    ),
    "woman": (
        school(
            3,
            children=children(3, sex=[Sex.MALE, Sex.MALE, Sex.FEMALE]),
            helpers=helpers(1, sex=[Sex.MALE], limit=[3]),
            scheme=a_scheme(has_woman_for_girl=True),
        ),
        draft(0, 0, OPEN),
        (),
    ),
    "radius": (school(3, helpers=helpers(2, x_m=[0, 1_500]), scheme=a_scheme(radius_m=1_000)), draft(0, 0, OPEN), ()),
}


@pytest.mark.parametrize("kind", CURED)
def test_each_kind_of_cure_is_found_and_names_whom_it_takes(kind):
    facts, present, people = CURED[kind]
    found = {one.kind: one for one in remedies(facts, present, [2], most=9).found}
    assert kind in found
    assert (found[kind].gain, found[kind].helpers, found[kind].complete) == (1, people, 1)


def two_sides(count):
    """Children who need a cadre and a teacher or nobody; one of each is there, with a single place."""
    scheme = SchemeRules(
        "two",
        (SlotKind("cadre", roles=CADRE, reach=Reach.SCHOOL), SlotKind("teacher", roles=TEACHER, reach=Reach.SCHOOL)),
        739_000,
        739_300,
    )
    both = [child for child in range(count) for _side in range(2)]
    return school(
        count,
        scheme=scheme,
        helpers=helpers(2, roles=[CADRE, TEACHER], limit=1),
        slots=slots(both, kind=[0, 1] * count, bundle=both),
    )


def test_where_one_more_place_on_one_side_fills_nothing_both_sides_are_tried_together():
    found = remedies(two_sides(2), draft(0, 1, OPEN, OPEN), [2]).found
    limits = [one for one in found if one.kind == "limit"]
    assert [(one.helpers, one.gain, one.complete) for one in limits] == [((0, 1), 2, 1)]


def a_cure(people, filled, *, kind="limit", complete=None):
    return Remedy(
        kind=kind, change=LimitBy(tuple(people)), helpers=tuple(people), filled={4: filled}, farther_m=0, moves=0,
        complete=filled if complete is None else complete,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (a_cure((1, 2), 6), True),
        (a_cure((1, 3), 5), True),
        (a_cure((1, 2, 3, 4), 6), True),
        (a_cure((1, 2), 4), False),
        (a_cure((3, 4), 6), False),
        (a_cure((1, 3, 4), 6), False),
        (a_cure((1, 2), 6, kind="clearance"), False),
        (a_cure((1, 2), 6, complete=4), False),
        (a_cure((), 6), False),
    ],
)
def test_cures_are_nearly_the_same_with_mostly_the_same_people_for_as_much_but_one(other, is_same):
    assert nearly_same(a_cure((1, 2), 6), other) == nearly_same(other, a_cure((1, 2), 6)) == is_same


def test_what_is_nearly_the_same_stands_with_the_best_of_its_like_and_takes_no_ones_place():
    best, near, other, far = a_cure((1, 2), 6), a_cure((1, 2, 3), 6), a_cure((7,), 5), a_cure((1,), 5)
    assert folded([best, near, other, far]) == [replace(best, also=(near, far)), other]
    assert folded([best, *[near] * 5])[0].also == (near, near)


def test_one_place_less_with_one_person_less_is_no_cure_of_its_own():
    """One cadre's place and three teachers' are open: both sides together fill one more than the teachers alone."""
    kinds = [SlotKind(name, roles=role, reach=Reach.SCHOOL) for name, role in (("cadre", CADRE), ("teacher", TEACHER))]
    facts = school(
        3,
        scheme=SchemeRules("two", tuple(kinds), 739_000, 739_300),
        helpers=helpers(4, roles=[CADRE, TEACHER, TEACHER, TEACHER], limit=0),
        slots=slots([0, 0, 1, 2], kind=[0, 1, 1, 1]),
    )
    found = remedies(facts, draft(OPEN, OPEN, OPEN, OPEN), [0, 1, 2, 3], most=9).found
    limits = [(one.helpers, one.gain, [(also.helpers, also.gain) for also in one.also]) for one in found]
    assert limits == [((0, 1, 2, 3), 4, [((1, 2, 3), 3)]), ((0,), 1, [])]


def test_a_cure_counts_for_every_open_slot_and_not_for_those_looked_at_alone():
    """Two schools: somebody of the second could take one more; only a child of each is looked at."""
    facts = school(
        4,
        children=children(4, school=[1, 1, 2, 2], level=[4, 4, 4, 3]),
        helpers=helpers(2, school=[1, 2], limit=1),
    )
    found = remedies(facts, draft(0, OPEN, 1, OPEN), [1, 3], sample=[3]).found
    assert [(one.kind, one.helpers) for one in found if one.kind == "limit"] == [("limit", (1,))]
    facts = school(3, helpers=helpers(1, limit=1), children=children(3, level=[4, 4, 3]))
    assert [one.gain for one in remedies(facts, draft(0, OPEN, OPEN), [1, 2], sample=[2]).found] == [1]


def test_no_cure_where_nobody_would_do():
    facts = school(1, helpers=helpers(1, roles=1))
    assert remedies(facts, draft(OPEN), [0]) == Cures((), ())


def test_a_cure_that_helps_other_places_only_is_not_named():
    """A wider reach would bring the second child a teacher, and the first, in another township, nobody."""
    facts = school(2, children=children(2, township=[39, 31], school=[9, 1]), helpers=helpers(1, school=[2]))
    assert remedies(facts, draft(OPEN, OPEN), [0]).found == ()
    assert [one.kind for one in remedies(facts, draft(OPEN, OPEN), [1]).found] == ["reach"]


def test_what_would_be_filled_anyway_is_no_merit_of_a_cure():
    """The draft forgot the teacher's free place: no cure is needed for it."""
    facts = school(2, helpers=helpers(2, school=[1, 2], limit=[1, 0]))
    assert remedies(facts, draft(OPEN, OPEN), [0, 1]).found[0].gain == 1
    facts = school(1, helpers=helpers(2, school=[1, 2]))
    assert remedies(facts, draft(OPEN), [0]).found == ()


def test_cures_without_an_answer_in_time_are_named_as_such():
    facts = school(3, helpers=helpers(1))
    no_time = SolveLimits(seconds=1e-9, memory_mb=1024, workers=1)
    cures = remedies(facts, draft(0, 0, OPEN), [2], limits=no_time)
    assert cures.found == () and set(cures.unanswered) == {"limit", "reach"}


def test_the_cure_that_fills_most_of_the_greatest_need_comes_first():
    """Two more come with a wider reach, one with one teacher's limit raised."""
    facts = school(5, helpers=helpers(2, school=[1, 2], limit=[2, 2]))
    found = remedies(facts, draft(0, 0, OPEN, OPEN, OPEN), [2, 3, 4]).found
    assert [(one.kind, one.gain) for one in found] == [("reach", 2), ("limit", 1)]


def test_equal_cures_ask_least_of_people_first():
    facts = school(3, helpers=helpers(2, cleared_until=[10**9, 5], limit=[2, 1]))
    assert [one.kind for one in remedies(facts, draft(0, 0, OPEN), [2]).found] == ["clearance", "limit"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_named_cure_fills_what_it_says_when_really_made(data):
    count, teachers = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    pick = lambda values, n: data.draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))  # noqa: E731
    facts = school(
        count,
        children=children(count, level=pick([1, 2, 3, 4], count), sex=pick([1, 2], count), school=pick([1, 2], count)),
        helpers=helpers(
            teachers,
            sex=pick([1, 2], teachers),
            school=pick([1, 2], teachers),
            limit=pick([0, 1, 2], teachers),
            cleared_until=pick([5, 10**9], teachers),
        ),
        scheme=a_scheme(sex_rule=data.draw(st.sampled_from([SexRule.NONE, SexRule.SAME]))),
    )
    present = solved(facts)
    short = np.flatnonzero(present < 0).tolist()
    if not short:
        return
    before = np.bincount(facts.children.level[facts.slots.child[present >= 0]], minlength=5)
    for one in remedies(facts, present, short, most=9).found:
        after = solved(changed(facts, [one.change]))
        now = np.bincount(facts.children.level[facts.slots.child[after >= 0]], minlength=5)
        assert {level: int(now[level] - before[level]) for level in one.filled} == one.filled
        assert all("role" not in broken_rules(changed(facts, [one.change]), short[0], h) for h in one.helpers)
