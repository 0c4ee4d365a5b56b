"""
Gatherings: what needs a place and hosts of its own.

A plenary is one, a segment by group is one for each group, a rotation one for each station, bound from the segment's
first minute to its last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.core.day.parts import Form

if TYPE_CHECKING:
    from activities.core.day.parts import HostNeed, Segment, Trip, Vehicle
    from activities.core.day.problem import DayProblem


PostKey = tuple[str, str]
"""Segment and gathering."""


@dataclass(frozen=True, slots=True)
class Post:
    """
    One gathering and what it asks for.

    Args:
        key: of the group or station; empty for a plenary.
        groups: who is there at once; for a station each of them in turn.
        places: keys that fit, the better first; empty where the day knows no places.
    """

    segment: str
    key: str
    groups: tuple[str, ...]
    places: tuple[str, ...]
    hosts: tuple[HostNeed, ...]
    equipment: tuple[tuple[str, int], ...]


def posts_of(day: DayProblem, segment: Segment) -> tuple[Post, ...]:
    """Gatherings of one segment, in its own order."""
    own = fitting(day, segment.places, segment.room)
    if segment.form is Form.PLENARY:
        return (Post(segment.key, "", segment.groups, own, segment.hosts, segment.equipment),)
    if segment.form is Form.BY_GROUP:
        return tuple(Post(segment.key, key, (key,), own, segment.hosts, segment.equipment) for key in segment.groups)
    return tuple(
        Post(
            segment.key,
            station.key,
            segment.groups,
            fitting(day, station.places, segment.room) if station.places else own,
            station.hosts or segment.hosts,
            station.equipment or segment.equipment,
        )
        for station in segment.stations
    )


def fitting(day: DayProblem, named: tuple[str, ...], room: str) -> tuple[str, ...]:
    """Named places in their order, else all; only those of the kind asked for."""
    kinds = {place.key: place.kind for place in day.places}
    return tuple(key for key in named or kinds if not room or kinds[key] == room)


def can_host(day: DayProblem, need: HostNeed) -> tuple[str, ...]:
    """Keys of those who could fill a need, whenever they are there."""
    return tuple(
        person.key
        for person in day.people
        if need.role in person.roles and (not need.people or person.key in need.people)
    )


def seats_of(day: DayProblem, segment: Segment) -> dict[tuple[tuple[str, ...], str], int]:
    """
    (those who are there and could sit there, role) -> how many such seats a segment has.

    Which of its gatherings a seat belongs to is left open.
    """
    there = {person.key for person in day.people if person.hours}
    seats: dict[tuple[tuple[str, ...], str], int] = {}
    for post in posts_of(day, segment):
        for need in post.hosts:
            kind = tuple(key for key in can_host(day, need) if key in there), need.role
            seats[kind] = seats.get(kind, 0) + need.count
    return seats


def can_drive(day: DayProblem, trip: Trip) -> tuple[Vehicle, ...]:
    """Vehicles that may do a trip and have the seats, as far as the day insists on it."""
    return tuple(one for one in day.vehicles if not any(day.is_hard(code) for code in misfits_of(day, trip, one.key)))


def misfits_of(day: DayProblem, trip: Trip, vehicle: str) -> tuple[str, ...]:
    """Codes of what speaks against a vehicle for a trip."""
    seats = next(one.seats for one in day.vehicles if one.key == vehicle)
    is_another = bool(trip.vehicles) and vehicle not in trip.vehicles
    return ("trip_fits",) * is_another + ("seats",) * (seats < day.riders(trip.groups))
