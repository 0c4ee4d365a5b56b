"""The least change: a host is ill, a bus is late, it rains, somebody locked a segment."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.day.changes import changes_between
from activities.core.day.goals import count_remarks, count_reserves, ride_minutes
from activities.core.day.model_goals import DayModel, Goal
from activities.core.day.parts import Lock
from activities.core.day.planner import judged, no_plan, refusal_of
from activities.core.day.relaxations import later
from activities.core.day.result import DayResult
from activities.core.day.stages import Stages
from backend.kernel.solving import SolveLimits, SolveStatus

if TYPE_CHECKING:
    from activities.core.day.guards import Literal
    from activities.core.day.model import Linear, Timed
    from activities.core.day.plans import DayPlan, PlacedSegment
    from activities.core.day.problem import DayProblem


def replan(day: DayProblem, base: DayPlan, limits: SolveLimits, *, keeps_order: bool = False) -> DayResult:
    """
    The plan that differs least from its base: fewest segments left out, fewest changes, fewest minutes moved.

    Args:
        day: as it is now. `base`: the plan as it was; it may break rules of the day, that is why it is changed.
        keeps_order: the goal `order` comes before `changes`: segments of one group stay one after the other as the
            base has them, also where turning two round would change fewer. For a day that begins late.

    Returns:
        `changes` as `changes_between` lists them; the goal `changes` counts them and has its bound.

    Raises:
        FaultyPlan: the solver's answer broke a rule.
    """
    begun = time.monotonic()
    found = refusal_of(day) or _nearest(day, base, limits, begun, keeps_order=keeps_order)
    return found.after(time.monotonic() - begun, limits.seed, limits.workers)


def _nearest(day: DayProblem, base: DayPlan, limits: SolveLimits, begun: float, *, keeps_order: bool) -> DayResult:
    model = DayModel(day)
    near = _Nearness(model, base)
    placed, remarks = model.times.timed.values(), model.times.guards.remarks.values()
    goals = [
        Goal("left_out", sum(1 - timed.is_placed for timed in placed), 0),
        *([Goal("order", near.turned(), 0)] if keeps_order else []),
        Goal("changes", near.changes(), 0),
        *([Goal("reserve", model.reserve(), 0)] if any(person.is_reserve for person in day.people) else []),
        *([Goal("remarks", sum(remarks), 0)] if remarks else []),
        Goal("moved", near.moved(), 0),
        # A ride the base did not have has to begin somewhere.
        *([Goal("rides", model.rides(), 0)] if day.trips else []),
    ]
    near.hint()
    stages = Stages(model.model, limits, begun + limits.seconds)
    stages.run(goals)
    if stages.solver is None:
        return no_plan(day, limits, begun, is_proven=stages.is_impossible)
    plan = model.plan_of(stages.solver)
    changes = changes_between(day, base, plan)
    measured = {
        "left_out": len(day.segments) - len(plan.segments),
        "order": turned_pairs(day, base, plan),
        "changes": len(changes),
        "reserve": count_reserves(day, plan),
        "remarks": count_remarks(day, plan),
        "moved": moved_minutes(base, plan),
        "rides": ride_minutes(day, plan),
    }
    values = stages.goal_values(goals, measured)
    status = SolveStatus.OPTIMAL if all(one.value == one.bound for one in values) else SolveStatus.FEASIBLE
    return judged(day, DayResult(status, plan, values, changes=changes))


def moved_minutes(base: DayPlan, plan: DayPlan) -> int:
    """Minutes by which segments and trips begin earlier or later, added up."""
    was, now = _starts(base), _starts(plan)
    return sum(abs(start - was.get(key, start)) for key, start in now.items())


def _starts(plan: DayPlan) -> dict[tuple[str, str], int]:
    segments = {("segment", one.key): one.start for one in plan.segments}
    return segments | {("trip", one.key): one.start for one in plan.trips}


def turned_pairs(day: DayProblem, base: DayPlan, plan: DayPlan) -> int:
    """Pairs of segments some group takes part in both of, in another order than the base has them."""
    was, now = ({placed.key: placed.start for placed in one.segments} for one in (base, plan))
    pairs = [(one.key, two.key) for one, two in combinations(day.segments, 2) if set(one.groups) & set(two.groups)]
    return sum(
        (was[one] <= was[two]) != (now[one] <= now[two]) for one, two in pairs if {one, two} <= was.keys() & now.keys()
    )


class _Nearness:
    """How far a plan of the model is from its base, counted as `changes_between` counts."""

    def __init__(self, model: DayModel, base: DayPlan) -> None:
        self.day_model, self.base, self.model = model, base, model.model
        self.pairs = [(timed, base.segment(key)) for key, timed in model.times.timed.items()]

    def changes(self) -> Linear:
        terms: list[Linear] = []
        for timed, was in self.pairs:
            if was is None:
                terms.append(timed.is_placed)
            else:
                terms += [1 - timed.is_placed, self._time(timed, was), *self._rounds(timed, was)]
                terms += [*self._places(timed, was), *self._hosts(timed, was)]
        return sum(terms) + self._trips()

    def turned(self) -> Linear:
        """Pairs of one group's segments in another order than they were."""
        terms = []
        for (one, two), is_before in self.day_model.times.before.items():
            first, second = self.day_model.times.timed[one], self.day_model.times.timed[two]
            was, then = self.base.segment(one), self.base.segment(two)
            if was is None or then is None or not set(first.segment.groups) & set(second.segment.groups):
                continue
            wrong = self.model.new_bool_var("")
            kept = is_before if was.start <= then.start else ~is_before
            self.model.add_bool_or(wrong, kept, ~first.is_placed, ~second.is_placed)
            terms.append(wrong)
        return sum(terms)

    def moved(self) -> Linear:
        segments = [self._apart(one.start, was.start, [one.is_placed]) for one, was in self.pairs if was is not None]
        trips, driven = self.day_model.trips.start, self.day_model.trips.drives
        known = [was for was in self.base.trips if was.key in trips]
        rides = [self._apart(trips[was.key], was.start, list(driven[was.key].values())) for was in known]
        return sum(segments) + sum(rides)

    def _apart(self, start: Linear, was: int, under: list[Literal]) -> Linear:
        """Minutes by which something begins earlier or later, where one of the literals holds."""
        minutes = self.model.new_int_var(0, 24 * 60, "")
        for literal in under:
            self.model.add(minutes >= start - was).only_enforce_if(literal)
            self.model.add(minutes >= was - start).only_enforce_if(literal)
        return minutes

    def hint(self) -> None:
        """The base is where the search begins."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for timed, was in self.pairs:
            if was is not None:
                self.model.add_hint(timed.start, was.start)
                self.model.add_hint(timed.length, was.minutes)

    def _unless(self, timed: Timed, equal: list[tuple[Linear, int]]) -> Literal:
        """1 unless all are as they were, or the segment is left out."""
        changed = self.model.new_bool_var("")
        for term, value in equal:
            self.model.add(term == value).only_enforce_if([~changed, timed.is_placed])
        return changed

    def _time(self, timed: Timed, was: PlacedSegment) -> Literal:
        return self._unless(timed, [(timed.start, was.start), (timed.length, was.minutes)])

    def _rounds(self, timed: Timed, was: PlacedSegment) -> list[Literal]:
        rounds, terms = self.day_model.rounds[timed.segment.key], []
        for visit in was.visits:
            key = (visit.group, visit.station)
            if key in rounds.start:
                offset = rounds.start[key] - timed.start
                terms.append(
                    self._unless(timed, [(offset, visit.start - was.start), (rounds.length[key], visit.minutes)])
                )
        return terms

    def _places(self, timed: Timed, was: PlacedSegment) -> list[Linear]:
        terms = []
        for (segment, key), choice in self.day_model.places.at.items():
            post = was.post(key)
            if segment == timed.segment.key and choice and (post is None or post.place):
                terms.append(timed.is_placed - (choice.get(post.place, 0) if post else 0))
            elif segment == timed.segment.key and choice:
                terms.append(timed.is_placed)
        return terms

    def _hosts(self, timed: Timed, was: PlacedSegment) -> list[Linear]:
        """As many as are gone, or as have come, whichever are more."""
        terms = []
        for (segment, key), leads in self.day_model.hosts.leads.items():
            if segment == timed.segment.key:
                post = was.post(key)
                before = post.hosts if post else ()
                needed = sum(need.count for need in self.day_model.places.posts[segment, key].hosts)
                kept = sum(leads[host] for host in before if host in leads)
                terms.append(max(len(before), needed) * timed.is_placed - kept)
        return terms

    def _trips(self) -> Linear:
        was = {trip.key: trip for trip in self.base.trips}
        terms: list[Linear] = []
        for key, drives in self.day_model.trips.drives.items():
            if key not in was:
                terms.append(sum(drives.values()))
                continue
            changed, before = self.model.new_bool_var(""), was[key]
            self.model.add(self.day_model.trips.start[key] == before.start).only_enforce_if(~changed)
            self.model.add_bool_or(changed, drives.get(before.vehicle, False))
            terms.append(changed)
        return sum(terms)


def without_host(day: DayProblem, person: str) -> DayProblem:
    """The day as it is when somebody is ill: not there at any hour; what they would bring, others bring."""
    people = tuple(replace(one, hours=()) if one.key == person else one for one in day.people)
    supplies = tuple(replace(one, brought_by="") if one.brought_by == person else one for one in day.supplies)
    return replace(day, people=people, supplies=supplies)


def arriving_late(day: DayProblem, groups: tuple[str, ...], minutes: int) -> DayProblem:
    """The day as it is when a bus is late: these groups are there from then on, minutes from midnight."""
    return replace(
        day,
        groups=tuple(replace(one, hours=later(one.hours, minutes)) if one.key in groups else one for one in day.groups),
    )


def in_the_rain(day: DayProblem) -> DayProblem:
    """The day as it is in the rain; planned beforehand with plan A as base."""
    return replace(day, is_raining=True)


def with_lock(day: DayProblem, plan: DayPlan, segment: str) -> DayProblem:
    """The day with one segment of a plan locked as it stands: time, places and hosts."""
    placed = plan.segment(segment)
    if placed is None:
        raise ValueError(f"{segment} is not in the plan")
    kept = [lock for lock in day.locks if lock.segment != segment]
    posts = [Lock(segment, post.key, None, None, post.place or None, post.hosts) for post in placed.posts]
    return replace(day, locks=(*kept, Lock(segment, "", placed.start, placed.minutes), *posts))
