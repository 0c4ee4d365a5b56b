"""DayProblem -> what DAY.json holds, for the editor, for templates and for files; `read_day` gives it back equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activities.core.day.clock import WHOLE_DAY, Window, clock

if TYPE_CHECKING:
    from activities.core.day.parts import HostNeed, Length, Lock, Segment, Station, Trip
    from activities.core.day.problem import DayProblem


def day_as_json(day: DayProblem) -> dict[str, Any]:
    """The day as a JSON file holds it; what has its default is left out."""
    return _without_empty(
        {
            "key": day.key,
            "title": day.title,
            "date": day.date,
            "organisers": list(day.organisers),
            "co_organisers": list(day.co_organisers),
            "notes": list(day.notes),
            "begin": clock(day.begin),
            "end": clock(day.end),
            "groups": [
                _part(key=one.key, name=one.name, size=one.size, hours=_hours(one.hours)) for one in day.groups
            ],
            "places": [
                _part(key=one.key, name=one.name, kind=one.kind, capacity=one.capacity, at_once=one.at_once,
                      is_indoor=None if one.is_indoor else False, hours=_hours(one.hours))
                for one in day.places
            ],
            "people": [
                _part(key=one.key, name=one.name, roles=list(one.roles), hours=_hours(one.hours),
                      most_minutes=one.most_minutes, is_reserve=one.is_reserve or None, free=_hours(one.free))
                for one in day.people
            ],
            "transfers": [{"from": a, "to": b, "minutes": minutes} for (a, b), minutes in day.transfers.items()],
            "transfer_minutes": day.transfer_minutes or None,
            "equipment": dict(day.equipment),
            "segments": [_segment(one, tuple(group.key for group in day.groups)) for one in day.segments],
            "supplies": [
                _part(key=one.key, name=one.name, brought_by=one.brought_by, segment=one.segment, count=one.count)
                for one in day.supplies
            ],
            "vehicles": [
                _part(key=one.key, name=one.name, seats=one.seats, driver=one.driver,
                      turn_minutes=one.turn_minutes or None)
                for one in day.vehicles
            ],
            "trips": [_trip(one) for one in day.trips],
            "budget": [
                _part(key=one.key, name=one.name, amount_fen=one.amount_fen, payer=one.payer) for one in day.budget
            ],
            "rules": {code: str(level) for code, level in day.levels.items()},
            "is_raining": day.is_raining or None,
            "locks": [_lock(one) for one in day.locks],
        }
    )  # fmt: skip


def _without_empty(node: dict[str, Any]) -> dict[str, Any]:
    kept = ("key", "begin", "end", "groups", "segments")
    return {name: value for name, value in node.items() if name in kept or value not in (None, "", [], {})}


def _part(**fields: Any) -> dict[str, Any]:
    return {
        name: value for name, value in fields.items() if value is not None and (value not in ("", {}) or name == "key")
    }


def _hours(windows: tuple[Window, ...]) -> list[list[str]] | None:
    return None if windows == WHOLE_DAY else [_window(window) for window in windows]


def _window(window: Window) -> list[str]:
    return [clock(window.start), clock(window.end)]


def _length(length: Length) -> int | list[int]:
    return length.shortest if length.shortest == length.longest else [length.shortest, length.longest]


def _hosts(hosts: tuple[HostNeed, ...]) -> list[dict[str, Any]] | None:
    return [_part(role=one.role, count=one.count, people=list(one.people) or None) for one in hosts] or None


def _segment(one: Segment, everybody: tuple[str, ...]) -> dict[str, Any]:
    node = _part(
        key=one.key,
        name=one.name,
        text=one.text,
        minutes=_length(one.minutes),
        form=str(one.form),
        groups=None if one.groups == everybody else list(one.groups),
        places=list(one.places) or None,
        room=one.room,
        hosts=_hosts(one.hosts),
        equipment=dict(one.equipment),
        after=[_part(segment=a.segment, least=a.least or None, most=a.most) for a in one.after] or None,
        start=None if one.start is None else clock(one.start),
        window=None if one.window is None else _window(one.window),
        setting=None if one.setting == "any" else str(one.setting),
        is_mandatory=None if one.is_mandatory else False,
    )
    if one.rotation is not None:
        node |= {
            "stations": [_station(station) for station in one.rotation.stations],
            "round": _length(one.rotation.round),
            "changes": one.rotation.changes,
            "common_rounds": one.rotation.is_common,
            "equal_rounds": one.rotation.is_equal,
        }
    return node


def _station(one: Station) -> dict[str, Any]:
    places = list(one.places) or None
    return _part(key=one.key, name=one.name, places=places, hosts=_hosts(one.hosts), equipment=dict(one.equipment))


def _trip(one: Trip) -> dict[str, Any]:
    return _part(
        key=one.key,
        name=one.name,
        groups=list(one.groups),
        minutes=one.minutes,
        vehicles=list(one.vehicles) or None,
        is_return=one.is_return or None,
        window=None if one.window is None else _window(one.window),
    )


def _lock(one: Lock) -> dict[str, Any]:
    return _part(
        segment=one.segment,
        post=one.post,
        start=None if one.start is None else clock(one.start),
        minutes=one.minutes,
        place=one.place,
        hosts=None if one.hosts is None else list(one.hosts),
    )
