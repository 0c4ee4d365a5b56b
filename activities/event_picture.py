"""A planned day as rows of boxes over time: groups, hosts and places. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.core.day.clock import WHOLE_DAY
from activities.core.day.own_parts import parts_of_person
from activities.core.day.plan_files import read_plan
from activities.core.day.plans import sessions_of
from activities.core.day.posts import can_host, posts_of
from activities.core.day.reading import read_day

if TYPE_CHECKING:
    from activities.core.day.parts import Segment
    from activities.core.day.plans import DayPlan, PlacedSegment
    from activities.core.day.problem import DayProblem
    from activities.event_words import RuleLine

_SHADES = 5


@dataclass(frozen=True)
class Block:
    """
    One box of the picture, minutes from midnight.

    Args:
        shade: 0 .. 4, one a station; lanes: over how many lanes below each other it reaches.
        look: "", "out" in the open, "absent" not there, "fault" where a rule is broken.
    """

    segment: str
    title: str
    note: str
    start: int
    end: int
    shade: int = 0
    look: str = ""
    is_locked: bool = False
    lanes: int = 1


@dataclass(frozen=True)
class Lane:
    """One row: a group, a host or a place."""

    key: str
    name: str
    note: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Picture:
    """The day as rows over time."""

    begin: int
    end: int
    groups: tuple[Lane, ...]
    hosts: tuple[Lane, ...]
    places: tuple[Lane, ...]
    marks: tuple[int, ...] = ()


def picture(draft: dict[str, Any], plan: dict[str, Any] | None, faults: tuple[RuleLine, ...] = ()) -> Picture | None:
    """The plan as rows of groups, hosts and places; None before there is one."""
    if not plan:
        return None
    day, found = read_day(draft), read_plan(plan)
    bad = {key for line in faults if line.level != "warn" for key in line.segments}
    drawing = _Drawing(day, found, bad)
    starts = [one.start for one in found.segments] + [one.start for one in found.trips]
    marks = sorted({one.start for one in found.segments} | {one.end for one in found.segments})
    begin, end = min([day.begin, *starts]), max([day.end, found.finish])
    return Picture(begin, end, drawing.groups(), drawing.hosts(), drawing.places(), tuple(marks))


class _Drawing:
    """Rows of boxes of one plan."""

    def __init__(self, day: DayProblem, plan: DayPlan, bad: set[str]) -> None:
        self.day, self.plan, self.bad = day, plan, bad
        self.segments = {segment.key: segment for segment in day.segments}
        self.locked = {lock.segment for lock in day.locks}
        self.indoor = {place.key: place.is_indoor for place in day.places}
        self.lines = sessions_of(day, plan)

    def groups(self) -> tuple[Lane, ...]:
        order = [group.key for group in self.day.groups]
        lanes: dict[str, list[Block]] = {key: [] for key in order}
        for line in self.lines:
            segment = self.segments[line.segment]
            # A plan may still speak of a group that was taken away since.
            there = tuple(key for key in line.groups if key in lanes)
            spans = self._together(there, order) if not segment.rotation else None
            if spans:
                lanes[order[spans[0]]].append(self._block(line, segment, lanes=spans[1]))
                continue
            for key in there:
                lanes[key].append(self._block(line, segment))
        for trip in self.plan.trips:
            self._ride(trip.key, trip.start, lanes, order)
        return tuple(
            Lane(group.key, group.name or group.key, str(group.size), tuple(lanes[group.key]))
            for group in self.day.groups
        )

    def _together(self, groups: tuple[str, ...], order: list[str]) -> tuple[int, int] | None:
        """(first lane, how many) where the groups lie below each other."""
        at = sorted(order.index(key) for key in groups)
        return (at[0], len(at)) if len(at) > 1 and at == list(range(at[0], at[0] + len(at))) else None

    def _ride(self, key: str, start: int, lanes: dict[str, list[Block]], order: list[str]) -> None:
        trip = next((one for one in self.day.trips if one.key == key), None)
        if trip is None:
            return
        block = Block("", trip.name or key, "", start, start + trip.minutes, look="ride")
        for group in trip.groups:
            if group in order:
                lanes[group].append(block)

    def _block(self, line: Any, segment: Segment, lanes: int = 1) -> Block:
        title, shade = self.day.name_of(segment.key), 0
        if segment.rotation:
            title, shade = self.day.post_name(segment.key, line.post), self._shade(segment, line.post)
        hosts = "、".join(self.day.name_of(host) for host in line.hosts)
        place = self.day.name_of(line.place) if line.place else ""
        note = " ".join(filter(None, [place, hosts])) if not segment.rotation else ""
        return Block(
            segment.key, title, note, line.start, line.end, shade, self._look(segment.key, line.place),
            segment.key in self.locked, lanes,
        )  # fmt: skip

    def _look(self, segment: str, place: str) -> str:
        if segment in self.bad:
            return "fault"
        return "out" if place and not self.indoor.get(place, True) else ""

    def _shade(self, segment: Segment, post: str) -> int:
        keys = [station.key for station in segment.stations]
        return 1 + keys.index(post) % (_SHADES - 1) if post in keys else 0

    def hosts(self) -> tuple[Lane, ...]:
        asked = {
            key
            for segment in self.day.segments
            for post in posts_of(self.day, segment)
            for need in post.hosts
            for key in can_host(self.day, need)
        }
        return tuple(
            Lane(person.key, person.name or person.key, "、".join(person.roles), self._of_host(person.key))
            for person in self.day.people
            if person.key in asked or parts_of_person(self.day, self.plan, person.key)
        )

    def _of_host(self, key: str) -> tuple[Block, ...]:
        person = next(one for one in self.day.people if one.key == key)
        blocks = [Block("", "", "", start, end, look="absent") for start, end in self._away(person.hours)]
        for part in parts_of_person(self.day, self.plan, key):
            segment = self.segments.get(part.key)
            shade = 0
            if segment is not None and segment.rotation:
                post = next((p.key for p in self._placed(part.key).posts if key in p.hosts), "")
                shade = self._shade(segment, post)
            title = part.detail if segment is not None and segment.rotation else part.name
            note = "" if segment is not None and segment.rotation else part.detail
            look = "fault" if part.key in self.bad else ""
            blocks.append(Block(part.key, title, note, part.start, part.end, shade, look, part.key in self.locked))
        return tuple(blocks)

    def _placed(self, key: str) -> PlacedSegment:
        return next(one for one in self.plan.segments if one.key == key)

    def _away(self, hours: Any) -> list[tuple[int, int]]:
        if hours == WHOLE_DAY:
            return []
        gaps, at = [], self.day.begin
        for window in hours:
            if window.start > at:
                gaps.append((at, min(window.start, self.day.end)))
            at = max(at, window.end)
        return [*gaps, (at, self.day.end)] if at < self.day.end else gaps

    def places(self) -> tuple[Lane, ...]:
        lanes: dict[str, dict[tuple[str, int, int], list[str]]] = {place.key: {} for place in self.day.places}
        for line in self.lines:
            if line.place in lanes:
                placed = self._placed(line.segment)
                who = [self.day.post_name(line.segment, line.post)] if line.post else []
                lanes[line.place].setdefault((line.segment, placed.start, placed.end), []).extend(who)
        return tuple(
            Lane(
                place.key,
                place.name or place.key,
                str(place.capacity) if place.capacity is not None else "",
                tuple(
                    Block(key, self.day.name_of(key), "、".join(dict.fromkeys(who)), start, end,
                          look=self._look(key, place.key), is_locked=key in self.locked)
                    for (key, start, end), who in lanes[place.key].items()
                ),
            )
            for place in self.day.places
        )  # fmt: skip
