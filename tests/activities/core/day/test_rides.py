"""Rides have a time of their own: no bus waits for hours, and none moves that need not."""

from __future__ import annotations

from dataclasses import replace

from activities.core.day import DayPlan, PlacedTrip, check, measure, plan, replan
from backend.kernel.solving import SolveStatus
from tests.activities.core.day.builders import ANN, BEN, BUS, QUICK, a_day, a_segment, at

BOTH = {
    "trips": [
        {"key": "in", "groups": ["g1"], "minutes": 30},
        {"key": "out", "groups": ["g1"], "minutes": 30, "is_return": True},
    ]
}


def starts(found: DayPlan) -> dict[str, int]:
    return {trip.key: trip.start for trip in found.trips}


def test_a_bus_comes_as_the_day_begins_and_leaves_as_it_ends():
    result = plan(a_day(**BUS, **BOTH), QUICK)
    assert result.status == SolveStatus.OPTIMAL
    assert (starts(result.plan), result.goal("rides").value) == ({"in": at("08:30"), "out": at("09:30")}, 0)


def test_one_bus_for_two_groups_lets_as_few_children_wait_as_can_be():
    rides = [{"key": f"in{n}", "groups": [f"g{n}"], "minutes": 30} for n in (1, 2)]
    groups = [{"key": "g1", "size": 4}, {"key": "g2", "size": 20}]
    result = plan(a_day(groups=groups, **BUS, trips=rides), QUICK)
    assert (result.status, result.goal("rides").value) == (SolveStatus.OPTIMAL, 4 * 30)
    assert starts(result.plan) == {"in1": at("08:00"), "in2": at("08:30")}


def test_waiting_beside_a_ride_is_counted_from_the_plan_alone():
    day = a_day(a_segment(), a_segment("b", groups=["g2"]), **BUS, **BOTH)
    found = plan(day, QUICK).plan
    early = replace(found, trips=(PlacedTrip("in", "bus", at("08:00")), PlacedTrip("out", "bus", at("10:00"))))
    assert (measure(day, found)["rides"], measure(day, early)["rides"]) == (0, 10 * (30 + 30))


def test_another_driver_moves_a_ride_no_further_than_needed():
    cars = [{"key": "bus", "seats": 20, "driver": "ann"}, {"key": "van", "seats": 20, "driver": "ben"}]
    day = a_day(people=[ANN, BEN | {"hours": [["08:10", "12:00"]]}], vehicles=cars, trips=BOTH["trips"][:1])
    found = plan(day, QUICK).plan
    base = replace(found, trips=(PlacedTrip("in", "bus", at("08:00")),))
    ill = replace(day, people=(replace(day.people[0], hours=()), day.people[1]))
    result = replan(ill, base, QUICK)
    assert (result.status, result.plan.trips) == (SolveStatus.OPTIMAL, (PlacedTrip("in", "van", at("08:10")),))
    assert result.goal("moved").value == 10


def test_a_ride_the_base_did_not_have_begins_where_it_is_needed():
    day = a_day(**BUS, **BOTH)
    base = replace(plan(day, QUICK).plan, trips=())
    assert starts(replan(day, base, QUICK).plan) == {"in": at("08:30"), "out": at("09:30")}


def test_a_day_whose_bounds_are_no_rule_may_last_longer():
    parts = [a_segment("a", 100), a_segment("b", 100)]
    for level in ("warn", "ignore"):
        result = plan(a_day(*parts, rules={"day_bounds": level}), QUICK)
        assert (result.status, result.goal("finish").value) == (SolveStatus.OPTIMAL, at("12:20"))


def test_who_rides_in_two_legs_rides_one_after_the_other():
    cars = [{"key": "bus", "seats": 20, "driver": "ann"}, {"key": "boat", "seats": 20, "driver": "ben"}]
    legs = [{"key": f"in{n}", "groups": ["g1"], "minutes": 30} for n in (1, 2)]
    day = a_day(people=[ANN, BEN], vehicles=cars, trips=legs)
    found = plan(day, QUICK)
    assert sorted(starts(found.plan).values()) == [at("08:00"), at("08:30")]
    at_once = replace(found.plan, trips=(PlacedTrip("in1", "bus", at("08:29")), PlacedTrip("in2", "boat", at("08:00"))))
    assert [(one.rule, one.keys) for one in check(day, at_once)] == [("group_twice", ("g1", "in1", "in2"))]
