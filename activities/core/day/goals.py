"""
What makes one plan better than another, in order; all of them the fewer the better. `finish` counts minutes from
midnight; readers show it as a time of day.

`measure` counts a finished plan without the solver; the model's own terms are in `model_goals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.day.guards import guard_of
from activities.core.day.judge import breaches_of
from activities.core.day.judge_hosts import busy_of
from activities.core.day.judge_shape import placed_of
from activities.core.day.posts import posts_of
from activities.core.day.rules import Level

if TYPE_CHECKING:
    from activities.core.day.parts import Segment, Trip
    from activities.core.day.plans import DayPlan, PlacedSegment
    from activities.core.day.problem import DayProblem

ROUND_MINUTES = 5

GOALS: dict[str, tuple[str, str]] = {
    "left_out": ("没有排上的环节，几个", "segments left out"),
    "reserve": ("请后备人员主持几次", "times a reserve has to lead"),
    "remarks": ("还有几条提醒", "reminders left"),
    "finish": ("几点结束", "when the day ends"),
    "waiting": ("孩子们一共等几分钟", "minutes children wait, all together"),
    "rides": (
        "孩子们在车和活动之间一共等几分钟",
        "minutes children wait between a ride and the programme, all together",
    ),
    "order": ("先后和原来不同的环节，几对", "pairs of segments not in the order written"),
    "load": ("主持最久的人，几分钟", "minutes of whoever leads longest"),
    "place": ("没用上首选场地，差几位", "steps down the lists of preferred places"),
    "balance": ("同样身份的人，主持次数差几次", "difference in turns between people of one role"),
    "round": ("不在整五分钟开始的环节，几个", "segments that do not begin on five minutes"),
}


@dataclass(frozen=True, slots=True)
class GoalValue:
    """One goal's value and its proven bound; equal when the goal is proven. Fewer is better for all of them."""

    name: str
    value: int
    bound: int

    def as_json(self) -> dict[str, str | int]:
        """As the program prints it."""
        return {"name": self.name, "value": self.value, "bound": self.bound}


def measure(day: DayProblem, plan: DayPlan) -> dict[str, int]:
    """The value of every goal in `GOALS`, counted from the plan alone."""
    busy = busy_of(day, plan)
    loads = {key: sum(placed.minutes for placed in led) for key, led in busy.items()}
    return {
        "left_out": len(day.segments) - len({placed.key for placed in plan.segments}),
        "reserve": count_reserves(day, plan),
        "remarks": count_remarks(day, plan),
        "finish": max(plan.finish, day.begin),
        "waiting": sum(group.size * _idle(day, plan, group.key) for group in day.groups),
        "rides": ride_minutes(day, plan),
        "order": _out_of_order(day, plan),
        "load": max(loads.values(), default=0),
        "place": sum(_steps(day, segment, placed) for segment, placed in placed_of(day, plan)),
        "balance": sum(_spread([len(busy[key]) for key in keys]) for keys in peers_of(day).values()),
        "round": sum(placed.start % ROUND_MINUTES != 0 for placed in plan.segments),
    }


def count_reserves(day: DayProblem, plan: DayPlan) -> int:
    """Turns led by somebody who was asked to come only where nobody else can."""
    reserves = {person.key for person in day.people if person.is_reserve}
    return sum(host in reserves for placed in plan.segments for post in placed.posts for host in post.hosts)


def count_remarks(day: DayProblem, plan: DayPlan) -> int:
    """Remarks that planning can do something about, each thing once."""
    found = (one for one in breaches_of(day, plan) if day.level(one.rule) is Level.WARN)
    return len({(one.rule, guard_of(one)) for one in found if one.rule != "supply_nobody"})


def peers_of(day: DayProblem) -> dict[str, tuple[str, ...]]:
    """Two or more of one role who are there and no reserves, by role."""
    roles: dict[str, list[str]] = {}
    for person in day.people:
        for role in person.roles if person.hours and not person.is_reserve else ():
            roles.setdefault(role, []).append(person.key)
    asked = {need.role for segment in day.segments for post in posts_of(day, segment) for need in post.hosts}
    return {role: tuple(keys) for role, keys in roles.items() if len(keys) > 1 and role in asked}


def _spread(loads: list[int]) -> int:
    return max(loads) - min(loads)


def _idle(day: DayProblem, plan: DayPlan, group: str) -> int:
    """Minutes between the group's first and last segment in which nothing is for it."""
    mine = [(segment, placed) for segment, placed in placed_of(day, plan) if group in segment.groups]
    if not mine:
        return 0
    span = max(placed.end for _s, placed in mine) - min(placed.start for _s, placed in mine)
    idle = max(0, span - sum(placed.minutes for _s, placed in mine))
    return idle + sum(_pause(*one, group) for one in mine)


def _pause(segment: Segment, placed: PlacedSegment, group: str) -> int:
    """Minutes of a rotation beyond the visits and the time meant for changing."""
    if segment.rotation is None:
        return 0
    visits = sum(visit.minutes for visit in placed.visits if visit.group == group)
    return max(0, placed.minutes - visits - segment.rotation.changes)


def ride_minutes(day: DayProblem, plan: DayPlan) -> int:
    """Child-minutes from a ride to the first thing one takes part in, or from the last one to the ride back."""
    trips = {trip.key: trip for trip in day.trips}
    rides = [(trips[ride.key], ride.start) for ride in plan.trips if ride.key in trips]
    return sum(
        day.riders([group]) * _beside(day, plan, group, trip, start)
        for trip, start in rides
        for group in {*trip.groups}
    )


def _beside(day: DayProblem, plan: DayPlan, group: str, trip: Trip, start: int) -> int:
    mine = [placed for segment, placed in placed_of(day, plan) if group in segment.groups]
    if not mine:
        return 0
    last, first = max(placed.end for placed in mine), min(placed.start for placed in mine)
    return max(0, start - last if trip.is_return else first - start - trip.minutes)


def _out_of_order(day: DayProblem, plan: DayPlan) -> int:
    starts = {placed.key: placed.start for placed in plan.segments}
    pairs = combinations([segment for segment in day.segments if segment.key in starts], 2)
    return sum(bool(set(one.groups) & set(two.groups)) and starts[two.key] < starts[one.key] for one, two in pairs)


def _steps(day: DayProblem, segment: Segment, placed: PlacedSegment) -> int:
    wanted = {post.key: post.places for post in posts_of(day, segment)}
    where = [(wanted.get(post.key, ()), post.place) for post in placed.posts]
    return sum(places.index(place) for places, place in where if place in places)
