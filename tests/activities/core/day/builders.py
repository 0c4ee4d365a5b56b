"""Small days with good defaults; every builder gives DAY.json, so that reading is tested on the way."""

from __future__ import annotations

from activities.core.day import DayPlan, PlacedPost, PlacedSegment, read_day
from activities.core.day.clock import minutes_of
from backend.kernel.solving import SolveLimits

QUICK = SolveLimits(seconds=20, seed=3)


def at(text: str) -> int:
    return minutes_of(text, "test")


def a_segment(key="a", minutes=30, **more) -> dict:
    return {"key": key, "minutes": minutes} | more


def a_rotation(key="r", stations=2, round_=10, minutes=30, **more) -> dict:
    parts = [{"key": f"{key}{number}"} for number in range(1, stations + 1)]
    return a_segment(key, minutes, form="rotation", stations=parts, round=round_) | more


def a_day(*segments: dict, groups=2, **more):
    return read_day(
        {
            "begin": "09:00",
            "end": "12:00",
            "groups": groups
            if isinstance(groups, list)
            else [{"key": f"g{number}", "size": 10} for number in range(1, groups + 1)],
            "segments": list(segments) or [a_segment()],
        }
        | more
    )


def placed(key="a", start="09:00", minutes=30, place="", hosts=(), posts=None, visits=()) -> PlacedSegment:
    return PlacedSegment(key, at(start), minutes, posts or (PlacedPost("", place, tuple(hosts)),), tuple(visits))


def a_plan(*segments: PlacedSegment, trips=()) -> DayPlan:
    return DayPlan(segments, tuple(trips))


HALL = {"key": "hall", "kind": "hall"}
YARD = {"key": "yard", "kind": "yard", "is_indoor": False}
ANN = {"key": "ann", "roles": ["teacher"]}
BEN = {"key": "ben", "roles": ["teacher"]}
TEACHER = {"hosts": [{"role": "teacher"}]}
BUS = {"vehicles": [{"key": "bus", "seats": 20, "driver": "ann"}], "people": [ANN]}
