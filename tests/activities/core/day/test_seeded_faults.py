"""A hundred faults put into good plans: the judge finds each, and by its name."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest

from activities.core.day import RULES, check, in_the_rain, plan, read_day, violations_of, with_lock, without_host
from activities.core.day.plans import DayPlan, PlacedTrip
from activities.core.day.templates import template_day
from activities.core.day.zhuji import zhuji_day, zhuji_paper_plan
from tests.activities.core.day.builders import QUICK

EACH = 5
"""Seeds for every kind of fault."""


@cache
def good(code):
    """A built-in day with a plan the judge has nothing against."""
    if code == "zhuji":
        return zhuji_day(), zhuji_paper_plan()
    day = read_day(template_day(code))
    if code == "outing":
        # Two coaches, so that there is a wrong one, and a hall nobody fits into.
        coach = replace(day.vehicles[0], key="minibus", name="中巴", seats=12)
        nook = replace(day.places[0], key="nook", name="小屋", kind="场馆", capacity=3)
        day = replace(day, vehicles=(*day.vehicles, coach), places=(*day.places, nook))
    found = plan(day, QUICK).plan
    assert found is not None
    assert violations_of(day, found) == ()
    return day, found


def changed(found, one, **columns):
    return replace(found, segments=tuple(replace(each, **columns) if each is one else each for each in found.segments))


def posts_with(one, post, **columns):
    return tuple(replace(each, **columns) if each is post else each for each in one.posts)


def any_day(rng):
    return good(rng.choice(["zhuji", "outing", "health"]))


def fits(one, wanted):
    """Any segment of the plan that is fit for a fault, in an order of the seed's own."""
    return [each for each in one.segments if wanted(each)]


def too_long(rng):
    day, found = any_day(rng)
    one = rng.choice(found.segments)
    longest = next(segment for segment in day.segments if segment.key == one.key).minutes.longest
    return day, changed(found, one, minutes=longest + rng.randint(1, 30)), {"length"}


def too_early(rng):
    day, found = any_day(rng)
    one = rng.choice(found.segments)
    return day, changed(found, one, start=day.begin - rng.randint(1, 60)), {"day_bounds"}


def too_late(rng):
    day, found = any_day(rng)
    one = rng.choice(found.segments)
    return day, changed(found, one, start=day.end - rng.randint(1, one.minutes - 1)), {"day_bounds"}


def left_out(rng):
    day, found = any_day(rng)
    gone = rng.choice(found.segments)
    return day, replace(found, segments=tuple(one for one in found.segments if one is not gone)), {"placed"}


def twice(rng):
    day, found = any_day(rng)
    return day, replace(found, segments=(*found.segments, rng.choice(found.segments))), {"once"}


def unknown(rng):
    """A segment, a place, a host or a gathering the day does not have."""
    day, found = any_day(rng)
    one = rng.choice(found.segments)
    post = rng.choice(one.posts)
    kinds = [
        {"key": f"x{rng.random()}"},
        {"posts": posts_with(one, post, place=f"attic{rng.random()}")},
        {"posts": posts_with(one, post, hosts=(*post.hosts, f"ghost{rng.random()}"))},
        {"posts": posts_with(one, post, key=f"nobody{rng.random()}")},
    ]
    return day, changed(found, one, **rng.choice(kinds)), {"known"}


def a_gathering_missing(rng):
    day, found = any_day(rng)
    one = rng.choice(fits(found, lambda each: len(each.posts) > 1))
    gone = rng.choice(one.posts)
    return day, changed(found, one, posts=tuple(post for post in one.posts if post is not gone)), {"complete"}


def nobody_leads(rng):
    day, found = any_day(rng)
    one = rng.choice(fits(found, lambda each: any(post.hosts for post in each.posts)))
    post = rng.choice([each for each in one.posts if each.hosts])
    return day, changed(found, one, posts=posts_with(one, post, hosts=post.hosts[1:])), {"host_count"}


def somebody_else_leads(rng):
    day, found = good(rng.choice(["zhuji", "outing"]))
    one = rng.choice(fits(found, lambda each: any(post.hosts for post in each.posts)))
    post = rng.choice([each for each in one.posts if each.hosts])
    return day, changed(found, one, posts=posts_with(one, post, hosts=("driver", *post.hosts[1:]))), {"host_fits"}


def one_host_in_two_places(rng):
    day, found = any_day(rng)
    one = rng.choice(fits(found, lambda each: len([post for post in each.posts if post.hosts]) > 1))
    first, second = rng.sample([post for post in one.posts if post.hosts], 2)
    return day, changed(found, one, posts=posts_with(one, second, hosts=first.hosts)), {"host_twice"}


def an_ill_host(rng):
    day, found = any_day(rng)
    busy = sorted({host for one in found.segments for post in one.posts for host in post.hosts})
    return without_host(day, rng.choice(busy)), found, {"host_hours"}


def two_at_once(rng):
    day, found = any_day(rng)
    one, other = rng.sample(found.segments, 2)
    return day, changed(found, one, start=other.start + rng.randint(0, 3)), {"group_twice"}


