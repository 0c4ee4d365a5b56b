"""Ways that contradict each other: judge and planner take the same view, the shortest written way."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from activities.core.day import check, day_as_json, plan, read_day
from activities.core.day.ways import shortest_ways
from backend.kernel.solving import SolveStatus
from tests.activities.core.day.builders import ANN, HALL, QUICK, TEACHER, YARD, a_day, a_plan, a_segment, placed

GATE = {"key": "gate"}
LONG = [
    {"from": "hall", "to": "yard", "minutes": 30},
    {"from": "hall", "to": "gate", "minutes": 5},
    {"from": "gate", "to": "yard", "minutes": 5},
]
PLACES = {"places": [HALL, GATE, YARD]}


def a_walk(minutes, **more):
    """From the hall over the gate to the yard, so long at the gate."""
    after = [{"segment": "b"}]
    rows = (
        a_segment("a", places=["hall"], start="09:00", **TEACHER),
        a_segment("b", minutes, places=["gate"], after=[{"segment": "a"}], **TEACHER),
        a_segment("c", places=["yard"], after=after, **TEACHER),
    )
    return a_day(*rows, people=[ANN], **PLACES, **more)


def walked(minutes, gate, yard):
    led = {"hosts": ["ann"]}
    return a_plan(
        placed("a", place="hall", **led),
        placed("b", gate, minutes, place="gate", **led),
        placed("c", yard, place="yard", **led),
    )


def test_the_shortest_written_way_counts_for_all():
    day = a_walk(15, transfers=LONG)
    by_hand = walked(15, "09:35", "09:55")
    assert [day.transfer(*pair) for pair in (("hall", "yard"), ("yard", "hall"), ("hall", "gate"))] == [10, 10, 5]
    assert check(day, by_hand) == ()
    result = plan(day, QUICK)
    assert (result.status, result.plan.segment("c").start) == (SolveStatus.OPTIMAL, by_hand.segment("c").start)


def test_what_was_written_stays_as_it_was_written():
    day = a_walk(15, transfers=LONG)
    assert day_as_json(day)["transfers"] == LONG
    assert read_day(day_as_json(day)) == day


def test_a_guess_undoes_no_way_that_was_written():
    day = a_day(transfers=LONG[:1], transfer_minutes=0, **PLACES)
    assert [day.transfer("hall", "yard"), day.transfer("hall", "gate")] == [30, 0]


def test_a_way_along_others_is_never_longer_than_the_guess():
    day = a_day(transfers=LONG[1:], transfer_minutes=7, **PLACES)
    assert day.transfer("hall", "yard") == 7
    assert a_day(transfers=LONG[1:], transfer_minutes=20, **PLACES).transfer("hall", "yard") == 10


def test_a_way_takes_its_time_also_with_a_stop_in_between():
    """Judge and planner agree on it, also where only a guess leads over the stop."""
    day = a_walk(15, transfers=LONG[:1], transfer_minutes=0)
    assert {one.rule for one in check(day, walked(15, "09:30", "09:45"))} == {"transfer", "host_transfer"}
    assert check(day, walked(15, "09:30", "10:00")) == ()
    assert plan(day, QUICK).plan.segment("c").start == 600


def test_each_way_may_have_its_own_minutes():
    ways = shortest_ways({("up", "down"): 3, ("down", "up"): 8}, 0)
    assert ways == {("up", "down"): 3, ("down", "up"): 8}


@pytest.mark.parametrize("seed", range(20))
def test_no_written_way_can_be_shortened_any_more(seed):
    rng = random.Random(seed)
    names = "abcdef"
    pairs = [pair for pair in permutations(names, 2) if pair[0] < pair[1] and rng.random() < 0.7]
    written = {pair: rng.randint(0, 40) for pair in pairs}
    ways = shortest_ways(written, 10_000)
    for one, via, other in permutations(names, 3):
        if (one, via) in ways and (via, other) in ways:
            assert ways[one, other] <= ways[one, via] + ways[via, other]
    assert all(ways[pair] <= minutes for pair, minutes in written.items())
