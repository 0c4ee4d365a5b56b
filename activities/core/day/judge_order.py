"""When: bounds of the day, times and windows, what comes after what, no group in two segments, hours of the groups."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.day.clock import clock, fits
from activities.core.day.judge_shape import placed_of
from activities.core.day.plans import sessions_of
from activities.core.day.sentences import Breach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from activities.core.day.parts import After
    from activities.core.day.plans import DayPlan, PlacedSegment, Session
    from activities.core.day.problem import DayProblem


def times_of(placed: PlacedSegment) -> dict[str, str]:
    """From when to when, as people write it."""
    return {"start": clock(placed.start), "end": clock(placed.end)}


def inside_the_day(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Nothing begins before the day or ends after it."""
    for segment, placed in placed_of(day, plan):
        if placed.start < day.begin or placed.end > day.end:
            bounds = {"begin": clock(day.begin), "finish": clock(day.end)}
            yield Breach("day_bounds", (segment.key,), {"segment": segment.key} | times_of(placed) | bounds)


def at_its_time(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Fixed times and windows are kept."""
    for segment, placed in placed_of(day, plan):
        windows = []
        if segment.start is not None and placed.start != segment.start:
            windows.append(clock(segment.start))
        if segment.window is not None and not segment.window.holds(placed.start, placed.end):
            windows.append(f"{clock(segment.window.start)}-{clock(segment.window.end)}")
        for window in windows:
            yield Breach("window", (segment.key,), {"segment": segment.key, "window": window} | times_of(placed))


def in_order(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """A segment follows those it is said to follow, soon or late enough."""
    for segment, placed in placed_of(day, plan):
        for after in segment.after:
            other = plan.segment(after.segment)
            if other is not None:
                yield from _gap(placed, other, after)


def _gap(placed: PlacedSegment, other: PlacedSegment, after: After) -> Iterator[Breach]:
    gap, keys = placed.start - other.end, (placed.key, other.key)
    facts = {"segment": placed.key, "other": other.key, "start": clock(placed.start)}
    if gap < after.least:
        yield Breach("after", keys, facts | {"least": after.least})
    if after.most is not None and gap > after.most:
        yield Breach("gap_most", keys, facts | {"most": after.most})


def no_group_in_two_segments(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """A group that takes part in a segment is bound until it ends."""
    for (one, first), (other, second) in combinations(placed_of(day, plan), 2):
        if first.start < second.end and second.start < first.end:
            for group in one.groups:
                if group in other.groups:
                    facts = {"group": group, "segment": one.key, "other": other.key}
                    yield Breach("group_twice", (group, one.key, other.key), facts)


def groups_are_there(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """A group takes part only while it is there."""
    hours = {group.key: group.hours for group in day.groups}
    for segment, placed in placed_of(day, plan):
        for group in segment.groups:
            if not fits(hours[group], placed.start, placed.end):
                facts = {"group": group, "segment": segment.key} | times_of(placed)
                yield Breach("group_hours", (group, segment.key), facts)


def time_to_change_places(day: DayProblem, plan: DayPlan) -> Iterator[Breach]:
    """Between two places a group has the minutes it needs, also where it stops in between."""
    sessions = sessions_of(day, plan)
    for group in day.groups:
        for earlier, later in combinations([one for one in sessions if group.key in one.groups], 2):
            needed, gap = day.transfer(earlier.place, later.place), later.start - earlier.end
            if 0 <= gap < needed:
                yield _too_short("transfer", group.key, earlier, later, needed)


def _too_short(code: str, key: str, earlier: Session, later: Session, minutes: int) -> Breach:
    facts = {"group": key, "host": key, "place": earlier.place, "to": later.place, "segment": later.segment}
    gap = later.start - earlier.end
    return Breach(code, (key, earlier.segment, later.segment), facts | {"minutes": minutes, "gap": gap})


JUDGES = (inside_the_day, at_its_time, in_order, no_group_in_two_segments, groups_are_there, time_to_change_places)
