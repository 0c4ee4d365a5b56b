"""Random event days: 6 to 14 segments, 4 to 8 groups, rotations, places with ways between, hosts with hours."""

from __future__ import annotations

import random
from typing import Any

from activities.core.day.clock import clock

ROLES = ("teacher", "volunteer", "guide")


def random_day(seed: int, *, segments: tuple[int, int] = (6, 14), groups: tuple[int, int] = (4, 8)) -> dict[str, Any]:
    """One day as DAY.json holds it; most can be planned, some cannot."""
    rng = random.Random(seed)
    count = rng.randint(*groups)
    places = [_place(number, rng) for number in range(rng.randint(2, 3))]
    parts = [_segment(number, count, places, rng) for number in range(rng.randint(*segments))]
    for number, part in enumerate(parts):
        if number and rng.random() < 0.25:
            part["after"] = [parts[rng.randrange(number)]["key"]]
    need = sum(part["minutes"] if isinstance(part["minutes"], int) else part["minutes"][0] for part in parts)
    end = min(24 * 60, 8 * 60 + round(need * rng.uniform(0.95, 1.5)) + 20)
    return {
        "key": f"random-{seed}",
        "begin": "08:00",
        "end": clock(end),
        "groups": [{"key": f"g{n}", "size": rng.randint(8, 14)} for n in range(count)],
        "places": places,
        "transfers": [
            {"from": one["key"], "to": two["key"], "minutes": rng.choice((0, 0, 5))}
            for index, one in enumerate(places)
            for two in places[:index]
        ],
        "people": [_person(number, end, rng) for number in range(2 * count + 3)],
        "segments": parts,
    }


def _place(number: int, rng: random.Random) -> dict[str, Any]:
    """The first is a hall that takes everybody."""
    if number == 0:
        return {"key": "p0", "kind": "hall"}
    return {"key": f"p{number}", "kind": rng.choice(("yard", "room")), "is_indoor": rng.random() < 0.6}


def _segment(number: int, groups: int, places: list[dict[str, Any]], rng: random.Random) -> dict[str, Any]:
    form = rng.choice(("plenary", "plenary", "by_group", "rotation"))
    minutes = rng.randrange(15, 46, 5)
    part: dict[str, Any] = {
        "key": f"s{number}",
        "form": form,
        "minutes": minutes if rng.random() < 0.7 else [minutes, minutes + 15],
        "places": ["p0", *rng.sample([place["key"] for place in places[1:]], rng.randint(0, len(places) - 1))],
        "hosts": [{"role": rng.choice(ROLES), "count": 1}],
    }
    rng.shuffle(part["places"])
    if form == "rotation":
        stations = rng.randint(min(3, groups), groups)
        part |= {"stations": [{"key": f"s{number}t{n}"} for n in range(stations)], "round": rng.choice((5, 7, 8))}
        part["changes"] = 5
        shortest = part["round"] * max(groups, stations) + rng.choice((0, 5))
        part["minutes"] = [shortest, shortest + 15]
    elif rng.random() < 0.15:
        part["is_mandatory"] = False
    return part


def _person(number: int, end: int, rng: random.Random) -> dict[str, Any]:
    """Roles in turn, so that each has hosts enough for all groups; a few come late or leave early."""
    roles = sorted({ROLES[number % 3], rng.choice(ROLES)})
    person: dict[str, Any] = {"key": f"h{number}", "roles": roles}
    if rng.random() < 0.2:
        start = 8 * 60 + rng.choice((0, 30, 60))
        person["hours"] = [[clock(start), clock(max(start + 60, end - rng.choice((0, 30, 60))))]]
    return person
