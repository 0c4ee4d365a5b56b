"""Groups: exact where that can be, wishes named where not, and the effect of one move."""

from __future__ import annotations

import pytest

from activities.core.day import GroupingProblem, MalformedDay, Pupil, check_groups, divide, effect_of_move, worth
from activities.core.day.group_swaps import Division, Swapper
from activities.core.day.group_walk import search
from activities.core.day.groups import GROUP_GOALS
from backend.kernel.solving import SolveStatus
from benchmarks.activities.instances import pupils
from tests.activities.core.day.builders import QUICK


def pair(one, other):
    return frozenset((one, other))


def some(count=8, groups=2, **more):
    return GroupingProblem(tuple(Pupil(n, "east" if n % 2 else "west") for n in range(count)), groups, **more)


@pytest.mark.parametrize("seed", range(3))
def test_zhuji_groups_are_exact_and_proven(seed):
    problem = pupils(48, 4, seed)
    result = divide(problem, QUICK)

    assert result.status == SolveStatus.OPTIMAL
    assert check_groups(problem, result.groups) == ()
    assert set(worth(problem, result.groups).values()) == {0}
    places = {pupil.key: pupil.place for pupil in problem.pupils}
    assert [sum(places[key] == "majian" for key in group) for group in result.groups] == [6, 6, 6, 6]


@pytest.mark.parametrize("seed", range(1, 4))
def test_six_hundred_children_with_wishes_are_divided_with_nothing_broken(seed):
    problem = pupils(600, 24, seed, wishes=50)
    result = divide(problem, QUICK)

    assert (result.status, check_groups(problem, result.groups)) == (SolveStatus.OPTIMAL, ())
    assert {goal.name: (goal.value, goal.bound) for goal in result.goals} == dict.fromkeys(GROUP_GOALS, (0, 0))


def test_the_price_of_a_swap_is_what_the_whole_division_says():
    swapper = Swapper(pupils(60, 5, 1, wishes=20), 1)
    groups = search(swapper, 0)
    state = Division(swapper, groups)
    for _turn in range(200):
        here, there = swapper.random.sample(range(5), 2)
        one = swapper.random.choice(state.groups[here])
        before, mine = swapper.cost(state.groups), [one]
        theirs = [swapper.random.choice(state.groups[there])]
        price = state.gain(mine, theirs, here, there)
        state.swap(mine, theirs, here, there)
        assert swapper.cost(state.groups) - before == price


def test_a_walk_keeps_the_best_it_came_by_where_something_stays_broken():
    """Four friends who all wish for the same one, in groups of two: three wishes are broken whatever is tried."""
    problem = some(8, 4, wishes=frozenset(pair(0, other) for other in (1, 2, 3, 4)))
    result = divide(problem, QUICK)

    assert (result.status, len(result.broken)) == (SolveStatus.OPTIMAL, 3)


def test_sizes_differ_by_at_most_one():
    result = divide(some(11, 3), QUICK)
    assert sorted(map(len, result.groups)) == [3, 4, 4]


def test_a_wish_that_cannot_be_kept_is_named_and_proven():
    problem = some(2, 2, wishes=frozenset([pair(0, 1)]))
    result = divide(problem, QUICK)

    assert result.broken == (("wishes", (0, 1)),)
    assert (result.status, result.goal("wishes").bound) == (SolveStatus.OPTIMAL, 1)


def test_who_is_kept_apart_comes_before_siblings_and_siblings_before_wishes():
    problem = some(8, 2, siblings=(pair(0, 1),), apart=frozenset([pair(2, 3)]), wishes=frozenset([pair(1, 2)]))
    assert set(worth(problem, divide(problem, QUICK).groups).values()) == {0}
    torn = some(8, 2, siblings=(pair(0, 1),), apart=frozenset([pair(0, 1)]))
    values = worth(torn, divide(torn, QUICK).groups)
    assert (values["apart"], values["siblings"]) == (0, 1)


def test_the_effect_of_a_move_and_of_a_swap():
    problem = some(4, 2, wishes=frozenset([pair(0, 1)]))
    groups = ((0, 2), (1, 3))
    move = effect_of_move(problem, groups, 0, 1)
    assert (move.sizes_ok, move.newly_kept) == (False, (("wishes", (0, 1)),))
    swap = effect_of_move(problem, groups, 0, 1, swap_with=3)
    assert swap.groups == ((2, 3), (1, 0))
    assert (swap.sizes_ok, swap.is_better, swap.after["imbalance"]) == (True, True, 0)
    assert groups == ((0, 2), (1, 3))


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(MalformedDay, match="no pair"):
        some(4, 2, wishes=frozenset([pair(0, 99)]))
    with pytest.raises(MalformedDay, match="group"):
        some(2, 3)
    with pytest.raises(MalformedDay, match="move"):
        effect_of_move(some(), ((0,), (1,)), 0, 7)
