"""
What can be given up where a day cannot be planned, as data: a button stores it, `apply_relaxation` carries it out.

Each rule that can be given up has one function that changes the day so far that the rule no longer stands in the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from activities.core.day.clock import DAY_MINUTES, Window
from activities.core.day.errors import MalformedDay
from activities.core.day.fields import Fields
from activities.core.day.parts import HostNeed, Length, Person, Setting
from activities.core.day.posts import fitting, posts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from activities.core.day.parts import Segment, Station
    from activities.core.day.problem import DayProblem


@dataclass(frozen=True, slots=True)
class Relaxation:
    """
    One rule given up for certain things.

    Args:
        rule: its code; `keys`: what it is given up for.
        values: numbers it needs: minutes from midnight, minutes, counts.
        sentence, sentence_en: what giving up means.
    """

    rule: str
    keys: tuple[str, ...]
    values: Mapping[str, int]
    sentence: str = ""
    sentence_en: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a button keeps it and the program prints it."""
        return {
            "rule": self.rule,
            "keys": list(self.keys),
            "values": dict(self.values),
            "sentence": self.sentence,
            "sentence_en": self.sentence_en,
        }


def read_relaxation(node: dict[str, Any]) -> Relaxation:
    """
    What `as_json` gave.

    Raises:
        MalformedDay: a field is missing or ill-typed, or the rule cannot be given up.
    """
    one = Fields(node, "relaxation", "rule keys values sentence sentence_en")
    rule = one.text("rule")
    if rule not in _APPLY:
        raise MalformedDay("relaxation.rule", f"{rule[:40]!r} cannot be given up", f"use one of {', '.join(_APPLY)}")
    return Relaxation(
        rule, one.texts("keys"), one.counts("values", 0), one.text("sentence", ""), one.text("sentence_en", "")
    )


def apply_relaxation(day: DayProblem, relaxation: Relaxation) -> DayProblem:
    """
    The day without what the relaxation gives up.

    Raises:
        MalformedDay: it does not fit this day, as after the day was edited.
    """
    try:
        return _APPLY[relaxation.rule](day, relaxation.keys, relaxation.values)
    except (KeyError, IndexError, StopIteration, ValueError) as error:
        if isinstance(error, MalformedDay):
            raise
        raise MalformedDay("relaxation", "does not fit this day any more", "plan again to get a new one") from error


Keys = tuple[str, ...]


def _segment(day: DayProblem, key: str, change: Callable[[Segment], Segment]) -> DayProblem:
    day.segment(key)
    return replace(day, segments=tuple(change(one) if one.key == key else one for one in day.segments))


def _longer_day(day: DayProblem, _keys: Keys, values: Mapping[str, int]) -> DayProblem:
    return replace(day, end=max(day.end, values["end"]))


