"""Trips in the model: a vehicle with seats and a driver for each, before the first segment or after the last."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.day.clock import DAY_MINUTES, WHOLE_DAY
from activities.core.day.posts import can_drive

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
        if self.times.guards.under("trip_late", trip.key) is None:
            return
        done = list(self.drives[trip.key].values())
        for timed in self.times.timed.values():
            if not set(timed.segment.groups) & set(trip.groups):
                continue
            for literal in done:
                both, start = [literal, timed.is_placed], self.start[trip.key]
                if trip.is_return:
                    self.model.add(start >= timed.end).only_enforce_if(both)
                else:
                    self.model.add(start + trip.minutes <= timed.start).only_enforce_if(both)

    def _no_group_on_two_rides(self) -> None:
        spans = {}
        for trip in self.times.day.trips:
            driven, start = self.model.new_bool_var(f"driven_{trip.key}"), self.start[trip.key]
            self.model.add(sum(self.drives[trip.key].values()) == driven)
            spans[trip.key] = self.model.new_optional_interval_var(
                start, trip.minutes, start + trip.minutes, driven, f"ride_{trip.key}"
            )
        for group in self.times.day.groups:
            mine = [spans[trip.key] for trip in self.times.day.trips if group.key in trip.groups]
            if len(mine) > 1:
                self.model.add_no_overlap(mine)

    def _one_trip_at_a_time(self) -> None:
        """A vehicle, and its driver: other trips, other vehicles, gatherings the driver leads."""
        day = self.times.day
        minutes = {trip.key: trip.minutes for trip in day.trips}
        driver = {one.key: one.driver for one in day.vehicles}
        turn = {one.key: one.turn_minutes for one in day.vehicles}
        done = [(trip, vehicle, literal) for trip, one in self.drives.items() for vehicle, literal in one.items()]
        for (a, mine, one), (b, theirs, two) in combinations(done, 2):
            if a != b and driver[mine] == driver[theirs]:
                gap, first = turn[mine] if mine == theirs else 0, self.model.new_bool_var("")
                start, other = self.start[a], self.start[b]
                self.model.add(start + minutes[a] + gap <= other).only_enforce_if([one, two, first])
                self.model.add(other + minutes[b] + gap <= start).only_enforce_if([one, two, ~first])
        for trip, vehicle, literal in done:
            for key, leads in self.hosts.busy.get(driver[vehicle], {}).items():
                timed, first = self.times.timed[key], self.model.new_bool_var("")
                start = self.start[trip]
                self.model.add(start + minutes[trip] <= timed.start).only_enforce_if([literal, leads, first])
                self.model.add(timed.end <= start).only_enforce_if([literal, leads, ~first])
