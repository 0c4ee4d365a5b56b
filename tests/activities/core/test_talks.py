"""Talk groups: everybody once, groups of equal size, pairs vary; and the judge that sees every fault."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.core.check import verify_talks
from activities.core.term.goals import broken_wishes, mix, repeats
from activities.core.term.places import group_sizes
from activities.core.term.problem import TalkChild, TalkGroup, TalkMode, TalkProblem, TalkTeacher
from activities.core.term.solve import plan_talks
from backend.kernel.solving import SolveLimits, SolveStatus

QUICK = SolveLimits(seconds=20, seed=7)


def a_problem(children=8, *, teachers=2, most=4, weeks=(1, 2, 3, 4), missed=None, away=None, **more) -> TalkProblem:
    missed, away = missed or {}, away or {}
    return TalkProblem(
        tuple(TalkChild(key, key % 2 == 0, missed.get(key, 0)) for key in range(1, children + 1)),
        tuple(TalkTeacher(100 + n, most, frozenset(away.get(100 + n, ()))) for n in range(teachers)),
        weeks, **more,
    )  # fmt: skip


def sizes_of(result) -> list[int]:
    return sorted((len(group.children) for group in result.groups), reverse=True)


@pytest.mark.parametrize(
    ("children", "size", "sizes"),
    [
        (0, 4, []), (1, 4, [1]), (2, 4, [2]), (3, 4, [3]), (5, 3, [5]), (6, 5, [3, 3]), (7, 4, [4, 3]),
        (9, 3, [3, 3, 3]), (9, 5, [5, 4]), (11, 4, [4, 4, 3]), (23, 4, [4, 4, 4, 4, 4, 3]), (23, 5, [5, 5, 5, 4, 4]),
    ],
)  # fmt: skip
def test_groups_are_of_equal_size_within_one_and_of_three_to_five(children, size, sizes):
    problem = a_problem(children, size=size)
    result = plan_talks(problem, QUICK)

    assert sizes_of(result) == sizes
    assert result.is_small == (0 < children < 3)
    assert (result.status, verify_talks(problem, result)) == (SolveStatus.OPTIMAL, [])


def test_every_number_of_children_from_three_fits_groups_of_three_to_five():
    for children, size in product(range(3, 60), (3, 4, 5)):
        sizes = group_sizes(a_problem(children, size=size), 99)
        assert sum(sizes) == children
        assert 3 <= min(sizes) <= max(sizes) <= min(5, min(sizes) + 1)


def test_a_full_calendar_makes_the_groups_larger_before_a_child_is_left_out():
    result = plan_talks(a_problem(10, teachers=1, weeks=(1, 2), size=3), QUICK)

    assert sizes_of(result) == [5, 5]
    assert result.shortage is None


def test_who_waited_longest_comes_first_and_the_others_are_named_with_what_would_help():
    problem = a_problem(13, teachers=1, most=2, missed={11: 1, 12: 2, 13: 1})
    result = plan_talks(problem, QUICK)

    assert {11, 12, 13} <= {key for group in result.groups for key in group.children}
    assert len(result.shortage.children) == 3
    assert (result.shortage.needed, result.shortage.places) == (3, 2)
    assert [(one.kind, one.amount, one.children, one.teachers) for one in result.shortage.remedies] == [
        ("LIMIT", 1, 3, (100,)),
        ("TEACHER", 1, 3, ()),
    ]
    assert verify_talks(problem, result) == []


def test_more_weeks_help_where_the_teachers_have_room():
    result = plan_talks(a_problem(13, teachers=1, most=9, weeks=(3,)), QUICK)

    assert [(one.kind, one.amount, one.children) for one in result.shortage.remedies] == [
        ("WEEKS", 2, 8),
        ("TEACHER", 1, 5),
    ]


def test_a_class_without_teachers_or_weeks_is_told_so_and_not_called_infeasible():
    for problem in (a_problem(4, teachers=0), a_problem(4, weeks=())):
        result = plan_talks(problem, QUICK)
        assert (result.groups, result.shortage.children, result.status) == ((), (1, 2, 3, 4), SolveStatus.OPTIMAL)
        assert verify_talks(problem, result) == []


def test_pairs_vary_from_cycle_to_cycle():
    """Nine children in threes: four cycles without any pair twice, as the affine plane of order three has it."""
    met: dict = {}
    again = []
    for cycle in range(3):
        problem = a_problem(9, size=3, met=dict(met))
        result = plan_talks(problem, SolveLimits(seconds=20, seed=cycle))
        again.append(result.goal("repeats").value)
        for group in result.groups:
            for pair in group.pairs:
                met[pair] = met.get(pair, 0) + 1
    assert again[:2] == [0, 0]
    assert result.status == SolveStatus.OPTIMAL


def test_wishes_come_before_repeats_and_a_broken_one_is_named():
    problem = a_problem(6, size=3, apart={(1, 2)}, together={(1, 3), (2, 4)}, met={(1, 3): 9})
    result = plan_talks(problem, QUICK)
    assert result.broken == ()
    assert result.goal("repeats").value == 9

    alone = a_problem(3, apart={(1, 2)})
    assert plan_talks(alone, QUICK).broken == ((1, 2),)


def test_single_talks_know_no_pairs():
    problem = a_problem(7, mode=TalkMode.SINGLE, apart={(1, 2)}, met={(1, 2): 3})
    result = plan_talks(problem, QUICK)

    assert (result.broken, result.goal("repeats").value, result.status) == ((), 0, SolveStatus.OPTIMAL)
    assert sizes_of(result) == [4, 3]
    assert verify_talks(problem, result) == []


def test_teachers_share_the_groups_and_never_take_two_in_one_week():
    problem = a_problem(16, teachers=2, away={100: {1, 2}})
    result = plan_talks(problem, QUICK)

    assert result.goal("loads").value == 8
    assert sorted({group.week for group in result.groups}) == [1, 2, 3, 4]
    assert verify_talks(problem, result) == []


def test_what_was_held_stands_and_only_the_others_are_dealt_again():
    held = (TalkGroup(1, 100, (1, 2, 3, 4)),)
    problem = a_problem(11, weeks=(2, 3), held=held)
    result = plan_talks(problem, QUICK)

    assert held[0] in result.groups
    assert sizes_of(result) == [4, 4, 3]
    assert verify_talks(problem, result) == []


def test_one_input_gives_one_answer_and_the_seed_decides_among_equals():
    problem = a_problem(12)
    assert plan_talks(problem, QUICK).groups == plan_talks(problem, QUICK).groups
    assert len({plan_talks(problem, SolveLimits(seconds=20, seed=seed)).groups for seed in range(5)}) > 1


@pytest.mark.parametrize(
    "columns",
    [
        {"size": 6}, {"size": 2}, {"weeks": (2, 1)}, {"most": -1}, {"met": {(2, 1): 1}}, {"met": {(1, 2): 0}},
        {"apart": {(1, 99)}}, {"apart": {(1, 2)}, "together": {(1, 2)}}, {"missed": {1: -1}},
        {"held": (TalkGroup(1, 100, (1, 1)),)}, {"held": (TalkGroup(1, 100, (1,)), TalkGroup(1, 100, (2,)))},
        {"smallest": 4, "largest": 5},
    ],
)  # fmt: skip
def test_a_problem_that_could_not_be_meant_is_refused(columns):
    with pytest.raises(ValueError, match=r".+"):
        a_problem(**columns)


def _seeded():
    """A good answer, and for each rule one way to spoil it."""
    problem = a_problem(7, apart={(1, 2)}, met={(3, 4): 2}, away={100: {4}}, most=2)
    good = plan_talks(problem, QUICK)
    first, second = good.groups
    other = 101 if first.teacher == 100 else 100

    def moved(**columns):
        return replace(good, groups=(replace(first, **columns), second))

    def goal(name, **columns):
        return replace(good, goals=tuple(replace(one, **columns) if one.name == name else one for one in good.goals))

    return problem, good, {
        "child_twice": moved(children=(*first.children[:-1], second.children[0])),
        "unknown_child": moved(children=(*first.children[:-1], 99)),
        "unmet_not_named": moved(children=first.children[:-1]),
        "empty_group": moved(children=()),
        "sizes_differ": moved(children=first.children[:1]),
        "too_large": moved(children=tuple(range(1, 7))),
        "teacher_away": moved(teacher=100, week=4),
        "not_a_teacher": moved(teacher=999),
        "week_falls_out": moved(week=9),
        "two_groups_in_one_week": moved(teacher=second.teacher, week=second.week),
        "small_not_said": replace(good, is_small=True),
        "broken_not_named": replace(good, broken=((1, 2),)),
        "wrong_met": goal("met", value=6, bound=6),
        "wrong_waited": goal("waited", value=1, bound=1),
        "wrong_wishes": goal("wishes", value=1, bound=1),
        "wrong_repeats": goal("repeats", value=5, bound=5),
        "wrong_loads": moved(teacher=other) if other != second.teacher else goal("loads", value=1, bound=1),
        "wrong_mix": goal("mix", value=0, bound=0),
        "beyond_bound_repeats": goal("repeats", bound=99),
        "status": replace(good, status=SolveStatus.FEASIBLE),
        "goals_missing": replace(good, goals=good.goals[:-1]),
    }  # fmt: skip


@pytest.mark.parametrize("code", sorted(_seeded()[2]))
def test_the_judge_finds_every_seeded_fault(code):
    problem, good, spoilt = _seeded()
    assert verify_talks(problem, good) == []
    assert code in {fault.code for fault in verify_talks(problem, spoilt[code])}


def test_the_judge_sees_who_was_passed_over_and_what_was_held():
    problem = a_problem(7, teachers=1, most=1, missed={7: 3})
    good = plan_talks(problem, QUICK)
    group = good.groups[0]
    unfair = (replace(group, children=(1, 2, 3, 4, 5)),)
    assert "waited_longer" in {
        one.code
        for one in verify_talks(problem, replace(good, groups=unfair, shortage=replace(good.shortage, children=(6, 7))))
    }
    empty = replace(good, shortage=replace(good.shortage, places=9))
    assert "wrong_certificate" in {one.code for one in verify_talks(problem, empty)}
    fewer = replace(good, groups=(replace(group, children=group.children[:3]),))
    assert "unmet_not_named" in {one.code for one in verify_talks(problem, fewer)}
    held = replace(problem, held=(TalkGroup(1, 100, (1, 2, 3)),))
    assert "held_moved" in {one.code for one in verify_talks(held, good)}
    over = replace(good, groups=(group, TalkGroup(99, 100, (1,))))
    assert "teacher_over_limit" in {one.code for one in verify_talks(problem, over)}


def partitions(keys: tuple[int, ...], sizes: tuple[int, ...]):
    """Every way to put children into groups of these sizes, some of them left out."""
    if not sizes:
        yield []
        return
    for group in combinations(keys, sizes[0]):
        for rest in partitions(tuple(key for key in keys if key not in group), sizes[1:]):
            yield [group, *rest]


PAIRS = st.sampled_from(list(combinations(range(1, 8), 2)))


@settings(max_examples=120, deadline=None)
@given(
    children=st.integers(1, 7), girls=st.sets(st.integers(1, 7)), missed=st.dictionaries(st.integers(1, 7), st.integers(0, 2)),
    met=st.dictionaries(PAIRS, st.integers(1, 3), max_size=12), apart=st.sets(PAIRS, max_size=4),
    together=st.sets(PAIRS, max_size=4), weeks=st.integers(0, 3), teachers=st.integers(1, 2), most=st.integers(0, 2),
)  # fmt: skip
def test_it_equals_brute_force_goal_by_goal(children, girls, missed, met, apart, together, weeks, teachers, most):
    keys = range(1, children + 1)

    def here(pairs):
        return {pair for pair in pairs if pair[1] <= children}

    problem = TalkProblem(
        tuple(TalkChild(key, key in girls, missed.get(key, 0)) for key in keys),
        tuple(TalkTeacher(100 + n, most) for n in range(teachers)), tuple(range(weeks)),
        met={pair: n for pair, n in met.items() if pair in here(met)},
        apart=frozenset(here(apart)), together=frozenset(here(together) - here(apart)),
    )  # fmt: skip
    result = plan_talks(problem, QUICK)
    places = teachers * min(most, weeks)
    best = None
    for sizes in [tuple(group_sizes(problem, places))]:
        for deal in partitions(tuple(keys), sizes):
            groups = [TalkGroup(0, 0, group) for group in deal]
            waited = sum(missed.get(key, 0) for group in deal for key in group)
            worth = (-waited, len(broken_wishes(problem, groups)), repeats(problem, groups), mix(problem, groups))
            best = worth if best is None or worth < best else best

    assert result.status == SolveStatus.OPTIMAL
    assert verify_talks(problem, result) == []
    assert result.goal("met").value == min(children, 5 * places)
    assert (-result.goal("waited").value, *(result.goal(name).value for name in ("wishes", "repeats", "mix"))) == best
