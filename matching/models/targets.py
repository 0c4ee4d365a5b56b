"""What a scheme's target may say about children beyond their need level: the keys, and how each is read."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from backend.roster.models.people import Sex
from backend.roster.vocabulary import CATEGORIES, NEEDS, SERVICES

# key -> the words it may list; a child fits when one of those listed is its own.
WORD_LISTS: Final[dict[str, tuple[str, ...]]] = {
    "categories": CATEGORIES,
    "needs": (*NEEDS, *SERVICES),
}
# key -> (least, greatest) of the numbers it may list.
NUMBER_LISTS: Final[dict[str, tuple[int, int]]] = {"guardianship_types": (1, 3), "severities": (1, 4)}
# key -> (least, greatest) of a range [from, to], both included, None = open.
RANGES: Final[dict[str, tuple[int, int]]] = {"ages": (0, 17), "grades": (0, 12)}
# key -> the one value of these it names.
CHOICES: Final[dict[str, tuple[str, ...]]] = {"sex": tuple(Sex.values)}
FLAGS: Final[tuple[str, ...]] = ("is_boarding",)


def target_problem(target: dict[str, Any]) -> str:
    """Name the first key of a target that says nothing sensible; "" where all do."""
    return next((key for key, value in target.items() if not _is_sensible(key, value)), "")


def target_allowed(key: str) -> str:
    """What the value of a key must be, in English for programs; the keys there are for one that is not known."""
    if key in FLAGS:
        return "true or false"
    if key in RANGES:
        return "[from, to], each {} .. {} or null, not both null and from not above to".format(*RANGES[key])
    if key in NUMBER_LISTS:
        return "a list of some of {} .. {}".format(*NUMBER_LISTS[key])
    if key in WORD_LISTS:
        return "a list of some of " + ", ".join(WORD_LISTS[key])
    return "one of " + ", ".join(CHOICES.get(key, sorted({*FLAGS, *RANGES, *NUMBER_LISTS, *WORD_LISTS, *CHOICES})))


def _is_sensible(key: str, value: Any) -> bool:
    if key in FLAGS:
        return isinstance(value, bool)
    if key in CHOICES:
        return isinstance(value, str) and value in CHOICES[key]
    if not isinstance(value, list):
        return False
    if key in WORD_LISTS:
        return bool(value) and all(word in WORD_LISTS[key] for word in value)
    if key in NUMBER_LISTS:
        low, high = NUMBER_LISTS[key]
        return bool(value) and all(_is_between(number, low, high) for number in value)
    return key in RANGES and _is_range(value, *RANGES[key])


def _is_range(value: list[Any], low: int, high: int) -> bool:
    if len(value) != 2 or not all(end is None or _is_between(end, low, high) for end in value):  # noqa: PLR2004
        return False
    start, end = value
    return (start is not None or end is not None) and (start is None or end is None or start <= end)


def _is_between(number: Any, low: int, high: int) -> bool:
    return type(number) is int and low <= number <= high


def born_between(ages: list[int | None], today: date) -> tuple[date | None, date | None]:
    """(earliest, latest) day of birth of those whose age in years lies in the range today."""
    youngest, oldest = ages
    earliest = None if oldest is None else _years_before(today, oldest + 1, days_later=1)
    latest = None if youngest is None else _years_before(today, youngest)
    return earliest, latest


def _years_before(day: date, years: int, *, days_later: int = 0) -> date:
    """The same day so many years before; for 29 February the 28th: who was born a day later is not yet so old."""
    try:
        before = day.replace(year=day.year - years)
    except ValueError:
        before = date(day.year - years, 2, 28)
    return date.fromordinal(before.toordinal() + days_later)
