"""
What of a published day is one's own: a host's, a driver's, a group's part; and what changed in it, in words.

Publishing tells exactly those whose own part differs. A group's part does not name its hosts: that another teacher
leads a game is no news for a family.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.core.day.clock import clock
from activities.core.day.plans import sessions_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from activities.core.day.plans import DayPlan
    from activities.core.day.problem import DayProblem

Sentence = tuple[str, str]
"""In Chinese and in English."""


@dataclass(frozen=True, slots=True)
class OwnPart:
    """
    One thing somebody takes part in, minutes from midnight.

    Args:
        key: of the segment or trip; `name`: as people call it; `detail`: groups or stations; `place`: its name.
    """

    key: str
    name: str
    detail: str
    start: int
    end: int
    place: str = ""

    @property
    def span(self) -> str:
        """ "09:00-09:50"."""
        return f"{clock(self.start)}-{clock(self.end)}"


def parts_of_person(day: DayProblem, plan: DayPlan, person: str) -> tuple[OwnPart, ...]:
    """What one person leads or drives, one part a segment, by time."""
    led: dict[str, list[tuple[str, str, int, int]]] = {}
    for line in sessions_of(day, plan):
        if person in line.hosts:
            placed = plan.segment(line.segment)
            # Whoever hosts a station is there for the whole segment.
            start, end = (placed.start, placed.end) if placed and placed.visits else (line.start, line.end)
            led.setdefault(line.segment, []).append((line.post, line.place, start, end))
    parts = [
        OwnPart(
            key,
            day.name_of(key),
            "、".join(dict.fromkeys(day.post_name(key, post) for post, *_rest in found if post)),
            min(start for *_rest, start, _end in found),
            max(end for *_rest, end in found),
            "、".join(dict.fromkeys(day.name_of(place) for _post, place, *_rest in found if place)),
        )
        for key, found in led.items()
    ]
    return tuple(sorted([*parts, *_driven(day, plan, person)], key=lambda one: (one.start, one.key)))


def _driven(day: DayProblem, plan: DayPlan, person: str) -> list[OwnPart]:
    vehicles = {vehicle.key: vehicle for vehicle in day.vehicles if vehicle.driver == person}
    trips = {trip.key: trip for trip in day.trips}
    return [
        OwnPart(one.key, day.name_of(one.key), day.name_of(one.vehicle), one.start, one.start + trips[one.key].minutes)
        for one in plan.trips
        if one.vehicle in vehicles and one.key in trips
    ]


def parts_of_group(day: DayProblem, plan: DayPlan, group: str) -> tuple[OwnPart, ...]:
    """What one group does, one part a segment or visit, and its rides, by time."""
    known = {segment.key: segment for segment in day.segments}
    parts = [
        OwnPart(
            f"{line.segment}/{line.post}" if known[line.segment].rotation else line.segment,
            day.name_of(line.segment),
            day.post_name(line.segment, line.post) if known[line.segment].rotation else "",
            line.start,
            line.end,
            day.name_of(line.place) if line.place else "",
        )
        for line in sessions_of(day, plan)
        if group in line.groups
    ]
    trips = {trip.key: trip for trip in day.trips if group in trip.groups}
    parts += [
        OwnPart(one.key, day.name_of(one.key), day.name_of(one.vehicle), one.start, one.start + trips[one.key].minutes)
        for one in plan.trips
        if one.key in trips
    ]
    return tuple(sorted(parts, key=lambda one: (one.start, one.key)))


def what_is_new(parts: Iterable[OwnPart]) -> tuple[Sentence, ...]:
    """Every part as a sentence, for somebody who knows nothing yet."""
    return tuple((_said(part), _said_en(part)) for part in parts)


def what_changed(before: tuple[OwnPart, ...], after: tuple[OwnPart, ...]) -> tuple[Sentence, ...]:
    """What differs between somebody's part before and now; empty where nothing does."""
    was, now = {one.key: one for one in before}, {one.key: one for one in after}
    lines: list[Sentence] = []
    for key, part in now.items():
        if key not in was:
            lines.append((f"新增：{_said(part)}", f"New: {_said_en(part)}"))
        elif was[key] != part:
            lines.append(_moved(was[key], part))
    lines += [(f"取消：{_said(one)}", f"Off: {_said_en(one)}") for key, one in was.items() if key not in now]
    return tuple(lines)


def _said(part: OwnPart) -> str:
    detail = f"（{part.detail}）" if part.detail else ""
    place = f"，{part.place}" if part.place else ""
    return f"{clock(part.start)}—{clock(part.end)} {part.name}{detail}{place}"


def _said_en(part: OwnPart) -> str:
    detail = f" ({part.detail})" if part.detail else ""
    place = f", {part.place}" if part.place else ""
    return f"{part.span} {part.name}{detail}{place}"


def _moved(before: OwnPart, after: OwnPart) -> Sentence:
    """What of one part differs, and only that."""
    zh, en = [], []
    if (before.start, before.end) != (after.start, after.end):
        zh.append(f"从{before.span}改到{after.span}")
        en.append(f"moves from {before.span} to {after.span}")
    if before.place != after.place:
        zh.append(f"地点从{before.place or '未定'}改到{after.place or '未定'}")
        en.append(f"is at {after.place or '?'} instead of {before.place or '?'}")
    if before.detail != after.detail:
        zh.append(f"改为{after.detail or '全体'}")
        en.append(f"is now {after.detail or 'everybody'}")
    if before.name != after.name:
        zh.append(f"改叫{after.name}")
        en.append(f"is now called {after.name}")
    return f"{before.name}：{'，'.join(zh)}", f"{before.name} {', '.join(en)}"
