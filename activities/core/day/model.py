"""The CP-SAT model of a day: one small function for each promise, named after what it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ortools.sat.python import cp_model

from activities.core.day.clock import DAY_MINUTES, WHOLE_DAY, Window
from activities.core.day.guards import Guards

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from activities.core.day.guards import Literal
    from activities.core.day.parts import Segment
    from activities.core.day.problem import DayProblem

Linear = Any
"""A linear expression or a whole number."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A segment in the model: when, how long, and whether it takes place."""

    segment: Segment
    start: Linear
    length: Linear
    end: Linear
    is_placed: Literal


class TimeModel:
    """
    Segments on the clock.

    Args:
        is_elastic: rules that can be given up have a price instead of holding.
        is_coarse: rotations are blocks without visits; the bounds of such a model hold for the day.
        most_called: role -> hosts an elastic model may call at most; as many as could be of use where it is None.
        only: names of what an elastic model may give up; everything where it is None.
    """

    def __init__(
        self,
        day: DayProblem,
        *,
        is_elastic: bool = False,
        is_coarse: bool = False,
        most_called: Mapping[str, int] | None = None,
        only: AbstractSet[tuple[str, ...]] | None = None,
    ) -> None:
        self.day, self.is_coarse, self.most_called = day, is_coarse, most_called
        self.model = cp_model.CpModel()
        self.guards = Guards(day, self.model, is_elastic=is_elastic, only=only)
        is_bounded = day.is_hard("day_bounds") and not is_elastic
        self.horizon = day.end if is_bounded else DAY_MINUTES
        self.timed = {segment.key: self._timed(segment) for segment in day.segments}
        self.before = {two: self._order(*two) for two in self._sharing()}
        self._group_is_in_one_segment()
        for timed in self.timed.values():
            self._takes_its_time(timed)
            self._stays_inside_the_day(timed)
            self._keeps_its_time(timed)
            self._follows_what_it_follows(timed)
            self._waits_for_its_groups(timed)
            self._stays_out_only_by_choice(timed)
        self._keeps_locked_times()

    def _timed(self, segment: Segment) -> Timed:
        new, begin = self.model.new_int_var, self.day.begin
        least = self.guards.shortest("length", segment.minutes)
        start = new(begin, max(begin, self.horizon - 1), f"start_{segment.key}")
        length = new(least, segment.minutes.longest, f"length_{segment.key}")
        end = new(begin, max(begin, self.horizon), f"end_{segment.key}")
        is_placed = self.model.new_bool_var(f"placed_{segment.key}")
        self.model.add(end == start + length).only_enforce_if(is_placed)
        self.model.add(start == begin).only_enforce_if(~is_placed)
        self.model.add(length == least).only_enforce_if(~is_placed)
        self.model.add(end == begin).only_enforce_if(~is_placed)
        return Timed(segment, start, length, end, is_placed)

    def interval(self, timed: Timed, literal: Literal, name: str) -> cp_model.IntervalVar:
        """The segment's time, where the literal holds; it must imply that the segment takes place."""
        return self.model.new_optional_interval_var(timed.start, timed.length, timed.end, literal, name)

    def inside(self, windows: tuple[Window, ...], start: Linear, end: Linear, under: list[Literal]) -> None:
        """One of the windows holds the time; without windows nothing is allowed under the literals."""
        if windows == WHOLE_DAY:
            return
        chosen = []
        for window in windows:
            literal = self.model.new_bool_var("")
            self.model.add(start >= window.start).only_enforce_if(literal)
            self.model.add(end <= window.end).only_enforce_if(literal)
            chosen.append(literal)
        self.model.add_bool_or([*chosen, *(~one for one in under)])

    def _sharing(self) -> list[tuple[str, str]]:
        """Segments with a group in common, in the organisers' order."""
        segments = self.day.segments
        return [(one.key, two.key) for one, two in combinations(segments, 2) if set(one.groups) & set(two.groups)]

    def _order(self, one: str, two: str) -> Literal:
        """True: the first comes first. Free where one of them does not take place."""
        first, second = self.timed[one], self.timed[two]
        both, literal = [first.is_placed, second.is_placed], self.model.new_bool_var(f"before_{one}_{two}")
        shared = [group for group in first.segment.groups if group in second.segment.groups]
        under = self.guards.under_all("group_twice", [(group, one, two) for group in shared])
        if under != []:
            # They may lie over each other; the literal still says which begins first.
            self.model.add(first.start <= second.start).only_enforce_if([*both, literal])
            self.model.add(second.start <= first.start).only_enforce_if([*both, ~literal])
        if under is not None:
            self.model.add(first.end <= second.start).only_enforce_if([*under, *both, literal])
            self.model.add(second.end <= first.start).only_enforce_if([*under, *both, ~literal])
        return literal

    def _group_is_in_one_segment(self) -> None:
        if not self.day.is_hard("group_twice"):
            return
        sets = {tuple(key for key, one in self.timed.items() if g.key in one.segment.groups) for g in self.day.groups}
        for keys in sorted(sets):
            parts = [self.timed[key] for key in keys]
            self.model.add_no_overlap(self.interval(one, one.is_placed, f"one_{one.segment.key}") for one in parts)

    def _takes_its_time(self, timed: Timed) -> None:
        under = self.guards.under("length", timed.segment.key)
        if under is not None:
            self.model.add(timed.length >= timed.segment.minutes.shortest).only_enforce_if(under)

    def _stays_inside_the_day(self, timed: Timed) -> None:
        under = self.guards.under("day_bounds")
        if under is not None:
            self.model.add(timed.end <= self.day.end).only_enforce_if([*under, timed.is_placed])

    def _keeps_its_time(self, timed: Timed) -> None:
        segment = timed.segment
        if segment.start is None and segment.window is None:
            return
        under = self.guards.under("window", segment.key)
        if under is None:
            return
        if segment.start is not None:
            self.model.add(timed.start == segment.start).only_enforce_if([*under, timed.is_placed])
        if segment.window is not None:
            self.inside((segment.window,), timed.start, timed.end, [*under, timed.is_placed])

    def _follows_what_it_follows(self, timed: Timed) -> None:
        for after in timed.segment.after:
            other = self.timed[after.segment]
            both = [timed.is_placed, other.is_placed]
            if (under := self.guards.under("after", timed.segment.key, after.segment)) is not None:
                self.model.add(timed.start >= other.end + after.least).only_enforce_if([*under, *both])
            under = self.guards.under("gap_most", timed.segment.key, after.segment)
            if after.most is not None and under is not None:
                self.model.add(timed.start <= other.end + after.most).only_enforce_if([*under, *both])

    def _waits_for_its_groups(self, timed: Timed) -> None:
        for group in self.day.groups:
            if group.key in timed.segment.groups and group.hours != WHOLE_DAY:
                under = self.guards.under("group_hours", group.key)
                if under is not None:
                    self.inside(group.hours, timed.start, timed.end, [*under, timed.is_placed])

    def _stays_out_only_by_choice(self, timed: Timed) -> None:
        under = self.guards.under("placed", timed.segment.key) if timed.segment.is_mandatory else None
        if under is not None:
            self.model.add_bool_or([timed.is_placed, *(~one for one in under)])

    def _keeps_locked_times(self) -> None:
        for lock in self.day.locks:
            timed = self.timed[lock.segment]
            under = self.guards.under("locked", lock.segment, *filter(None, [lock.post]))
            if under is None:
                continue
            self.model.add_bool_or([timed.is_placed, *(~one for one in under)])
            for var, value in ((timed.start, lock.start), (timed.length, lock.minutes)):
                if value is not None:
                    self.model.add(var == value).only_enforce_if(under)
