"""A day made ready to be looked at: its picture, its rules in words, its lines for sheets. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from activities.core.day.clock import WHOLE_DAY, clock
from activities.core.day.goals import GOALS
from activities.core.day.groups import GROUP_GOALS
from activities.core.day.judge import check
from activities.core.day.own_parts import parts_of_group, parts_of_person
from activities.core.day.plan_files import read_plan
from activities.core.day.plans import sessions_of
from activities.core.day.posts import can_host, posts_of
from activities.core.day.reading import read_day
from activities.core.day.rules import RULES
from activities.core.day.templates import BUILT_IN
from backend.roster.masking import given_name

if TYPE_CHECKING:
    from activities.core.day.own_parts import OwnPart
    from activities.core.day.parts import Segment
    from activities.core.day.plans import DayPlan, PlacedSegment
    from activities.core.day.problem import DayProblem
    from activities.models import DaySeat

Sentence = tuple[str, str]
"""In Chinese and in English."""
TEMPLATES: dict[str, Sentence] = BUILT_IN
"""Built-in days: code -> name."""
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


@dataclass(frozen=True)
class RuleLine:
    """A broken rule: its level, the sentence, and the segments it is about."""

    code: str
    level: str
    zh: str
    en: str
    segments: tuple[str, ...] = ()


@dataclass(frozen=True)
class GoalLine:
    """A goal in words with its value and its proven bound; `is_time` where the value is a time of day."""

    name: str
    zh: str
    en: str
    value: int
    bound: int

    @property
    def is_time(self) -> bool:
        return self.name == "finish"

    @property
    def is_proven(self) -> bool:
        return self.value == self.bound

    @property
    def value_words(self) -> str:
        return clock(self.value) if self.is_time else str(self.value)

    @property
    def bound_words(self) -> str:
        return clock(self.bound) if self.is_time else str(self.bound)


@dataclass(frozen=True)
class SheetLine:
    """One line of the run sheet: who is where with whom and what."""

    start: str
    end: str
    segment: str
    post: str
    groups: str
    place: str
    hosts: str
    supplies: str = ""
    text: str = ""
    is_first: bool = True


@dataclass(frozen=True)
class PartLine:
    """One line of somebody's own sheet."""

    start: str
    end: str
    name: str
    detail: str
    place: str
    starts_at: int
    ends_at: int


@dataclass(frozen=True)
class OwnSheet:
    """What one host or group does."""

    key: str
    name: str
    note: str
    lines: tuple[PartLine, ...]
    brings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlacedView:
    """A segment as it stands in the plan, for a form: times and what each gathering has, with what it could have."""

    key: str
    start: int
    minutes: int
    posts: tuple[PostView, ...]
    is_locked: bool


@dataclass(frozen=True)
class PostView:
    """One gathering: its place and hosts now, and those that could be."""

    key: str
    name: str
    place: str
    hosts: tuple[str, ...]
    places: tuple[tuple[str, str], ...] = field(default=())
    people: tuple[tuple[str, str], ...] = field(default=())


def rule_lines(draft: dict[str, Any], plan: dict[str, Any] | None) -> tuple[RuleLine, ...]:
    """Everything the judge remarks, the gravest first."""
    if not plan:
        return ()
    day = read_day(draft)
    segments = {segment.key for segment in day.segments}
    order = {"forbid": 0, "block_release": 1, "warn": 2}
    lines = [
        RuleLine(one.rule, str(one.level), one.sentence, one.sentence_en, tuple(k for k in one.keys if k in segments))
        for one in check(day, read_plan(plan))
    ]
    return tuple(sorted(dict.fromkeys(lines), key=lambda one: order.get(one.level, 3)))


@dataclass(frozen=True)
class RuleLevel:
    """How seriously a day takes a rule, and how seriously days usually do."""

    code: str
    scope: str
    level: str
    usual: str


def changeable_rules(draft: dict[str, Any]) -> tuple[RuleLevel, ...]:
    """Every rule a day may take more or less seriously; what says what a plan is stays out."""
    day = read_day(draft)
    return tuple(
        RuleLevel(rule.code, rule.scope, str(day.level(rule.code)), str(rule.level))
        for rule in RULES
        if rule.scope != "plan"
    )


def goal_lines(answer: dict[str, Any]) -> tuple[GoalLine, ...]:
    """What the planner reached, goal by goal."""
    words = GOALS | _CHANGE_GOALS
    return tuple(
        GoalLine(goal["name"], words[goal["name"]][0], words[goal["name"]][1], goal["value"], goal["bound"])
        for goal in answer.get("goals", [])
    )


_CHANGE_GOALS = {
    "changes": ("与原方案不同的地方", "changes from the plan before"),
    "moved": ("环节移动的分钟数", "minutes by which segments move"),
}


def group_goal_words(name: str) -> Sentence:
    """A goal of dividing children, in words."""
    return GROUP_GOALS.get(name, (name, name))


def guest_called(seat: DaySeat) -> str:
    """What a list in many hands calls a child without a file: no surname, as for the others."""
    return given_name(seat.guest_name) or seat.guest_name


