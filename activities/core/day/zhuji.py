"""The day at Majian, Zhuji: the organisers' own order and lengths, and their own plan on paper."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from activities.core.day.parts import Length
from activities.core.day.plans import DayPlan, PlacedPost, PlacedSegment, Visit
from activities.core.day.reading import read_day

if TYPE_CHECKING:
    from activities.core.day.problem import DayProblem

_FILE = Path(__file__).with_name("data") / "zhuji.json"
_RANGES = {"ice": (40, 60), "games": (30, 40), "play": (30, 40), "gifts": (10, 20), "photo": (10, 15)}
_ROUND = 7


def zhuji_day(*, has_ranges: bool = False) -> DayProblem:
    """The built-in day, ending at 11:30; with ranges instead of the exact lengths it can end earlier."""
    day = read_day(json.loads(_FILE.read_text(encoding="utf-8")))
    if not has_ranges:
        return day
    segments = tuple(replace(one, minutes=Length(*_RANGES[one.key])) for one in day.segments)
    return replace(day, key="zhuji-ranges", segments=segments)


def zhuji_paper_plan() -> DayPlan:
    """The plan as printed: 9:00, 9:50, 10:20, 11:00, 11:15, to 11:30; places and rounds where we read them in."""
    teachers = [f"palace{number}" for number in range(1, 5)]
    groups = [f"g{number}" for number in range(1, 5)]
    stations = ["shock", "jade", "rings", "bowling"]
    ice = tuple(PlacedPost(group, "hall", (host,)) for group, host in zip(groups, teachers, strict=True))
    games = tuple(PlacedPost(station, "hall", (host,)) for station, host in zip(stations, teachers, strict=True))
    return DayPlan(
        (
            PlacedSegment("ice", 540, 50, ice),
            PlacedSegment("games", 590, 30, games, _rounds(groups, stations, 590)),
            PlacedSegment("play", 620, 40, (PlacedPost("", "hall", ("volunteer1", "volunteer2")),)),
            PlacedSegment("gifts", 660, 15, (PlacedPost("", "hall", ("leader",)),)),
            PlacedSegment("photo", 675, 15, (PlacedPost("", "yard"),)),
        )
    )


def _rounds(groups: list[str], stations: list[str], start: int) -> tuple[Visit, ...]:
    """Each group one station further in each round."""
    return tuple(
        Visit(group, stations[(number + turn) % len(stations)], start + turn * _ROUND, _ROUND)
        for turn in range(len(stations))
        for number, group in enumerate(groups)
    )
