"""From a broken rule and its facts to what a person reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.core.day.rules import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from activities.core.day.problem import DayProblem
    from activities.core.day.rules import Level

Fact = str | int

_NAMED = ("segment", "other", "group", "station", "host", "place", "to", "trip", "name")
"""Facts that are keys of the day and read as names; other texts stay as they are."""


_POSTS = ("station", "name", "other")
"""Those of them that may be a station, of the segment the sentence is about."""
_EMPTY = ("（）", " ()")


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken rule before it is put into words: `keys` of what is concerned, `facts` for the sentence."""

    rule: str
    keys: tuple[str, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Violation:
    """
    A broken rule as people and programs read it.

    Args:
        rule: its code; `level`: how seriously this day takes it.
        keys: of the segments, groups, hosts, places concerned.
        sentence, sentence_en: what is wrong.
    """

    rule: str
    level: Level
    keys: tuple[str, ...]
    sentence: str
    sentence_en: str

    def as_json(self) -> dict[str, str | list[str]]:
        """As the program prints it."""
        return {
            "rule": self.rule,
            "level": str(self.level),
            "keys": list(self.keys),
            "sentence": self.sentence,
            "sentence_en": self.sentence_en,
        }


def said(day: DayProblem, breach: Breach) -> Violation:
    """Put a broken rule into words."""
    rule, facts = BY_CODE[breach.rule], named(day, breach.facts)
    return Violation(
        breach.rule,
        day.level(breach.rule),
        breach.keys,
        in_words(rule.zh, facts),
        in_words(rule.en, facts),
    )


def cure_of(day: DayProblem, breach: Breach) -> tuple[str, str]:
    """What giving up the rule would mean, in Chinese and in English."""
    rule, facts = BY_CODE[breach.rule], named(day, breach.facts)
    return in_words(rule.cure_zh, facts), in_words(rule.cure_en, facts)


def named(day: DayProblem, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Keys replaced by what people call them."""
    segment = str(facts.get("segment", ""))

    def said(name: str, value: Fact) -> Fact:
        if name not in _NAMED or not isinstance(value, str):
            return value
        if name not in _POSTS:
            return day.name_of(value)
        # A visit is called by its group and its station.
        keys = [value] if day.knows(value) else value.split(" ")
        return " ".join(day.post_name(segment, key) for key in keys)

    return {name: said(name, value) for name, value in facts.items()}


def in_words(template: str, facts: Mapping[str, Fact]) -> str:
    """Fill a template; an empty fact leaves neither a double blank nor brackets around nothing."""
    said = template.format_map(facts)
    for empty in _EMPTY:
        said = said.replace(empty, "")
    return " ".join(said.split())