def out_of_order(rng):
    day, found = any_day(rng)
    later = [segment for segment in day.segments if segment.after and found.segment(segment.key)]
    segment = rng.choice(later)
    before = found.segment(segment.after[0].segment)
    one = found.segment(segment.key)
    return day, changed(found, one, start=before.end + segment.after[0].least - rng.randint(1, 15)), {"after"}


def a_visit_lost(rng):
    day, found, one, visit = a_visit(rng)
    return day, changed(found, one, visits=tuple(each for each in one.visits if each is not visit)), {"complete"}


def two_groups_at_a_station(rng):
    day, found, one, visit = a_visit(rng)
    other = rng.choice([each for each in one.visits if each.station == visit.station and each is not visit])
    moved = tuple(replace(each, start=other.start) if each is visit else each for each in one.visits)
    return day, changed(found, one, visits=moved), {"station_twice"}


def a_visit_outside(rng):
    day, found, one, visit = a_visit(rng)
    start = rng.choice([one.start - rng.randint(1, 9), one.end - visit.minutes + rng.randint(1, 9)])
    moved = tuple(replace(each, start=start) if each is visit else each for each in one.visits)
    return day, changed(found, one, visits=moved), {"inside"}


def a_visit_too_long(rng):
    day, found, one, visit = a_visit(rng)
    longest = next(segment for segment in day.segments if segment.key == one.key).rotation.round.longest
    moved = tuple(replace(each, minutes=longest + rng.randint(1, 9)) if each is visit else each for each in one.visits)
    return day, changed(found, one, visits=moved), {"round_length"}


def a_visit(rng):
    day, found = good(rng.choice(["zhuji", "health"]))
    one = rng.choice(fits(found, lambda each: each.visits))
    return day, found, one, rng.choice(one.visits)


def out_in_the_rain(rng):
    day, found = good(rng.choice(["zhuji", "outing"]))
    outside = {place.key for place in day.places if not place.is_indoor}
    one = rng.choice(found.segments)
    post = rng.choice(one.posts)
    return in_the_rain(day), changed(found, one, posts=posts_with(one, post, place=min(outside))), {"rain"}


def too_many_in_a_room(rng):
    day, found = good("outing")
    one = rng.choice(found.segments)
    post = rng.choice(one.posts)
    return day, changed(found, one, posts=posts_with(one, post, place="nook")), {"capacity"}


def a_wrong_ride(rng):
    """No coach, a coach with too few seats, one that leaves too late, or one that is on its other way still."""
    day, found = good("outing")
    one = rng.choice(found.trips)
    others = tuple(each for each in found.trips if each is not one)
    if one.key == "out":
        late = replace(one, start=one.start + rng.randint(1, 40) + min(each.start for each in found.segments))
    else:
        late = replace(one, start=found.finish - rng.randint(1, 40))
    kinds = [
        (others, "trip_missing"),
        ((*others, replace(one, vehicle="minibus")), "seats"),
        ((*others, late), "trip_late"),
        ((*others, PlacedTrip(one.key, one.vehicle, others[0].start + rng.randint(0, 9))), "vehicle_twice"),
        ((*found.trips, PlacedTrip(f"more{rng.random()}", one.vehicle, one.start)), "known"),
    ]
    trips, rule = rng.choice(kinds)
    return day, DayPlan(found.segments, trips), {rule}


def a_lock_forgotten(rng):
    day, found = any_day(rng)
    one = rng.choice(found.segments)
    moved = changed(found, one, start=one.start + rng.choice([-1, 1]) * rng.randint(1, 30))
    return with_lock(day, found, one.key), moved, {"locked"}


KINDS = [
    too_long, too_early, too_late, left_out, twice, unknown, a_gathering_missing, nobody_leads, somebody_else_leads,
    one_host_in_two_places, an_ill_host, two_at_once, out_of_order, a_visit_lost, two_groups_at_a_station,
    a_visit_outside, a_visit_too_long, out_in_the_rain, too_many_in_a_room, a_wrong_ride, a_lock_forgotten,
]  # fmt: skip


@cache
def faults():
    """(kind, seed, day, plan, rule) of every fault, no two alike."""
    found, seen = [], set()
    for kind in KINDS:
        rng = random.Random(kind.__name__)
        for _ in range(200):
            day, bad, rules = kind(rng)
            mark = (day.key, day.people, day.is_raining, day.locks, bad)
            if mark not in seen and sum(one[0] is kind for one in found) < EACH:
                seen.add(mark)
                found.append((kind, day, bad, rules))
    return found


def test_there_are_a_hundred_faults_and_more_and_no_two_alike():
    assert len(faults()) >= 100
    assert set().union(*(rules for *_rest, rules in faults())) <= {rule.code for rule in RULES}
    assert len(set().union(*(rules for *_rest, rules in faults()))) >= 20


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_fault_is_found_by_its_name(kind):
    mine = [one for one in faults() if one[0] is kind]
    assert len(mine) >= 3
    for _kind, day, bad, rules in mine:
        broken = check(day, bad)
        assert rules <= {one.rule for one in broken}
        assert violations_of(day, bad)
        assert all(one.sentence and one.sentence_en for one in broken)
