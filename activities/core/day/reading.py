"""DAY.json -> DayProblem. The schema is kept in docs/day-plan.schema.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activities.core.day.errors import MalformedDay
from activities.core.day.fields import MOST_NUMBER, Fields, as_whole, load
from activities.core.day.parts import (
    After,
    BudgetLine,
    Form,
    Group,
    HostNeed,
    Lock,
    Person,
    Place,
    Rotation,
    Segment,
    Setting,
    Station,
    Supply,
    Trip,
    Vehicle,
)
from activities.core.day.problem import DayProblem
from activities.core.day.rules import Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")

_DAY = (
    "$schema key title date organisers co_organisers notes begin end groups places people transfers transfer_minutes "
    "equipment segments supplies vehicles trips budget rules is_raining locks"
)


def read_day(source: Path | dict[str, Any]) -> DayProblem:
    """
    Read one day from a file, or from what a JSON file holds.

    Raises:
        MalformedDay: naming the place in the file, what is wrong there and what would be accepted.
    """
    day = Fields(source if isinstance(source, dict) else load(source), "", _DAY)
    groups = _each(day, "groups", _group)
    everybody = tuple(group.key for group in groups)
    return DayProblem(
        key=day.text("key", "day"),
        begin=day.time("begin"),
        end=day.time("end"),
        groups=groups,
        segments=tuple(_segment(node, place, everybody) for node, place in day.items("segments")),
        places=_each(day, "places", _place),
        people=_each(day, "people", _person),
        transfers=dict(_transfer(node, place) for node, place in day.items("transfers")),
        transfer_minutes=day.whole("transfer_minutes", 0, 0, 24 * 60),
        equipment=day.counts("equipment", 0),
        supplies=_each(day, "supplies", _supply),
        vehicles=_each(day, "vehicles", _vehicle),
        trips=_each(day, "trips", _trip),
        budget=_each(day, "budget", _budget),
        levels={key: _level(value, place) for key, value, place in day.pairs("rules")},
        is_raining=day.flag("is_raining", default=False),
        locks=_each(day, "locks", _lock),
        title=day.text("title", ""),
        date=day.text("date", ""),
        organisers=day.texts("organisers"),
        co_organisers=day.texts("co_organisers"),
        notes=day.texts("notes"),
    )


def _each(day: Fields, name: str, read: Callable[[object, str], T]) -> tuple[T, ...]:
    return tuple(read(node, place) for node, place in day.items(name))


def _group(node: object, place: str) -> Group:
    group = Fields(node, place, "key name size hours")
    return Group(group.text("key"), group.text("name", ""), group.whole("size", 1, most=10_000), group.hours("hours"))


def _place(node: object, place: str) -> Place:
    one = Fields(node, place, "key name kind capacity at_once is_indoor hours")
    return Place(
        one.text("key"),
        one.text("name", ""),
        one.text("kind", ""),
        one.whole_or_none("capacity", 0),
        one.whole_or_none("at_once", 0),
        one.flag("is_indoor", default=True),
        one.hours("hours"),
    )


def _person(node: object, place: str) -> Person:
    one = Fields(node, place, "key name roles hours most_minutes is_reserve free")
    return Person(
        one.text("key"),
        one.text("name", ""),
        one.texts("roles"),
        one.hours("hours"),
        one.whole_or_none("most_minutes", 0),
        one.flag("is_reserve", default=False),
        one.hours("free"),
    )


def _transfer(node: object, place: str) -> tuple[tuple[str, str], int]:
    one = Fields(node, place, "from to minutes")
    return (one.text("from"), one.text("to")), one.whole("minutes", 0, most=24 * 60)


def _segment(node: object, place: str, everybody: tuple[str, ...]) -> Segment:
    one = Fields(
        node,
        place,
        "key name text minutes form groups places room hosts equipment after start window setting is_mandatory "
        "stations round changes common_rounds equal_rounds",
    )
    form = one.choice("form", Form, Form.PLENARY)
    if form is not Form.ROTATION:
        _refuse_rotation(one)
    return Segment(
        key=one.text("key"),
        name=one.text("name", ""),
        minutes=one.length("minutes"),
        groups=one.texts("groups") if one.has("groups") else everybody,
        form=form,
        places=one.texts("places"),
        room=one.text("room", ""),
        hosts=_hosts(one),
        equipment=tuple(one.counts("equipment").items()),
        after=tuple(_after(entry, here) for entry, here in one.items("after")),
        start=one.time_or_none("start"),
        window=one.window("window"),
        setting=one.choice("setting", Setting, Setting.ANY),
        rotation=_rotation(one) if form is Form.ROTATION else None,
        is_mandatory=one.flag("is_mandatory", default=True),
        text=one.text("text", ""),
    )


def _rotation(segment: Fields) -> Rotation:
    stations = tuple(_station(node, place) for node, place in segment.items("stations"))
    return Rotation(
        stations,
        segment.length("round"),
        segment.whole("changes", 0, 0, 24 * 60),
        segment.flag("common_rounds", default=True),
        segment.flag("equal_rounds", default=True),
    )


def _refuse_rotation(segment: Fields) -> None:
    for name in ("stations", "round", "changes", "common_rounds", "equal_rounds"):
        if segment.has(name):
            raise MalformedDay(segment.at(name), "belongs to a rotation", 'leave it out, or write "form": "rotation"')


def _station(node: object, place: str) -> Station:
    one = Fields(node, place, "key name places hosts equipment")
    return Station(
        one.text("key"), one.text("name", ""), one.texts("places"), _hosts(one), tuple(one.counts("equipment").items())
    )


def _hosts(fields: Fields) -> tuple[HostNeed, ...]:
    return tuple(_host(node, place) for node, place in fields.items("hosts"))


def _host(node: object, place: str) -> HostNeed:
    one = Fields(node, place, "role count people")
    return HostNeed(one.text("role"), one.whole("count", 1, 1, 100), one.texts("people"))


def _after(node: object, place: str) -> After:
    if isinstance(node, str):
        return After(node)
    one = Fields(node, place, "segment least most")
    least, most = one.whole("least", 0, 0, 24 * 60), one.whole_or_none("most", 0)
    if most is not None and most < least:
        raise MalformedDay(one.at("most"), "is less than the least", "let most be at least as large")
    return After(one.text("segment"), least, most)


def _supply(node: object, place: str) -> Supply:
    one = Fields(node, place, "key name brought_by segment count")
    return Supply(
        one.text("key"),
        one.text("name", ""),
        one.text("brought_by", ""),
        one.text("segment", ""),
        one.whole_or_none("count", 0),
    )


def _vehicle(node: object, place: str) -> Vehicle:
    one = Fields(node, place, "key name seats driver turn_minutes")
    return Vehicle(
        one.text("key"),
        one.text("name", ""),
        one.whole("seats", 1, most=10_000),
        one.text("driver"),
        one.whole("turn_minutes", 0, 0, 24 * 60),
    )


def _trip(node: object, place: str) -> Trip:
    one = Fields(node, place, "key name groups minutes vehicles is_return window")
    return Trip(
        one.text("key"),
        one.text("name", ""),
        one.texts("groups"),
        one.whole("minutes", 1, most=24 * 60),
        one.texts("vehicles"),
        one.flag("is_return", default=False),
        one.window("window"),
    )


def _budget(node: object, place: str) -> BudgetLine:
    one = Fields(node, place, "key name amount_fen payer")
    return BudgetLine(
        one.text("key"), one.text("name", ""), one.whole("amount_fen", 0, most=10**12), one.text("payer", "")
    )


def _level(value: object, place: str) -> Level:
    return Fields({"level": value}, place.rpartition(".")[0], "level").choice("level", Level)


def _lock(node: object, place: str) -> Lock:
    one = Fields(node, place, "segment post start minutes place hosts")
    return Lock(
        one.text("segment"),
        one.text("post", ""),
        one.time_or_none("start"),
        as_whole(one.node["minutes"], one.at("minutes"), 1, MOST_NUMBER) if one.has("minutes") else None,
        one.text("place") if one.has("place") else None,
        one.texts("hosts") if one.has("hosts") else None,
    )
