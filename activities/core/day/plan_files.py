"""PLAN.json <-> DayPlan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activities.core.day.clock import clock
from activities.core.day.fields import Fields, load
from activities.core.day.plans import DayPlan, PlacedPost, PlacedSegment, PlacedTrip, Visit

if TYPE_CHECKING:
    from pathlib import Path

_ABOUT = "$schema day status goals seconds seed workers model input_hash stopped_by"


def read_plan(source: Path | dict[str, Any]) -> DayPlan:
    """
    Read a plan, ours or another's; what a solve says about itself is passed over.

    Raises:
        MalformedDay: naming the place in the file. Keys the day does not know are for `check` to find.
    """
    plan = Fields(source if isinstance(source, dict) else load(source), "", f"segments trips {_ABOUT}")
    return DayPlan(
        tuple(_segment(node, place) for node, place in plan.items("segments")),
        tuple(_trip(node, place) for node, place in plan.items("trips")),
    )


def _segment(node: object, place: str) -> PlacedSegment:
    one = Fields(node, place, "key start minutes posts visits")
    return PlacedSegment(
        one.text("key"),
        one.time("start"),
        one.whole("minutes", 1, most=24 * 60),
        tuple(_post(entry, here) for entry, here in one.items("posts")),
        tuple(_visit(entry, here) for entry, here in one.items("visits")),
    )


def _post(node: object, place: str) -> PlacedPost:
    one = Fields(node, place, "key place hosts")
    return PlacedPost(one.text("key", ""), one.text("place", ""), one.texts("hosts"))


def _visit(node: object, place: str) -> Visit:
    one = Fields(node, place, "group station start minutes")
    return Visit(one.text("group"), one.text("station"), one.time("start"), one.whole("minutes", 1, most=24 * 60))


def _trip(node: object, place: str) -> PlacedTrip:
    one = Fields(node, place, "key vehicle start")
    return PlacedTrip(one.text("key"), one.text("vehicle"), one.time("start"))


def plan_as_json(plan: DayPlan) -> dict[str, Any]:
    """The plan as a JSON file holds it; `read_plan` gives it back equal."""
    return {
        "segments": [_segment_as_json(segment) for segment in plan.segments],
        "trips": [{"key": one.key, "vehicle": one.vehicle, "start": clock(one.start)} for one in plan.trips],
    }


def _segment_as_json(segment: PlacedSegment) -> dict[str, Any]:
    node: dict[str, Any] = {"key": segment.key, "start": clock(segment.start), "minutes": segment.minutes}
    node["posts"] = [{"key": one.key, "place": one.place, "hosts": list(one.hosts)} for one in segment.posts]
    if segment.visits:
        node["visits"] = [
            {"group": one.group, "station": one.station, "start": clock(one.start), "minutes": one.minutes}
            for one in segment.visits
        ]
    return node
