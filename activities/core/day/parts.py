"""The things an event day is made of, each as plain data. Times are minutes from midnight, lengths minutes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from activities.core.day.clock import DAY_MINUTES, WHOLE_DAY
from activities.core.day.errors import MalformedDay

if TYPE_CHECKING:
    from activities.core.day.clock import Window


class Form(StrEnum):
    """Everybody at once; each group by itself, all at the same time; groups going round stations."""

    PLENARY = "plenary"
    BY_GROUP = "by_group"
    ROTATION = "rotation"


class Setting(StrEnum):
    """Where a segment belongs: anywhere, only under a roof, better in the open."""

    ANY = "any"
    INDOOR = "indoor"
    OUTDOOR = "outdoor"


@dataclass(frozen=True, slots=True)
class Length:
    """
    How long something may take, in minutes; `shortest == longest` where the plan says it exactly.

    Raises:
        MalformedDay: not `1 <= shortest <= longest <= 1440`.
    """

    shortest: int
    longest: int

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest <= DAY_MINUTES:
            raise MalformedDay(
                "minutes", f"{self.shortest} to {self.longest} is no length", "write 1 to 1440, the shorter first"
            )

    def allows(self, minutes: int) -> bool:
        """Whether a length lies in the range."""
        return self.shortest <= minutes <= self.longest


@dataclass(frozen=True, slots=True)
class Group:
    """
    Children who go through the day together.

    Args:
        size: children, >= 1.
        hours: when they are there; a late bus makes it shorter.
    """

    key: str
    name: str
    size: int
    hours: tuple[Window, ...] = WHOLE_DAY


@dataclass(frozen=True, slots=True)
class Place:
    """
    A room, a corner of a hall, a yard.

    Args:
        kind: of room, what segments may ask for.
        capacity: children at once, or None where nobody has counted.
        at_once: gatherings (a plenary, a group, a station) at once, or None for any number.
        hours: when it is open.
    """

    key: str
    name: str
    kind: str = ""
    capacity: int | None = None
    at_once: int | None = None
    is_indoor: bool = True
    hours: tuple[Window, ...] = WHOLE_DAY


@dataclass(frozen=True, slots=True)
class Person:
    """
    Somebody who can lead, help or drive.

    Args:
        roles: what this person can be called for.
        hours: when this person is there; none at all for one who is ill.
        free: when this person is free in an ordinary week; none at all where that is never so on this weekday.
        most_minutes: of leading in the whole day, or None.
        is_reserve: called only where nobody else can; who is merely not free in an ordinary week is asked before.
    """

    key: str
    name: str
    roles: tuple[str, ...]
    hours: tuple[Window, ...] = WHOLE_DAY
    most_minutes: int | None = None
    is_reserve: bool = False
    free: tuple[Window, ...] = WHOLE_DAY


@dataclass(frozen=True, slots=True)
class HostNeed:
    """
    Hosts wanted by one gathering: by a plenary, by each group of a segment by group, by a station.

    Args:
        role: the role asked for.
        count: persons, >= 1.
        people: keys of those who alone may do it; empty for anybody of the role.
    """

    role: str
    count: int = 1
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class After:
    """This segment begins when another has ended, `least` to `most` minutes later; `most` None for no limit."""

    segment: str
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Station:
    """
    One stop of a rotation.

    Args:
        places: keys, the better first; empty for what the segment says.
        hosts: empty for what the segment says. Whoever hosts a station stays there for the whole segment.
        equipment: (key, count) pairs, bound for the whole segment.
    """

    key: str
    name: str
    places: tuple[str, ...] = ()
    hosts: tuple[HostNeed, ...] = ()
    equipment: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Rotation:
    """
    How groups go round.

    Args:
        stations: each group visits each of them once.
        round: length of one visit.
        changes: minutes within the segment that are meant for changing stations; they are no waiting.
        is_common: all groups change at the same moments.
        is_equal: all visits are equally long.
    """

    stations: tuple[Station, ...]
    round: Length
    changes: int = 0
    is_common: bool = True
    is_equal: bool = True


@dataclass(frozen=True, slots=True)
class Segment:
    """
    One item of the programme.

    Args:
        groups: keys of those who take part.
        places: keys, the better first; empty for any place of the `room` kind.
        hosts, equipment: per gathering; `equipment` as (key, count) pairs.
        start: fixed, minutes from midnight; `window`: it lies inside.
        is_mandatory: a plan without it is none.
        text: the plan's own words.
    """

    key: str
    name: str
    minutes: Length
    groups: tuple[str, ...]
    form: Form = Form.PLENARY
    places: tuple[str, ...] = ()
    room: str = ""
    hosts: tuple[HostNeed, ...] = ()
    equipment: tuple[tuple[str, int], ...] = ()
    after: tuple[After, ...] = ()
    start: int | None = None
    window: Window | None = None
    setting: Setting = Setting.ANY
    rotation: Rotation | None = None
    is_mandatory: bool = True
    text: str = ""

    @property
    def stations(self) -> tuple[Station, ...]:
        """Stations of a rotation, else none."""
        return self.rotation.stations if self.rotation else ()


@dataclass(frozen=True, slots=True)
class Supply:
    """
    Something to be brought.

    Args:
        brought_by: key of a person, or the name of an organisation; empty while nobody has said yes.
        segment: where it is needed, or empty.
        count: pieces, or None where the plan does not say.
    """

    key: str
    name: str
    brought_by: str = ""
    segment: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle and who drives it; `turn_minutes` lie between two of its trips."""

    key: str
    name: str
    seats: int
    driver: str
    turn_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Trip:
    """
    One ride of some groups.

    Args:
        groups: keys; all of them ride at once.
        vehicles: keys of those that may do it, empty for any.
        is_return: after the last segment of these groups, else before the first.
        window: it lies inside.
    """

    key: str
    name: str
    groups: tuple[str, ...]
    minutes: int
    vehicles: tuple[str, ...] = ()
    is_return: bool = False
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """Money as the organisers wrote it down; carried, not planned with. `amount_fen` in hundredths of a yuan."""

    key: str
    name: str
    amount_fen: int
    payer: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """
    A decision of a person that stays: whatever is not None.

    Args:
        segment: key; `start` and `minutes` are those of the whole segment.
        post: key of the group or station whose `place` and `hosts` are meant, empty for a plenary.
    """

    segment: str
    post: str = ""
    start: int | None = None
    minutes: int | None = None
    place: str | None = None
    hosts: tuple[str, ...] | None = None
