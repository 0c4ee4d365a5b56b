"""A plan of one day: when each segment takes place, where, and with whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from activities.core.day.posts import posts_of

if TYPE_CHECKING:
    from activities.core.day.parts import Segment
    from activities.core.day.problem import DayProblem


@dataclass(frozen=True, slots=True)
class PlacedPost:
    """Where a gathering is and who leads it; `key` of the group or station, empty for a plenary."""

    key: str
    place: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """One group at one station, minutes from midnight."""

    group: str
    station: str
    start: int
    minutes: int

    @property
    def end(self) -> int:
        """First minute after the visit."""
        return self.start + self.minutes


@dataclass(frozen=True, slots=True)
class PlacedSegment:
    """One segment on the clock; `visits` only where groups go round."""

    key: str
    start: int
    minutes: int
    posts: tuple[PlacedPost, ...] = ()
    visits: tuple[Visit, ...] = ()

    @property
    def end(self) -> int:
        """First minute after the segment."""
        return self.start + self.minutes

    def post(self, key: str) -> PlacedPost | None:
        """A gathering by key."""
        return next((post for post in self.posts if post.key == key), None)


@dataclass(frozen=True, slots=True)
class PlacedTrip:
    """One trip on the clock, and the vehicle that does it."""

    key: str
    vehicle: str
    start: int


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A whole day; segments that are not here do not take place."""

    segments: tuple[PlacedSegment, ...]
    trips: tuple[PlacedTrip, ...] = ()

    def segment(self, key: str) -> PlacedSegment | None:
        """A segment by key, None for one left out."""
        return next((segment for segment in self.segments if segment.key == key), None)

    @property
    def finish(self) -> int:
        """When the last segment ends; 0 for an empty plan."""
        return max((segment.end for segment in self.segments), default=0)


def known_part(day: DayProblem, plan: DayPlan) -> DayPlan:
    """The plan without whatever the day does not have any more; what stays stays where it is."""
    segments = {segment.key: segment for segment in day.segments}
    vehicles, trips = {one.key for one in day.vehicles}, {one.key for one in day.trips}
    kept = tuple(_known(day, segments[one.key], one) for one in plan.segments if one.key in segments)
    return DayPlan(kept, tuple(one for one in plan.trips if one.key in trips and one.vehicle in vehicles))


def _known(day: DayProblem, segment: Segment, placed: PlacedSegment) -> PlacedSegment:
    people, places = {one.key for one in day.people}, {one.key for one in day.places}
    gatherings = {post.key for post in posts_of(day, segment)}
    stations = {station.key for station in segment.stations}
    posts = (
        replace(
            post,
            place=post.place if post.place in places else "",
            hosts=tuple(host for host in post.hosts if host in people),
        )
        for post in placed.posts
        if post.key in gatherings
    )
    visits = (one for one in placed.visits if one.group in segment.groups and one.station in stations)
    return replace(placed, posts=tuple(posts), visits=tuple(visits))


@dataclass(frozen=True, slots=True)
class Session:
    """
    One line of a timetable: who is where, from when to when.

    Args:
        groups: keys; `post`: key of the gathering, as in `PlacedPost`.
    """

    segment: str
    post: str
    groups: tuple[str, ...]
    start: int
    end: int
    place: str
    hosts: tuple[str, ...]


def sessions_of(day: DayProblem, plan: DayPlan) -> tuple[Session, ...]:
    """The plan as lines by time, for sheets, calendars and the judge; a rotation gives one line a visit."""
    lines: list[Session] = []
    known = {segment.key: segment for segment in day.segments}
    for placed in plan.segments:
        if placed.key not in known:
            continue
        wanted = {post.key: post for post in posts_of(day, known[placed.key])}
        for post in placed.posts:
            if placed.visits or post.key not in wanted:
                continue
            groups = wanted[post.key].groups
            lines.append(Session(placed.key, post.key, groups, placed.start, placed.end, post.place, post.hosts))
        lines += _visits(placed)
    return tuple(sorted(lines, key=lambda one: (one.start, one.end, one.segment, one.post, one.groups)))


def _visits(placed: PlacedSegment) -> list[Session]:
    nowhere = PlacedPost("")
    lines = []
    for visit in placed.visits:
        post = placed.post(visit.station) or nowhere
        lines.append(Session(placed.key, visit.station, (visit.group,), visit.start, visit.end, post.place, post.hosts))
    return lines
