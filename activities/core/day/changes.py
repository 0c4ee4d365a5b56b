"""What differs between two plans of a day, thing by thing: for re-planning, and for telling exactly those concerned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.core.day.clock import clock
from activities.core.day.plans import PlacedPost
from activities.core.day.posts import posts_of
from activities.core.day.sentences import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from activities.core.day.plans import DayPlan, PlacedSegment
    from activities.core.day.problem import DayProblem

_WORDS = {
    "time": ("“{segment}”从{before}改到{after}。", "{segment} moves from {before} to {after}."),
    "round": ("{group}到“{name}”从{before}改到{after}。",
              "{group} is at {name} from {after} instead of {before}."),
    "place": ("“{segment}”{name}从“{before}”改到“{after}”。", "{segment} {name} moves from {before} to {after}."),
    "host": ("“{segment}”{name}由{before}改为{after}主持。", "{segment} {name} is led by {after} instead of {before}."),
    "host_gone": ("“{segment}”{name}不再由{before}主持。", "{segment} {name} is no longer led by {before}."),
    "host_new": ("“{segment}”{name}由{after}主持。", "{segment} {name} is led by {after}."),
    "placed": ("“{segment}”补上了，{after}开始。", "{segment} takes place after all, at {after}."),
    "left_out": ("“{segment}”不办了（原定{before}）。", "{segment} does not take place (it was at {before})."),
    "trip": ("“{segment}”从{before}改为{after}。", "{segment} moves from {before} to {after}."),
    "trip_gone": ("“{segment}”不开了（原定{before}）。", "{segment} does not run (it was at {before})."),
    "trip_new": ("“{segment}”定在{after}。", "{segment} is at {after}."),
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


def changes_between(day: DayProblem, base: DayPlan, plan: DayPlan, was: DayProblem | None = None) -> tuple[Change, ...]:
    """
    Everything by which the plan differs from its base, by the clock of the plan.

    Args:
        was: the day the base was made for, where it is another: what was taken out of it since is told too.

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
    found += _trips(day, base, plan)
    if was is not None:
        found += _gone(day, base, was)
    return tuple(_said(_Names(day, was), change) for change in found)


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


def _trips(day: DayProblem, base: DayPlan, plan: DayPlan) -> Iterator[Change]:
    was = {trip.key: f"{clock(trip.start)} {trip.vehicle}" for trip in base.trips}
    now = {trip.key: f"{clock(trip.start)} {trip.vehicle}" for trip in plan.trips}
    for key in (trip.key for trip in day.trips):
        if was.get(key) != now.get(key):
            yield Change("trip", (key,), was.get(key, ""), now.get(key, ""))


def _gone(day: DayProblem, base: DayPlan, was: DayProblem) -> Iterator[Change]:
    """Segments and trips of the base that were taken out of the day itself."""
    segments, trips = {one.key for one in day.segments}, {one.key for one in day.trips}
    for placed in base.segments:
        if placed.key not in segments and any(one.key == placed.key for one in was.segments):
            yield Change("left_out", (placed.key,), _span(placed), "")
    for trip in base.trips:
        if trip.key not in trips and any(one.key == trip.key for one in was.trips):
            yield Change("trip", (trip.key,), f"{clock(trip.start)} {trip.vehicle}", "")


class _Names:
    """What things are called now; those that are gone, as they were called."""

    def __init__(self, day: DayProblem, was: DayProblem | None) -> None:
        self.days = [day] if was is None else [day, was]

    def of(self, key: str, segment: str = "") -> str:
        """The name of a key; "" for one nobody knows any more."""
        if not key:
            return ""
        found = (day.post_name(segment, key) for day in self.days if day.knows(key))
        return next(found, "")

    def ride(self, text: str) -> str:
        """ "08:30 bus" -> with the vehicle's name."""
        start, _blank, vehicle = text.partition(" ")
        return f"{start} {self.of(vehicle)}".strip()


def _said(names: _Names, change: Change) -> Change:
    first, second = change.keys[0], change.keys[1] if len(change.keys) > 1 else ""
    kind, before, after = change.kind, change.before, change.after
    if kind in ("trip", "host"):
        kind += "_gone" if not after else "_new" if not before else ""
    if change.kind == "trip":
        before, after = names.ride(before), names.ride(after)
    elif change.kind in ("host", "place"):
        before, after = names.of(before), names.of(after)
    name = names.of(change.keys[2], first) if change.kind == "round" else names.of(second, first)
    facts = {"segment": names.of(first) or first, "name": name, "group": names.of(second)}
    chinese, english = _WORDS[kind]
    unknown = ("原来的人", "whoever it was") if change.kind == "host" else ("未定", "nowhere yet")
    zh, en = (facts | {"before": before or nobody, "after": after or nobody} for nobody in unknown)
    return Change(change.kind, change.keys, change.before, change.after, in_words(chinese, zh), in_words(english, en))