def _shorter(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    return _segment(day, keys[0], lambda one: replace(one, minutes=_reaching(one.minutes, values["minutes"])))


def _reaching(length: Length, minutes: int) -> Length:
    return Length(min(length.shortest, minutes), max(length.longest, minutes))


def _any_time(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    return _segment(day, keys[0], lambda one: replace(one, start=None, window=None))


def _not_after(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    def change(one: Segment) -> Segment:
        return replace(one, after=tuple(after for after in one.after if after.segment != keys[1]))

    return _segment(day, keys[0], change)


def _longer_gap(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    def change(one: Segment) -> Segment:
        kept = (replace(after, most=None) if after.segment == keys[1] else after for after in one.after)
        return replace(one, after=tuple(kept))

    return _segment(day, keys[0], change)


def _left_out(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    day = replace(day, locks=tuple(lock for lock in day.locks if lock.segment != keys[0]))
    return _segment(day, keys[0], lambda one: replace(one, is_mandatory=False))


def _free_rounds(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    def change(one: Segment) -> Segment:
        return replace(one, rotation=one.rotation and replace(one.rotation, is_common=False, is_equal=False))

    return _segment(day, keys[0], change)


def _shorter_rounds(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    def change(one: Segment) -> Segment:
        rotation = one.rotation
        return replace(one, rotation=rotation and replace(rotation, round=_reaching(rotation.round, values["minutes"])))

    return _segment(day, keys[0], change)


def _unlocked(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    segment, post = keys[0], keys[1] if len(keys) > 1 else ""
    return replace(day, locks=tuple(one for one in day.locks if (one.segment, one.post) != (segment, post)))


def _group_there(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    hours = Window(values["start"], values["end"])
    groups = (replace(one, hours=joined(one.hours, hours)) if one.key == keys[0] else one for one in day.groups)
    return replace(day, groups=tuple(groups))


def _person_there(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    hours = Window(values["start"], values["end"])
    people = (replace(one, hours=joined(one.hours, hours)) if one.key == keys[0] else one for one in day.people)
    return replace(day, people=tuple(people))


def _person_free(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    free = Window(values["start"], values["end"])
    people = (replace(one, free=joined(one.free, free)) if one.key == keys[0] else one for one in day.people)
    return replace(day, people=tuple(people))


def _place_open(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    hours = Window(values["start"], values["end"])
    places = (replace(one, hours=joined(one.hours, hours)) if one.key == keys[0] else one for one in day.places)
    return replace(day, places=tuple(places))


def joined(windows: tuple[Window, ...], new: Window) -> tuple[Window, ...]:
    """The windows with one more, those that touch made one."""
    out: list[Window] = []
    for window in sorted((*windows, new)):
        if out and window.start <= out[-1].end:
            out[-1] = Window(out[-1].start, max(out[-1].end, window.end))
        else:
            out.append(window)
    return tuple(out)


def later(windows: tuple[Window, ...], minutes: int) -> tuple[Window, ...]:
    """What is left of the windows from then on."""
    return tuple(Window(max(one.start, minutes), one.end) for one in windows if one.end > minutes)


def _shorter_way(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    one, other = keys
    kept = {pair: minutes for pair, minutes in day.transfers.items() if set(pair) != {one, other}}
    return replace(day, transfers=kept | {(one, other): values["minutes"]})


def _more_hosts(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    """New people of the role; where only named people will do, they are named too."""
    role, taken = keys[0], {person.key for person in day.people}
    if role not in _roles_asked(day):
        raise KeyError(role)
    # Keys stand in addresses and are plain ASCII; the role is not.
    names = (f"new-{number}" for number in range(1, DAY_MINUTES))
    new = [key for key, _number in zip((k for k in names if k not in taken), range(values["count"]), strict=False)]
    people = tuple(Person(key, f"待请的{role}{number}", (role,)) for number, key in enumerate(new, 1))

    def named(needs: tuple[HostNeed, ...]) -> tuple[HostNeed, ...]:
        return tuple(
            replace(one, people=(*one.people, *new)) if one.people and one.role == role else one for one in needs
        )

    def station(one: Station) -> Station:
        return replace(one, hosts=named(one.hosts))

    def change(one: Segment) -> Segment:
        rotation = one.rotation and replace(one.rotation, stations=tuple(map(station, one.rotation.stations)))
        return replace(one, hosts=named(one.hosts), rotation=rotation)

    return replace(day, people=(*day.people, *people), segments=tuple(map(change, day.segments)))


def _roles_asked(day: DayProblem) -> set[str]:
    return {need.role for segment in day.segments for post in posts_of(day, segment) for need in post.hosts}


def _higher_limit(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    people = (replace(one, most_minutes=values["minutes"]) if one.key == keys[0] else one for one in day.people)
    return replace(day, people=tuple(people))


def _other_place(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    """The place joins those that fit; a kind of room asked for is then no longer asked for."""
    segment, post, place = keys

    def change(one: Segment) -> Segment:
        rotation = one.rotation and replace(
            one.rotation,
            stations=tuple(
                replace(
                    station,
                    places=(*fitting(day, station.places or one.places, one.room), *([place] * (station.key == post))),
                )
                for station in one.rotation.stations
            ),
        )
        own = fitting(day, one.places, one.room)
        return replace(one, room="", rotation=rotation, places=own if rotation and own else (*own, place))

    return _segment(day, segment, change)


def _more_room(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    places = (replace(one, capacity=values["count"]) if one.key == keys[0] else one for one in day.places)
    return replace(day, places=tuple(places))


def _more_at_once(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    places = (replace(one, at_once=values["count"]) if one.key == keys[0] else one for one in day.places)
    return replace(day, places=tuple(places))


def _any_setting(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    return _segment(day, keys[0], lambda one: replace(one, setting=Setting.ANY))


def _more_equipment(day: DayProblem, keys: Keys, values: Mapping[str, int]) -> DayProblem:
    return replace(day, equipment={**day.equipment, keys[0]: max(day.equipment[keys[0]], values["count"])})


def _brought_by_others(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    supplies = (replace(one, brought_by="") if one.key == keys[0] else one for one in day.supplies)
    return replace(day, supplies=tuple(supplies))


def _no_trip(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    return replace(day, trips=tuple(one for one in day.trips if one.key != keys[0]))


def _trip_any_time(day: DayProblem, keys: Keys, _values: Mapping[str, int]) -> DayProblem:
    return replace(day, trips=tuple(replace(one, window=None) if one.key == keys[0] else one for one in day.trips))


_APPLY: dict[str, Callable[[DayProblem, Keys, Mapping[str, int]], DayProblem]] = {
    "day_bounds": _longer_day,
    "length": _shorter,
    "window": _any_time,
    "after": _not_after,
    "gap_most": _longer_gap,
    "placed": _left_out,
    "rounds": _free_rounds,
    "round_length": _shorter_rounds,
    "locked": _unlocked,
    "group_hours": _group_there,
    "transfer": _shorter_way,
    "host_transfer": _shorter_way,
    "host_count": _more_hosts,
    "host_hours": _person_there,
    "host_free": _person_free,
    "driver_hours": _person_there,
    "host_load": _higher_limit,
    "place_fits": _other_place,
    "place_hours": _place_open,
    "capacity": _more_room,
    "at_once": _more_at_once,
    "roof": _any_setting,
    "open_air": _any_setting,
    "equipment": _more_equipment,
    "supply_late": _brought_by_others,
    "trip_missing": _no_trip,
    "trip_window": _trip_any_time,
}

CURABLE = tuple(_APPLY)
"""Codes of the rules that can be given up."""
