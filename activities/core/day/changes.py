"""What differs between two plans of a day, thing by thing: for re-planning, and for telling exactly those concerned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.core.day.clock import clock
from activities.core.day.plans import PlacedPost
from activities.core.day.posts import posts_of
from activities.core.day.sentences import in_words, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from activities.core.day.plans import DayPlan, PlacedSegment
    from activities.core.day.problem import DayProblem

_WORDS = {
    "time": ("“{segment}”从{before}改到{after}。", "{segment} moves from {before} to {after}."),
    "round": ("{group}到“{name}”从{before}改到{after}。",
              "{group} is at {name} from {after} instead of {before}."),
    "place": ("“{segment}”{name}从“{from_place}”改到“{to}”。", "{segment} {name} moves from {from_place} to {to}."),
    "host": ("“{segment}”{name}由{host}改为{other}主持。", "{segment} {name} is led by {other} instead of {host}."),
    "placed": ("“{segment}”补上了，{after}开始。", "{segment} takes place after all, at {after}."),
    "left_out": ("“{segment}”不办了（原定{before}）。", "{segment} does not take place (it was at {before})."),
    "trip": ("“{trip}”从{before}改为{after}。", "{trip} moves from {before} to {after}."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """
    One thing that differs.

    Args:
        kind: time, round, place, host, placed, left_out or trip; `keys`: segment and gathering, group, host or trip.
        before, after: times, places or people, as keys or texts.
    """

    kind: str
    keys: tuple[str, ...]
    before: str
    after: str
    sentence: str = ""
    sentence_en: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the program prints it."""
        return {
            "kind": self.kind,
            "keys": list(self.keys),
            "before": self.before,
            "after": self.after,
            "sentence": self.sentence,
            "sentence_en": self.sentence_en,
        }


def changes_between(day: DayProblem, base: DayPlan, plan: DayPlan) -> tuple[Change, ...]:
    """
    Everything by which the plan differs from its base, by the clock of the plan.

    A segment counts once for its time whatever is inside it, a round only where it moved within its segment; a host
    replaced counts once.
    """
    found: list[Change] = []
    for segment in sorted(day.segments, key=lambda one: _when(plan, base, one.key)):
        before, after = base.segment(segment.key), plan.segment(segment.key)
        if before is None or after is None:
            found += _came_or_went(segment.key, before, after)
            continue
        found += _time(before, after)
        found += _rounds(before, after)
        for post in posts_of(day, segment):
            found += _post(segment.key, before.post(post.key), after.post(post.key), post.key)
    found += _trips(base, plan)
    return tuple(_said(day, change) for change in found)


def _when(plan: DayPlan, base: DayPlan, key: str) -> int:
    placed = plan.segment(key) or base.segment(key)
    return placed.start if placed else 0


def _came_or_went(key: str, before: PlacedSegment | None, after: PlacedSegment | None) -> Iterator[Change]:
    if before is not None:
        yield Change("left_out", (key,), _span(before), "")
    if after is not None:
        yield Change("placed", (key,), "", _span(after))


def _span(placed: PlacedSegment) -> str:
    return f"{clock(placed.start)}-{clock(placed.end)}"


def _time(before: PlacedSegment, after: PlacedSegment) -> Iterator[Change]:
    if (before.start, before.minutes) != (after.start, after.minutes):
        yield Change("time", (before.key,), _span(before), _span(after))


def _rounds(before: PlacedSegment, after: PlacedSegment) -> Iterator[Change]:
    now = {(visit.group, visit.station): visit for visit in after.visits}
    for visit in before.visits:
        other = now.get((visit.group, visit.station))
        if other is None:
            continue
        was, moved = (visit.start - before.start, visit.minutes), (other.start - after.start, other.minutes)
        if was != moved:
            keys = (before.key, visit.group, visit.station)
            yield Change("round", keys, clock(visit.start), clock(other.start))


def _post(segment: str, before: PlacedPost | None, after: PlacedPost | None, key: str) -> Iterator[Change]:
    was, now = before or PlacedPost(key), after or PlacedPost(key)
    if was.place != now.place:
        yield Change("place", (segment, key), was.place, now.place)
    gone = [host for host in was.hosts if host not in now.hosts]
    come = [host for host in now.hosts if host not in was.hosts]
    for number in range(max(len(gone), len(come))):
        old, new = (one[number] if number < len(one) else "" for one in (gone, come))
        yield Change("host", (segment, key), old, new)


def _trips(base: DayPlan, plan: DayPlan) -> Iterator[Change]:
    was = {trip.key: f"{clock(trip.start)} {trip.vehicle}" for trip in base.trips}
    now = {trip.key: f"{clock(trip.start)} {trip.vehicle}" for trip in plan.trips}
    for key in dict.fromkeys([*was, *now]):
        if was.get(key) != now.get(key):
            yield Change("trip", (key,), was.get(key, ""), now.get(key, ""))


def _said(day: DayProblem, change: Change) -> Change:
    first, second = change.keys[0], change.keys[1] if len(change.keys) > 1 else ""
    facts = {"segment": first, "trip": first, "name": second, "before": change.before, "after": change.after}
    facts |= {"from_place": day.name_of(change.before), "to": change.after, "host": change.before or "—"}
    facts |= {"other": change.after or "—"}
    if change.kind == "round":
        facts |= {"group": second, "name": change.keys[2]}
    chinese, english = _WORDS[change.kind]
    words = named(day, facts)
    return Change(
        change.kind, change.keys, change.before, change.after, in_words(chinese, words), in_words(english, words)
    )
