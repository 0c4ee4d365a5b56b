"""Who drives whom: seats, hours of the driver, one trip at a time, before the first segment or after the last."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.day.clock import clock, fits
from activities.core.day.sentences import Breach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from activities.core.day.parts import Trip
    from activities.core.day.plans import DayPlan, PlacedTrip
    from activities.core.day.problem import DayProblem


def _driven(day: DayProblem, plan: DayPlan) -> Iterator[tuple[Trip, PlacedTrip]]:
    known = {trip.key: trip for trip in day.trips}
    return ((known[placed.key], placed) for placed in plan.trips if placed.key in known)


def _times(trip: Trip, placed: PlacedTrip) -> dict[str, str]:
    return {"trip": trip.key, "start": clock(placed.start), "end": clock(placed.start + trip.minutes)}


def every_trip_is_driven(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Each trip has a vehicle."""
    driven = {trip.key for trip, _placed in _driven(day, plan)}
    for trip in day.trips:
        if trip.key not in driven:
            yield Breach("trip_missing", (trip.key,), {"trip": trip.key})


def vehicles_fit(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """A vehicle that may do the trip, with a seat for each child, while its driver is there."""
    vehicles, people = {one.key: one for one in day.vehicles}, {one.key: one for one in day.people}
    for trip, placed in _driven(day, plan):
        vehicle = vehicles.get(placed.vehicle)
        if vehicle is None:
            continue
        facts, keys = _times(trip, placed) | {"name": vehicle.key}, (trip.key, vehicle.key)
        if trip.vehicles and vehicle.key not in trip.vehicles:
            yield Breach("trip_fits", keys, facts)
        if (riders := day.riders(trip.groups)) > vehicle.seats:
            yield Breach("seats", keys, facts | {"count": riders, "most": vehicle.seats})
        if not fits(people[vehicle.driver].hours, placed.start, placed.start + trip.minutes):
            yield Breach("driver_hours", (trip.key, vehicle.driver), facts | {"host": vehicle.driver})


def one_trip_at_a_time(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Between two trips of a vehicle, or of a driver, lies the time to turn."""
    vehicles = {one.key: one for one in day.vehicles}
    for (one, first), (other, second) in combinations(_driven(day, plan), 2):
        mine, theirs = vehicles.get(first.vehicle), vehicles.get(second.vehicle)
        if mine is None or theirs is None or not (mine.key == theirs.key or mine.driver == theirs.driver):
            continue
        gap = max(second.start - first.start - one.minutes, first.start - second.start - other.minutes)
        if gap < (mine.turn_minutes if mine.key == theirs.key else 0):
            keys = (mine.key, one.key, other.key)
            yield Breach("vehicle_twice", keys, {"name": mine.key, "trip": one.key, "other": other.key})


def no_group_on_two_rides(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Who rides in legs rides one after the other."""
    for (one, first), (other, second) in combinations(_driven(day, plan), 2):
        if first.start < second.start + other.minutes and second.start < first.start + one.minutes:
            for group in dict.fromkeys(one.groups):
                if group in other.groups:
                    facts = {"group": group, "segment": one.key, "other": other.key}
                    yield Breach("group_twice", (group, one.key, other.key), facts)


def in_time_for_the_day(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Groups arrive before their first segment begins and leave after their last has ended; windows are kept."""
    groups = {segment.key: segment.groups for segment in day.segments}
    for trip, placed in _driven(day, plan):
        start, end = placed.start, placed.start + trip.minutes
        if trip.window is not None and not trip.window.holds(start, end):
            window = f"{clock(trip.window.start)}-{clock(trip.window.end)}"
            yield Breach("trip_window", (trip.key,), _times(trip, placed) | {"window": window})
        for segment in plan.segments:
            is_clash = start < segment.end if trip.is_return else end > segment.start
            for group in groups.get(segment.key, ()) if is_clash else ():
                if group in trip.groups:
                    facts = _times(trip, placed) | {"group": group, "segment": segment.key}
                    yield Breach("trip_late", (trip.key, group, segment.key), facts)


JUDGES = (every_trip_is_driven, vehicles_fit, one_trip_at_a_time, no_group_on_two_rides, in_time_for_the_day)
