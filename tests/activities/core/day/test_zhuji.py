"""The day at Majian: its own order and lengths, its own plan, and what happens when something goes wrong."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from activities.core.day import (
    apply_relaxation,
    arriving_late,
    check,
    day_as_json,
    in_the_rain,
    plan,
    plan_as_json,
    read_day,
    read_plan,
    read_relaxation,
    replan,
    violations_of,
    with_lock,
    without_host,
    zhuji_day,
    zhuji_paper_plan,
)
from activities.core.day.clock import clock
from backend.kernel.solving import SolveStatus
from tests.activities.core.day.builders import QUICK, at

DAY, PAPER = zhuji_day(), zhuji_paper_plan()


def test_the_paper_plan_breaks_no_rule():
    assert check(DAY, PAPER) == ()


def test_files_give_back_what_was_written():
    assert read_day(day_as_json(DAY)) == DAY
    assert read_plan(plan_as_json(PAPER)) == PAPER


def test_it_ends_at_half_past_eleven_in_the_source_order_and_nobody_waits():
    result = plan(DAY, QUICK)

    assert result.status == SolveStatus.OPTIMAL
    assert clock(result.plan.finish) == "11:30"
    assert [one.key for one in result.plan.segments] == ["ice", "games", "play", "gifts", "photo"]
    assert [result.goal(name).value for name in ("waiting", "order", "reserve")] == [0, 0, 0]
    assert check(DAY, result.plan) == ()
    assert plan(DAY, QUICK).plan == result.plan


def test_with_ranges_it_ends_earlier():
    result = plan(zhuji_day(has_ranges=True), QUICK)

    assert (result.status, clock(result.plan.finish)) == (SolveStatus.OPTIMAL, "11:00")


def test_a_reserve_takes_over_and_only_the_ill_hosts_gatherings_change():
    result = replan(without_host(DAY, "palace2"), PAPER, QUICK)

    assert result.status == SolveStatus.OPTIMAL
    assert [(one.kind, one.before, one.after) for one in result.changes] == [("host", "palace2", "reserve")] * 2
    assert result.goal("changes").bound == 2


def test_rain_moves_the_photo_into_the_hall_and_nothing_else():
    result = replan(in_the_rain(DAY), PAPER, QUICK)

    assert [(one.kind, one.keys[0], one.after) for one in result.changes] == [("place", "photo", "hall")]
    assert result.status == SolveStatus.OPTIMAL


def test_a_late_bus_moves_as_few_segments_as_can_be_and_locks_stay():
    late = arriving_late(DAY, ("g3", "g4"), at("09:20"))
    locked = with_lock(late, PAPER, "photo")
    result = replan(locked, PAPER, QUICK)

    assert (result.status, len(result.changes)) == (SolveStatus.OPTIMAL, 2)
    assert result.plan.segment("photo") == PAPER.segment("photo")
    assert violations_of(locked, result.plan) == ()


def test_a_day_that_begins_late_keeps_its_order_where_it_is_asked_to():
    late = arriving_late(DAY, ("g2",), at("09:20"))
    fewest, in_order = replan(late, PAPER, QUICK), replan(late, PAPER, QUICK, keeps_order=True)

    assert [one.key for one in fewest.plan.segments][-1] == "games"
    assert (in_order.status, in_order.goal("order").value) == (SolveStatus.OPTIMAL, 0)
    assert [one.key for one in in_order.plan.segments] == [one.key for one in PAPER.segments]
    assert fewest.goal("changes").value < in_order.goal("changes").bound
    assert violations_of(late, in_order.plan) == ()


def test_nothing_changed_means_no_change():
    assert replan(DAY, PAPER, QUICK).changes == ()


@pytest.mark.parametrize(
    ("day", "rules"),
    [
        (replace(DAY, end=at("11:15")), ["day_bounds"]),
        (replace(DAY, people=DAY.people[2:]), ["host_count"]),
        (replace(DAY, segments=(*DAY.segments[:4], replace(DAY.segments[4], start=at("09:10")))), ["window"]),
    ],
)  # fmt: skip
def test_an_impossible_day_says_what_to_give_up_and_the_button_helps(day, rules):
    result = plan(day, QUICK)

    assert (result.status, result.plan, result.is_least) == (SolveStatus.INFEASIBLE, None, True)
    assert [one.rule for one in result.relaxations] == rules
    for one in result.relaxations:
        assert one.sentence
        assert one.sentence_en
        day = apply_relaxation(day, read_relaxation(one.as_json()))
    assert plan(day, QUICK).status == SolveStatus.OPTIMAL


def test_a_circle_is_invalid_and_names_its_keys():
    node = day_as_json(DAY)
    node["segments"][0]["after"] = ["photo"]
    node["segments"][3]["after"] = ["ice"]
    result = plan(read_day(node), QUICK)

    assert (result.status, set(result.conflicts)) == (SolveStatus.INVALID, {"ice", "gifts", "photo"})


def faulty(seed: int):
    """The paper plan with one fault that no reading of the day allows."""
    rng = random.Random(seed)
    segments = list(PAPER.segments)
    index = rng.randrange(len(segments))
    one = segments[index]
    post = rng.choice(one.posts)
    others = tuple(each for each in one.posts if each is not post)
    games = segments[1]
    visit = rng.choice(games.visits)
    rest = tuple(each for each in games.visits if each is not visit)
    shift = rng.choice([-25, -10, -5, 5, 10, 25])
    kinds = [
        lambda: segments.__setitem__(index, replace(one, minutes=one.minutes + shift)),
        lambda: segments.__setitem__(index, replace(one, start=rng.choice([0, 480, 539, 700, 719]))),
        lambda: segments.pop(index),
        lambda: segments.append(one),
        lambda: segments.__setitem__(index, replace(one, posts=(*others, replace(post, place="attic")))),
        lambda: segments.__setitem__(index, replace(one, posts=(*others, replace(post, hosts=("driver",))))),
        lambda: segments.__setitem__(index, replace(one, posts=(*others, replace(post, key="nobody")))),
        lambda: segments.__setitem__(1, replace(games, visits=rest)),
        lambda: segments.__setitem__(1, replace(games, visits=(*rest, replace(visit, start=visit.start + shift)))),
        lambda: segments.__setitem__(1, replace(games, visits=(*rest, replace(visit, minutes=visit.minutes + 1)))),
    ]
    rng.choice(kinds)()
    return replace(PAPER, segments=tuple(segments))


@pytest.mark.parametrize("seed", range(100))
def test_every_seeded_fault_is_found(seed):
    plan = faulty(seed)
    assert plan != PAPER
    assert violations_of(DAY, plan)
