"""Trips in the model: a vehicle with seats and a driver for each, before the first segment or after the last."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.day.clock import DAY_MINUTES, WHOLE_DAY
from activities.core.day.posts import can_drive, misfits_of

if TYPE_CHECKING:
    from activities.core.day.guards import Literal
    from activities.core.day.model import Linear
    from activities.core.day.model_hosts import HostModel
    from activities.core.day.parts import Trip


class TripModel:
    """When each trip starts and which vehicle does it: `start[trip]`, `drives[trip][vehicle]`."""

    def __init__(self, hosts: HostModel) -> None:
        self.times, self.hosts, self.model = hosts.times, hosts, hosts.model
        day = self.times.day
        self.start: dict[str, Linear] = {}
        self.drives: dict[str, dict[str, Literal]] = {}
        for trip in day.trips:
            self.start[trip.key] = self.model.new_int_var(0, DAY_MINUTES, f"trip_{trip.key}")
            self.drives[trip.key] = self._vehicles(trip)
            self._keeps_its_window(trip)
            self._is_in_time(trip)
        self._one_trip_at_a_time()
        self._no_group_on_two_rides()

    def _vehicles(self, trip: Trip) -> dict[str, Literal]:
        drives = {
            one.key: self.model.new_bool_var(f"drives_{trip.key}_{one.key}") for one in can_drive(self.times.day, trip)
        }
        self.model.add_at_most_one(drives.values())
        for vehicle, literal in drives.items():
            for code in misfits_of(self.times.day, trip, vehicle):
                unfit = self.times.guards.under(code, trip.key, vehicle)
                if unfit is not None:
                    self.model.add_bool_or([~literal, *(~one for one in unfit)])
        under = self.times.guards.under("trip_missing", trip.key)
        if under is not None:
            self.model.add_bool_or([*drives.values(), *(~one for one in under)])
        return drives

    def _keeps_its_window(self, trip: Trip) -> None:
        under = self.times.guards.under("trip_window", trip.key) if trip.window else None
        start, end = self.start[trip.key], self.start[trip.key] + trip.minutes
        self.model.add(end <= DAY_MINUTES)
        for vehicle, literal in self.drives[trip.key].items():
            if under is not None and trip.window is not None:
                self.times.inside((trip.window,), start, end, [*under, literal])
            self._driver_is_there(trip, vehicle, literal)

    def _driver_is_there(self, trip: Trip, vehicle: str, literal: Literal) -> None:
        day = self.times.day
        driver = next(one.driver for one in day.vehicles if one.key == vehicle)
        hours = next(one.hours for one in day.people if one.key == driver)
        under = self.times.guards.under("driver_hours", driver) if hours != WHOLE_DAY else None
        if under is not None:
            self.times.inside(hours, self.start[trip.key], self.start[trip.key] + trip.minutes, [*under, literal])

    def _is_in_time(self, trip: Trip) -> None:
        for timed in self.times.timed.values():
            names = [(trip.key, group, timed.segment.key) for group in timed.segment.groups if group in trip.groups]
            under = self.times.guards.under_all("trip_late", names) if names else None
            for literal in self.drives[trip.key].values() if under is not None else ():
                both, start = [*(under or ()), literal, timed.is_placed], self.start[trip.key]
                if trip.is_return:
                    self.model.add(start >= timed.end).only_enforce_if(both)
                else:
                    self.model.add(start + trip.minutes <= timed.start).only_enforce_if(both)

    def _no_group_on_two_rides(self) -> None:
        driven = {trip.key: self.model.new_bool_var(f"driven_{trip.key}") for trip in self.times.day.trips}
        for trip, literal in driven.items():
            self.model.add(sum(self.drives[trip].values()) == literal)
        for one, two in combinations(self.times.day.trips, 2):
            names = [(group, one.key, two.key) for group in dict.fromkeys(one.groups) if group in two.groups]
            under = self.times.guards.under_all("group_twice", names) if names else None
            if under is not None:
                self._apart(one, two, 0, [*under, driven[one.key], driven[two.key]])

    def _apart(self, one: Trip, two: Trip, gap: int, under: list[Literal]) -> None:
        """One of two trips ends so many minutes before the other begins."""
        first, start, other = self.model.new_bool_var(""), self.start[one.key], self.start[two.key]
        self.model.add(start + one.minutes + gap <= other).only_enforce_if([*under, first])
        self.model.add(other + two.minutes + gap <= start).only_enforce_if([*under, ~first])

    def _one_trip_at_a_time(self) -> None:
        """A vehicle, and its driver: other trips, other vehicles, gatherings the driver leads."""
        day, trips = self.times.day, {trip.key: trip for trip in self.times.day.trips}
        driver = {one.key: one.driver for one in day.vehicles}
        turn = {one.key: one.turn_minutes for one in day.vehicles}
        done = [(trip, vehicle, literal) for trip, one in self.drives.items() for vehicle, literal in one.items()]
        for (a, mine, one), (b, theirs, two) in combinations(done, 2):
            is_one = a != b and driver[mine] == driver[theirs]
            under = self.times.guards.under("vehicle_twice", mine, a, b) if is_one else None
            if under is not None:
                self._apart(trips[a], trips[b], turn[mine] if mine == theirs else 0, [*under, one, two])
        for trip, vehicle, literal in done:
            for key, leads in self.hosts.busy.get(driver[vehicle], {}).items():
                self._drives_or_leads(trips[trip], driver[vehicle], key, [literal, leads])

    def _drives_or_leads(self, trip: Trip, driver: str, key: str, both: list[Literal]) -> None:
        under = self.times.guards.under("host_twice", driver, key, trip.key)
        if under is not None:
            timed, first, start = self.times.timed[key], self.model.new_bool_var(""), self.start[trip.key]
            self.model.add(start + trip.minutes <= timed.start).only_enforce_if([*under, *both, first])
            self.model.add(timed.end <= start).only_enforce_if([*under, *both, ~first])