def people_of(draft: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(key, name, roles) of everybody of the day."""
    people = draft.get("people", [])
    return [(one["key"], one.get("name") or one["key"], "、".join(one.get("roles", []))) for one in people]


# --- the picture ---------------------------------------------------------------------------------------------------


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
            title, shade = self.day.name_of(line.post), self._shade(segment, line.post)
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
                who = [self.day.name_of(line.post)] if line.post else []
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


# --- sheets --------------------------------------------------------------------------------------------------------


def run_sheet(draft: dict[str, Any], plan: dict[str, Any]) -> tuple[SheetLine, ...]:
    """The day by the minute: one line for each gathering, for a rotation one line a visit."""
    day, found = read_day(draft), read_plan(plan)
    segments = {segment.key: segment for segment in day.segments}
    lines, seen = [], set()
    everybody = {group.key for group in day.groups}
    for one in sessions_of(day, found):
        segment = segments[one.segment]
        groups = "" if set(one.groups) == everybody else "、".join(day.name_of(key) for key in one.groups)
        supplies = "、".join(
            supply.name + (f"×{supply.count}" if supply.count else "")
            for supply in day.supplies
            if supply.segment == segment.key
        )
        lines.append(
            SheetLine(
                clock(one.start), clock(one.end), day.name_of(segment.key),
                day.name_of(one.post) if segment.rotation else "", groups,
                day.name_of(one.place) if one.place else "", "、".join(day.name_of(key) for key in one.hosts),
                supplies if segment.key not in seen else "", segment.text if segment.key not in seen else "",
                segment.key not in seen,
            )
        )  # fmt: skip
        seen.add(segment.key)
    trips = {trip.key: trip for trip in day.trips}
    for placed in found.trips:
        trip = trips.get(placed.key)
        if trip is not None:
            lines.append(
                SheetLine(clock(placed.start), clock(placed.start + trip.minutes), trip.name or trip.key, "",
                          "、".join(day.name_of(key) for key in trip.groups), day.name_of(placed.vehicle),
                          "、".join(day.name_of(one.driver) for one in day.vehicles if one.key == placed.vehicle))
            )  # fmt: skip
    return tuple(sorted(lines, key=lambda one: (one.start, one.end)))


def own_sheets_of_hosts(draft: dict[str, Any], plan: dict[str, Any]) -> tuple[OwnSheet, ...]:
    """A sheet for everybody who leads or drives something, with what each has to bring."""
    day, found = read_day(draft), read_plan(plan)
    sheets = []
    for person in day.people:
        parts = parts_of_person(day, found, person.key)
        brings = tuple(
            supply.name + (f"×{supply.count}" if supply.count else "")
            for supply in day.supplies
            if supply.brought_by == person.key
        )
        if parts or brings:
            note = "、".join(person.roles)
            sheets.append(OwnSheet(person.key, person.name or person.key, note, _lines(parts), brings))
    return tuple(sheets)


def own_sheets_of_groups(draft: dict[str, Any], plan: dict[str, Any]) -> tuple[OwnSheet, ...]:
    """What each group does, by time."""
    day, found = read_day(draft), read_plan(plan)
    return tuple(
        OwnSheet(group.key, group.name or group.key, str(group.size), _lines(parts_of_group(day, found, group.key)))
        for group in day.groups
    )


def _lines(parts: tuple[OwnPart, ...]) -> tuple[PartLine, ...]:
    return tuple(
        PartLine(clock(one.start), clock(one.end), one.name, one.detail, one.place, one.start, one.end) for one in parts
    )


def supply_list(draft: dict[str, Any], plan: dict[str, Any] | None) -> list[dict[str, str]]:
    """What is brought by whom for what, with the time it is needed at."""
    day = read_day(draft)
    found = read_plan(plan) if plan else None
    rows = []
    for supply in day.supplies:
        placed = found.segment(supply.segment) if found and supply.segment else None
        rows.append(
            {
                "name": supply.name or supply.key,
                "count": "" if supply.count is None else str(supply.count),
                "who": day.name_of(supply.brought_by) if supply.brought_by else "",
                "segment": day.name_of(supply.segment) if supply.segment else "",
                "when": clock(placed.start) if placed else "",
            }
        )
    return sorted(rows, key=lambda one: (one["when"] or "99", one["name"]))


def placed_view(draft: dict[str, Any], plan: dict[str, Any] | None, key: str) -> PlacedView | None:
    """One segment of the plan with what could be chosen instead; None where it is not in the plan."""
    if not plan:
        return None
    day, found = read_day(draft), read_plan(plan)
    segment = next((one for one in day.segments if one.key == key), None)
    placed = found.segment(key)
    if segment is None or placed is None:
        return None
    posts = []
    for post in posts_of(day, segment):
        now = placed.post(post.key)
        able = dict.fromkeys(one for need in post.hosts for one in can_host(day, need))
        posts.append(
            PostView(
                post.key, day.name_of(post.key) if post.key else "", now.place if now else "",
                now.hosts if now else (), tuple((one.key, one.name or one.key) for one in day.places),
                tuple((one, day.name_of(one)) for one in able),
            )
        )  # fmt: skip
    return PlacedView(key, placed.start, placed.minutes, tuple(posts), any(lock.segment == key for lock in day.locks))


def time_words(minutes: int) -> str:
    """ "09:50"."""
    return clock(minutes)
