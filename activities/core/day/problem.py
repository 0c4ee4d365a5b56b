"""An event day as one frozen value that refuses what could not be meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from activities.core.day.clock import DAY_MINUTES
from activities.core.day.errors import MalformedDay
from activities.core.day.parts import Form
from activities.core.day.rules import BY_CODE, Level
from activities.core.day.ways import shortest_ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from activities.core.day.parts import (
        BudgetLine,
        Group,
        HostNeed,
        Lock,
        Person,
        Place,
        Segment,
        Supply,
        Trip,
        Vehicle,
    )

MOST_SEGMENTS, MOST_GROUPS, MOST_PEOPLE, MOST_PLACES, MOST_STATIONS = 120, 60, 300, 60, 30
"""Larger days are several days; beyond this no model is built."""


@dataclass(frozen=True, slots=True)
class DayProblem:
    """
    One event day.

    Args:
        begin, end: bounds of the programme, minutes from midnight, `0 <= begin < end <= 1440`.
        segments: in the order of the organisers' own plan.
        transfers: minutes between two places as written, both ways; `transfer_minutes` between two that are not named.
            What a way takes says `transfer`: judge and planner alike ask there.
        equipment: key -> pieces there are.
        levels: rule code -> level, where this day differs from `RULES`.
        is_raining: nothing takes place in the open.
        locks: decisions that stay.
        title, date, organisers, co_organisers, notes: carried, not planned with.

    Raises:
        MalformedDay: a key twice, a key nobody has, a number outside its range; names the place and the remedy.
    """

    key: str
    begin: int
    end: int
    groups: tuple[Group, ...]
    segments: tuple[Segment, ...]
    places: tuple[Place, ...] = ()
    people: tuple[Person, ...] = ()
    transfers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    transfer_minutes: int = 0
    equipment: Mapping[str, int] = field(default_factory=dict)
    supplies: tuple[Supply, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()
    trips: tuple[Trip, ...] = ()
    budget: tuple[BudgetLine, ...] = ()
    levels: Mapping[str, Level] = field(default_factory=dict)
    is_raining: bool = False
    locks: tuple[Lock, ...] = ()
    title: str = ""
    date: str = ""
    organisers: tuple[str, ...] = ()
    co_organisers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    _ways: Mapping[tuple[str, str], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what could not be meant, in the order of the fields."""
        _check_bounds(self)
        _check_keys(self)
        _check_segments(self)
        _check_rest(self)
        # A frozen value may only be completed like this.
        object.__setattr__(self, "_ways", shortest_ways(self.transfers, self.transfer_minutes))

    def level(self, code: str) -> Level:
        """How seriously this day takes a rule."""
        return self.levels.get(code, BY_CODE[code].level)

    def is_hard(self, code: str) -> bool:
        """Whether a plan that breaks the rule is none, or cannot be released."""
        return self.level(code) in (Level.FORBID, Level.BLOCK_RELEASE)

    def transfer(self, one: str, other: str) -> int:
        """Minutes from one place to another, the shortest way; 0 where one of them is not known."""
        if one == other or not one or not other:
            return 0
        return self._ways.get((one, other), self.transfer_minutes)

    def segment(self, key: str) -> Segment:
        """One segment by key."""
        return next(one for one in self.segments if one.key == key)

    def group(self, key: str) -> Group:
        """One group by key."""
        return next(one for one in self.groups if one.key == key)

    def riders(self, groups: Iterable[str]) -> int:
        """Children of these groups."""
        wanted = set(groups)
        return sum(group.size for group in self.groups if group.key in wanted)

    def post_name(self, segment: str, key: str) -> str:
        """What people call a gathering of a segment: two rotations may use one key for a station each."""
        stations = (one for each in self.segments if each.key == segment for one in each.stations if one.key == key)
        return next((one.name or one.key for one in stations), None) or self.name_of(key)

    def name_of(self, key: str) -> str:
        """What people call a segment, group, station, place, person, supply, vehicle or trip."""
        return next((one.name or one.key for part in self._named() for one in part if one.key == key), key)

    def knows(self, key: str) -> bool:
        """Whether anything of the day has this key."""
        return any(one.key == key for part in self._named() for one in part)

    def _named(self) -> Iterator[Iterable[Any]]:
        yield from (self.segments, self.groups)
        yield (station for segment in self.segments for station in segment.stations)
        yield from (self.places, self.people, self.supplies, self.vehicles, self.trips)


def _check_bounds(day: DayProblem) -> None:
    if not 0 <= day.begin < day.end <= DAY_MINUTES:
        raise MalformedDay("begin, end", "are no day", "let begin be earlier than end, both from 00:00 to 24:00")
    if not day.groups:
        raise MalformedDay("groups", "is empty", "name at least one group; a single one for children who stay together")
    sizes = ("segments", MOST_SEGMENTS), ("groups", MOST_GROUPS), ("people", MOST_PEOPLE), ("places", MOST_PLACES)
    for name, most in sizes:
        if len(getattr(day, name)) > most:
            raise MalformedDay(name, f"has {len(getattr(day, name))} entries", f"plan at most {most} in one day")


