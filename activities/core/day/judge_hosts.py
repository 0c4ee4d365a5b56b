"""With whom: enough hosts of the right role, nobody in two places, nobody outside their hours or above their limit."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.day.clock import clock, fits
from activities.core.day.judge_order import times_of
from activities.core.day.judge_shape import placed_of
from activities.core.day.posts import can_host, posts_of
from activities.core.day.sentences import Breach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from activities.core.day.plans import DayPlan, PlacedSegment
    from activities.core.day.posts import Post
    from activities.core.day.problem import DayProblem


def enough_hosts(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Each need is filled by somebody who may fill it, and nobody fills two needs of one gathering."""
    for segment, placed in placed_of(day, plan):
        for post in posts_of(day, segment):
            found = placed.post(post.key)
            if found is not None:
                yield from _needs(day, post, found.hosts)


def _needs(day: DayProblem, post: Post, hosts: Sequence[str]) -> Iterator[Breach]:
    facts = {"segment": post.segment, "name": post.key}
    able = [set(can_host(day, need)) for need in post.hosts]
    for host in hosts:
        if not any(host in one for one in able):
            yield Breach("host_fits", (post.segment, post.key, host), facts | {"host": host})
    seats = [index for index, need in enumerate(post.hosts) for _seat in range(need.count)]
    filled = _filled(seats, able, hosts)
    for index, need in enumerate(post.hosts):
        got = sum(seats[seat] == index for seat in filled)
        if got < need.count:
            more = {"role": need.role, "count": need.count, "found": got}
            yield Breach("host_count", (post.segment, post.key, need.role), facts | more)
    extra = len(set(hosts)) - len(filled) - sum(not any(host in one for one in able) for host in set(hosts))
    if extra > 0 and len(filled) == len(seats):
        yield Breach("host_fits", (post.segment, post.key, hosts[-1]), facts | {"host": hosts[-1]})


def _filled(seats: list[int], able: list[set[str]], hosts: Sequence[str]) -> dict[int, str]:
    """As many seats filled as can be: augmenting paths."""
    taken: dict[int, str] = {}

    def seat(host: str, seen: set[int]) -> bool:
        for index, need in enumerate(seats):
            if index not in seen and host in able[need]:
                seen.add(index)
                if index not in taken or seat(taken[index], seen):
                    taken[index] = host
                    return True
        return False

    for host in dict.fromkeys(hosts):
        seat(host, set())
    return taken


def busy_of(day: DayProblem, plan: DayPlan) -> dict[str, list[PlacedSegment]]:
    """Segments each person leads, by time; one they lead twice stands twice."""
    busy: dict[str, list[PlacedSegment]] = {person.key: [] for person in day.people}
    for placed in sorted(plan.segments, key=lambda one: (one.start, one.key)):
        for post in placed.posts:
            for host in post.hosts:
                busy.setdefault(host, []).append(placed)
    return busy


def no_host_in_two_places(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Whoever leads a gathering is bound until its segment ends; a driver while driving."""
    for host, placed in busy_of(day, plan).items():
        for one, other in combinations(placed, 2):
            if one.start < other.end and other.start < one.end:
                facts = {"host": host, "segment": one.key, "other": other.key}
                yield Breach("host_twice", (host, one.key, other.key), facts)
    yield from _drivers(day, plan)


def _drivers(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    busy, driver = busy_of(day, plan), {vehicle.key: vehicle.driver for vehicle in day.vehicles}
    minutes = {trip.key: trip.minutes for trip in day.trips}
    for trip in plan.trips:
        host, end = driver.get(trip.vehicle, ""), trip.start + minutes.get(trip.key, 0)
        for placed in busy.get(host, ()):
            if placed.start < end and trip.start < placed.end:
                facts = {"host": host, "segment": placed.key, "other": trip.key}
                yield Breach("host_twice", (host, placed.key, trip.key), facts)


def hosts_are_there(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Nobody leads before they come or after they leave."""
    hours = {person.key: person.hours for person in day.people}
    for host, placed in busy_of(day, plan).items():
        for one in placed:
            if host in hours and not fits(hours[host], one.start, one.end):
                yield Breach("host_hours", (host, one.key), {"host": host, "segment": one.key} | times_of(one))


def hosts_are_free(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Nobody is asked at a time they are not free at in an ordinary week."""
    free = {person.key: person.free for person in day.people}
    for host, placed in busy_of(day, plan).items():
        for one in dict.fromkeys(placed):
            if host in free and not fits(free[host], one.start, one.end):
                yield Breach("host_free", (host, one.key), {"host": host, "segment": one.key} | times_of(one))


def hosts_within_limits(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Nobody leads for longer than agreed."""
    busy = busy_of(day, plan)
    for person in day.people:
        minutes = sum(placed.minutes for placed in busy[person.key])
        if person.most_minutes is not None and minutes > person.most_minutes:
            facts = {"host": person.key, "minutes": minutes, "most": person.most_minutes}
            yield Breach("host_load", (person.key,), facts)


def hosts_can_walk(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Between two gatherings a host has the minutes the way takes, also where they lead something in between."""
    for host, placed in busy_of(day, plan).items():
        stays = [(one, post.place) for one in dict.fromkeys(placed) for post in one.posts if host in post.hosts]
        for (earlier, place), (later, to) in combinations(stays, 2):
            needed, gap = day.transfer(place, to), later.start - earlier.end
            if 0 <= gap < needed:
                facts = {"host": host, "segment": later.key, "place": place, "to": to, "minutes": needed, "gap": gap}
                yield Breach("host_transfer", (host, earlier.key, later.key), facts)


def supplies_in_time(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Somebody brings each supply, and is there before it is needed."""
    people = {person.key: person for person in day.people}
    for supply in day.supplies:
        if not supply.brought_by:
            yield Breach("supply_nobody", (supply.key,), {"name": supply.key})
        placed, person = plan.segment(supply.segment), people.get(supply.brought_by)
        if placed is None or person is None:
            continue
        if not person.hours or person.hours[0].start > placed.start:
            facts = {"segment": placed.key, "name": supply.key, "host": person.key, "start": clock(placed.start)}
            yield Breach("supply_late", (supply.key, placed.key), facts)


JUDGES = (
    enough_hosts,
    no_host_in_two_places,
    hosts_are_there,
    hosts_are_free,
    hosts_within_limits,
    hosts_can_walk,
    supplies_in_time,
)
