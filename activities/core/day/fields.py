"""Reading JSON by hand: every refusal names the place in the file and what would be accepted there."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from activities.core.day.clock import WHOLE_DAY, Window, minutes_of
from activities.core.day.errors import MalformedDay
from activities.core.day.parts import Length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")

MOST_BYTES = 5 * 1024 * 1024
MOST_NUMBER = 10**9
LONGEST_TEXT = 2000
MOST_ENTRIES = 5000


def load(path: Path) -> dict[str, Any]:
    """
    Read a JSON file whose top is an object.

    Raises:
        MalformedDay: not there, too large, no JSON, a key twice in one object.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise MalformedDay(path.name, f"cannot be read ({error.strerror})", "name a file that is there") from error
    if len(content) > MOST_BYTES:
        raise MalformedDay(path.name, "is larger than 5 MB", "keep one day in one file")
    try:
        node = json.loads(content, object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if isinstance(error, MalformedDay):
            raise
        raise MalformedDay(path.name, "is no JSON", "save it as JSON in UTF-8") from error
    if not isinstance(node, dict):
        raise MalformedDay(path.name, "holds no object", "begin the file with {")
    return node


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    node = dict(pairs)
    if len(node) < len(pairs):
        keys = [key for key, _value in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise MalformedDay(repr(double[:60]), "stands twice in one object", "keep one of the two")
    return node


def _no_constant(name: str) -> float:
    raise MalformedDay(name, "is no number here", "write a whole number")


class Fields:
    """
    One JSON object being read.

    Every method that reads a field raises MalformedDay for a missing, unknown or ill-typed one; a field that may be
    missing has a default.
    """

    def __init__(self, node: object, place: str, known: str) -> None:
        """`known`: names of all fields this object may have, separated by spaces."""
        if not isinstance(node, dict):
            raise MalformedDay(place or "the file", "is no object", "write it in braces")
        self.node, self.place = node, place
        names = known.split()
        for name in node:
            if name not in names:
                raise MalformedDay(self.at(name[:60]), "is not known", f"use one of {', '.join(names)}")

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.place}.{name}" if self.place else name

    def has(self, name: str) -> bool:
        """Whether a field is there and not null."""
        return self.node.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A text of at most 2,000 characters."""
        value = self._value(name, default)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise MalformedDay(self.at(name), "is no text", f"write at most {LONGEST_TEXT} characters in quotes")
        return value

    def whole(self, name: str, least: int, default: int | None = None, most: int = MOST_NUMBER) -> int:
        """A whole number from `least` to `most`."""
        return as_whole(self._value(name, default), self.at(name), least, most)

    def whole_or_none(self, name: str, least: int) -> int | None:
        """A whole number, or None where the field is missing or null."""
        return self.whole(name, least) if self.has(name) else None

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._value(name, default)
        if not isinstance(value, bool):
            raise MalformedDay(self.at(name), "is neither true nor false", "write true or false")
        return value

    def choice(self, name: str, kind: Callable[[str], T], default: str | None = None) -> T:
        """One of an enumeration's words."""
        value = self.text(name, default)
        try:
            return kind(value)
        except ValueError as error:
            words = ", ".join(str(word) for word in kind)  # type: ignore[attr-defined]
            raise MalformedDay(self.at(name), f"{value[:40]!r} is none of the words", f"use one of {words}") from error

    def time(self, name: str) -> int:
        """A time of day as minutes from midnight."""
        return minutes_of(self.text(name), self.at(name))

    def time_or_none(self, name: str) -> int | None:
        """A time of day, or None where the field is missing or null."""
        return self.time(name) if self.has(name) else None

    def length(self, name: str) -> Length:
        """30, or [20, 40] for anything between."""
        value = self._value(name, None)
        if isinstance(value, int) and not isinstance(value, bool):
            value = [value, value]
        if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - shortest and longest
            raise MalformedDay(self.at(name), "is no length", "write minutes like 30, or a range like [20, 40]")
        shortest, longest = (as_whole(one, self.at(name), 1, MOST_NUMBER) for one in value)
        try:
            return Length(shortest, longest)
        except MalformedDay as error:
            raise MalformedDay(self.at(name), error.reason, error.remedy) from error

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where the field is missing."""
        found = tuple(self.items(name))
        for value, place in found:
            if not isinstance(value, str) or len(value) > LONGEST_TEXT:
                raise MalformedDay(place, "is no text", "write it in quotes")
        return tuple(str(value) for value, _place in found)

    def items(self, name: str) -> Iterator[tuple[object, str]]:
        """Each entry of a list with its path."""
        value = self._value(name, [])
        if not isinstance(value, list) or len(value) > MOST_ENTRIES:
            raise MalformedDay(self.at(name), "is no list", f"write at most {MOST_ENTRIES} entries in square brackets")
        for index, entry in enumerate(value):
            yield entry, f"{self.at(name)}[{index}]"

    def pairs(self, name: str) -> Iterator[tuple[str, object, str]]:
        """Each key and value of an object with its path."""
        value = self._value(name, {})
        if not isinstance(value, dict):
            raise MalformedDay(self.at(name), "is no object", "write it in braces")
        for key, entry in value.items():
            yield key, entry, self.at(f"{name}.{key[:60]}")

    def counts(self, name: str, least: int = 1) -> dict[str, int]:
        """An object of whole numbers."""
        return {key: as_whole(value, place, least, MOST_NUMBER) for key, value, place in self.pairs(name)}

    def window(self, name: str) -> Window | None:
        """["09:00", "11:30"], or None."""
        return as_window(self.node[name], self.at(name)) if self.has(name) else None

    def hours(self, name: str) -> tuple[Window, ...]:
        """A list of windows by time; the whole day where the field is missing."""
        if not self.has(name):
            return WHOLE_DAY
        windows = tuple(as_window(value, place) for value, place in self.items(name))
        for earlier, later in pairwise(windows):
            if earlier.end >= later.start:
                raise MalformedDay(self.at(name), "overlap or are out of order", "join them and sort them by time")
        return windows

    def _value(self, name: str, default: object) -> object:
        value = self.node.get(name)
        if value is None and default is None:
            raise MalformedDay(self.at(name), "is missing", "add it")
        return default if value is None else value


def as_whole(value: object, place: str, least: int, most: int) -> int:
    """A whole number within limits; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise MalformedDay(place, "is no fit number", f"write a whole number from {least} to {most}")
    return value


def as_window(value: object, place: str) -> Window:
    """["09:00", "11:30"]."""
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(one, str) for one in value):  # noqa: PLR2004
        raise MalformedDay(place, "is no stretch of time", 'write it like ["09:00", "11:30"]')
    try:
        return Window(minutes_of(value[0], place), minutes_of(value[1], place))
    except MalformedDay as error:
        raise MalformedDay(place, error.reason, error.remedy) from error