def _check_keys(day: DayProblem) -> None:
    for name in ("groups", "places", "people", "segments", "supplies", "vehicles", "trips", "budget"):
        _no_key_twice(name, [one.key for one in getattr(day, name)])
    for code in day.levels:
        if code not in BY_CODE:
            raise MalformedDay(f"rules.{code}", "is no rule", f"use one of {', '.join(sorted(BY_CODE))}")
        if BY_CODE[code].scope == "plan":
            raise MalformedDay(f"rules.{code}", "cannot be changed", "leave it out: it says what a plan is")


def _no_key_twice(place: str, keys: list[str]) -> None:
    for index, key in enumerate(keys):
        if not key:
            raise MalformedDay(f"{place}[{index}].key", "is empty", "give it a short name of its own")
        if key in keys[:index]:
            raise MalformedDay(f"{place}[{index}].key", f"{key!r} stands twice", "give each its own key")


def _known(place: str, keys: Iterable[str], known: set[str], noun: str) -> None:
    for key in keys:
        if key not in known:
            raise MalformedDay(place, f"{key!r} is no {noun} of this day", f"use a key that stands under {noun}s")


def _check_segments(day: DayProblem) -> None:
    segments = {segment.key for segment in day.segments}
    for index, segment in enumerate(day.segments):
        here = f"segments[{index}]"
        _known(f"{here}.groups", segment.groups, {group.key for group in day.groups}, "group")
        _no_key_twice(f"{here}.groups", list(segment.groups))
        _known(f"{here}.after", [one.segment for one in segment.after], segments - {segment.key}, "other segment")
        _check_gathering(day, here, segment.places, segment.hosts, segment.equipment)
        if not segment.groups:
            raise MalformedDay(f"{here}.groups", "is empty", "name who takes part, or leave it out for everybody")
        if (segment.form is Form.ROTATION) != (segment.rotation is not None):
            raise MalformedDay(f"{here}.rotation", "does not fit the form", "a rotation has stations, nothing else has")
        _check_rotation(day, here, segment)


def _check_rotation(day: DayProblem, here: str, segment: Segment) -> None:
    if segment.rotation is None:
        return
    if not 1 <= len(segment.stations) <= MOST_STATIONS:
        raise MalformedDay(f"{here}.stations", "has no fit number", f"name 1 to {MOST_STATIONS} stations")
    _no_key_twice(f"{here}.stations", [station.key for station in segment.stations])
    for number, station in enumerate(segment.stations):
        _check_gathering(day, f"{here}.stations[{number}]", station.places, station.hosts, station.equipment)


def _check_gathering(
    day: DayProblem,
    here: str,
    places: tuple[str, ...],
    hosts: tuple[HostNeed, ...],
    equipment: tuple[tuple[str, int], ...],
) -> None:
    _known(f"{here}.places", places, {place.key for place in day.places}, "place")
    _known(f"{here}.equipment", [key for key, _count in equipment], set(day.equipment), "piece of equipment")
    people = {person.key for person in day.people}
    for number, need in enumerate(hosts):
        _known(f"{here}.hosts[{number}].people", need.people, people, "person")


def _check_rest(day: DayProblem) -> None:
    places, segments = {place.key for place in day.places}, {segment.key: segment for segment in day.segments}
    people, groups = {person.key for person in day.people}, {group.key for group in day.groups}
    for index, pair in enumerate(day.transfers):
        _known(f"transfers[{index}]", pair, places, "place")
    for index, supply in enumerate(day.supplies):
        _known(f"supplies[{index}].segment", filter(None, [supply.segment]), set(segments), "segment")
    for index, vehicle in enumerate(day.vehicles):
        _known(f"vehicles[{index}].driver", [vehicle.driver], people, "person")
    for index, trip in enumerate(day.trips):
        _known(f"trips[{index}].groups", trip.groups, groups, "group")
        _known(f"trips[{index}].vehicles", trip.vehicles, {one.key for one in day.vehicles}, "vehicle")
    for index, lock in enumerate(day.locks):
        here = f"locks[{index}]"
        _known(f"{here}.segment", [lock.segment], set(segments), "segment")
        _known(f"{here}.place", filter(None, [lock.place]), places, "place")
        _known(f"{here}.hosts", lock.hosts or (), people, "person")
        posts = _posts_of(segments[lock.segment])
        if lock.post not in posts and (lock.place is not None or lock.hosts is not None):
            raise MalformedDay(f"{here}.post", f"{lock.post!r} is not in {lock.segment}", f"use one of {posts}")


def _posts_of(segment: Segment) -> tuple[str, ...]:
    if segment.form is Form.PLENARY:
        return ("",)
    return segment.groups if segment.form is Form.BY_GROUP else tuple(one.key for one in segment.stations)
