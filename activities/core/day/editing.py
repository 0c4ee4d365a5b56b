"""
Changing a day part by part, as its JSON: what an editor's forms and the API do.

Nothing is judged here but what the change itself needs; whoever calls reads the result with `read_day`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from activities.core.day.errors import MalformedDay

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

PARTS = ("groups", "places", "people", "segments", "supplies", "vehicles", "trips", "budget")
"""Lists of a day whose entries have a key."""
HEAD = ("title", "organisers", "co_organisers", "notes", "begin", "end", "transfers", "transfer_minutes", "equipment",
        "rules", "locks", "is_raining")  # fmt: skip
"""What a day has beside its lists."""


def part_of(day: Json, part: str, key: str) -> Json | None:
    """One entry, or None."""
    return next((one for one in day.get(part, []) if one.get("key") == key), None)


def new_key(day: Json, part: str) -> str:
    """A key no entry of the list has; for stations, none of any segment."""
    taken = {one.get("key") for one in day.get(part, [])}
    return next(key for key in (f"{part[:2]}{number}" for number in range(1, len(taken) + 2)) if key not in taken)


def put_part(day: Json, part: str, value: Json) -> Json:
    """The day with one entry replaced, or added at the end where its key is new."""
    _known(part)
    out = copy.deepcopy(day)
    rows = out.setdefault(part, [])
    at = next((number for number, one in enumerate(rows) if one.get("key") == value.get("key")), None)
    if at is None:
        rows.append(value)
    else:
        rows[at] = value
    return out


def move_part(day: Json, part: str, key: str, to: int) -> Json:
    """The day with one entry at another place of its list; the order of segments is the organisers' own."""
    _known(part)
    out = copy.deepcopy(day)
    rows = out.get(part, [])
    moved = [one for one in rows if one.get("key") == key]
    rest = [one for one in rows if one.get("key") != key]
    out[part] = [*rest[:to], *moved, *rest[to:]]
    return out


def put_head(day: Json, values: Json) -> Json:
    """
    The day with some of its other values replaced; None takes one away.

    Raises:
        MalformedDay: a name that is no such value.
    """
    for name in values:
        if name not in HEAD:
            raise MalformedDay(name, "is not known", f"use one of {', '.join(HEAD)}")
    kept = {name: value for name, value in copy.deepcopy(day).items() if name not in values}
    return kept | {name: value for name, value in values.items() if value is not None}


def remove_part(day: Json, part: str, key: str) -> Json:
    """The day without one entry and without whatever points to it."""
    _known(part)
    out = copy.deepcopy(day)
    out[part] = [one for one in out.get(part, []) if one.get("key") != key]
    _FORGET.get(part, _nothing)(out, key)
    return out


def _known(part: str) -> None:
    if part not in PARTS:
        raise MalformedDay(part, "is no list of a day", f"use one of {', '.join(PARTS)}")


def _nothing(_day: Json, _key: str) -> None:
    """Nobody points to it."""


def _forget_group(day: Json, key: str) -> None:
    for segment in day.get("segments", []):
        _drop(segment, "groups", key)
    for trip in day.get("trips", []):
        _drop(trip, "groups", key)
    day["locks"] = [one for one in day.get("locks", []) if one.get("post") != key]


def _forget_place(day: Json, key: str) -> None:
    for segment in day.get("segments", []):
        for one in (segment, *segment.get("stations", [])):
            _drop(one, "places", key)
    day["transfers"] = [one for one in day.get("transfers", []) if key not in (one.get("from"), one.get("to"))]
    day["locks"] = [one for one in day.get("locks", []) if one.get("place") != key]


def _forget_person(day: Json, key: str) -> None:
    for segment in day.get("segments", []):
        for one in (segment, *segment.get("stations", [])):
            for need in one.get("hosts", []):
                _drop(need, "people", key)
    for supply in day.get("supplies", []):
        if supply.get("brought_by") == key:
            supply["brought_by"] = ""
    gone = [one.get("key") for one in day.get("vehicles", []) if one.get("driver") == key]
    for vehicle in gone:
        day.update(remove_part(day, "vehicles", str(vehicle)))
    day["locks"] = [one for one in day.get("locks", []) if key not in (one.get("hosts") or [])]


def _forget_segment(day: Json, key: str) -> None:
    for segment in day.get("segments", []):
        after = [one for one in segment.get("after", []) if (one if isinstance(one, str) else one["segment"]) != key]
        segment.pop("after", None)
        if after:
            segment["after"] = after
    for supply in day.get("supplies", []):
        if supply.get("segment") == key:
            supply["segment"] = ""
    day["locks"] = [one for one in day.get("locks", []) if one.get("segment") != key]


def _forget_vehicle(day: Json, key: str) -> None:
    for trip in day.get("trips", []):
        _drop(trip, "vehicles", key)


_FORGET: dict[str, Callable[[Json, str], None]] = {
    "groups": _forget_group,
    "places": _forget_place,
    "people": _forget_person,
    "segments": _forget_segment,
    "vehicles": _forget_vehicle,
}


def _drop(node: Json, name: str, key: str) -> None:
    """Take a key out of a list; an empty list means anybody, as in a list that is not there."""
    if key in node.get(name, []):
        node[name] = [one for one in node[name] if one != key]
        if not node[name]:
            node.pop(name)


def texts_of(node: object, place: str = "") -> list[tuple[str, str]]:
    """Every text a person wrote, with its place: all but keys and words of the schema."""
    if isinstance(node, str):
        return [(place, node)]
    if isinstance(node, dict):
        skipped = {"key", "form", "setting", "rules", "post", "segment", "driver", "from", "to", "$schema"}
        return [
            found
            for name, value in node.items()
            if name not in skipped
            for found in texts_of(value, f"{place}.{name}" if place else name)
        ]
    if isinstance(node, list):
        return [found for number, one in enumerate(node) for found in texts_of(one, f"{place}[{number}]")]
    return []
