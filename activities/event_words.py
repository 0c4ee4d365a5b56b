"""A day in words: its rules, its goals, its people. Decides nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.core.day.clock import clock
from activities.core.day.goals import GOALS
from activities.core.day.groups import GROUP_GOALS
from activities.core.day.judge import check
from activities.core.day.plan_files import read_plan
from activities.core.day.reading import read_day
from activities.core.day.rules import RULES, Level
from activities.core.day.templates import BUILT_IN
from activities.event_translation import judged_day
from backend.roster.masking import given_name
from backend.roster.presenting import names_for_day_host

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from activities.models import DaySeat, EventDay

Sentence = tuple[str, str]
"""In Chinese and in English."""
TEMPLATES: dict[str, Sentence] = BUILT_IN
"""Built-in days: code -> name."""
RULE_LEVELS: tuple[str, ...] = tuple(str(level) for level in Level)
"""How seriously a rule can be taken, the gravest first."""
_CHANGE_GOALS = {
    "changes": ("与原方案不同的地方", "changes from the plan before"),
    "moved": ("环节和接送移动的分钟数", "minutes by which segments and rides move"),
}


@dataclass(frozen=True)
class RuleLine:
    """A broken rule: its level, the sentence, and the segments it is about."""

    code: str
    level: str
    zh: str
    en: str
    segments: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleLevel:
    """How seriously a day takes a rule, and how seriously days usually do."""

    code: str
    scope: str
    level: str
    usual: str


@dataclass(frozen=True)
class GoalLine:
    """A goal in words with its value and its proven bound; `is_time` where the value is a time of day."""

    name: str
    zh: str
    en: str
    value: int
    bound: int

    @property
    def is_time(self) -> bool:
        return self.name == "finish"

    @property
    def is_proven(self) -> bool:
        return self.value == self.bound

    @property
    def value_words(self) -> str:
        return clock(self.value) if self.is_time else str(self.value)

    @property
    def bound_words(self) -> str:
        return clock(self.bound) if self.is_time else str(self.bound)


def rule_lines(event: EventDay, plan: dict[str, Any] | None) -> tuple[RuleLine, ...]:
    """Everything the judge remarks of a plan for the draft, the gravest first."""
    if not plan:
        return ()
    day = judged_day(event)
    segments = {segment.key for segment in day.segments}
    order = {"forbid": 0, "block_release": 1, "warn": 2}
    lines = [
        RuleLine(one.rule, str(one.level), one.sentence, one.sentence_en, tuple(k for k in one.keys if k in segments))
        for one in check(day, read_plan(plan))
    ]
    return tuple(sorted(dict.fromkeys(lines), key=lambda one: order.get(one.level, 3)))


def changeable_rules(draft: dict[str, Any]) -> tuple[RuleLevel, ...]:
    """Every rule a day may take more or less seriously; what says what a plan is stays out."""
    day = read_day(draft)
    return tuple(
        RuleLevel(rule.code, rule.scope, str(day.level(rule.code)), str(rule.level))
        for rule in RULES
        if rule.scope != "plan"
    )


def goal_lines(answer: dict[str, Any]) -> tuple[GoalLine, ...]:
    """What the planner reached, goal by goal."""
    words = GOALS | _CHANGE_GOALS
    return tuple(
        GoalLine(goal["name"], words[goal["name"]][0], words[goal["name"]][1], goal["value"], goal["bound"])
        for goal in answer.get("goals", [])
    )


def group_goal_words(name: str) -> Sentence:
    """A goal of dividing children, in words."""
    return GROUP_GOALS.get(name, (name, name))


def called_on_the_spot(seats: Iterable[DaySeat], *, now: datetime) -> dict[int, str]:
    """
    Seat row id -> what a list in many hands calls a child; a guest without a file has no surname there either.

    Two of one group with the same given name are told apart by where they come from.
    """
    rows = list(seats)
    called = names_for_day_host([seat.child for seat in rows if seat.child], now=now)
    names = {
        seat.pk: called[seat.child_id] if seat.child_id else given_name(seat.guest_name) or seat.guest_name
        for seat in rows
    }
    often = Counter((seat.group_key, names[seat.pk]) for seat in rows)
    return {seat.pk: names[seat.pk] + _whence(seat) * (often[seat.group_key, names[seat.pk]] > 1) for seat in rows}


def _whence(seat: DaySeat) -> str:
    place = seat.from_place or (seat.school.name if seat.school else "")
    return f"·{place}" if place else ""


def people_of(draft: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(key, name, roles) of everybody of the day."""
    people = draft.get("people", [])
    return [(one["key"], one.get("name") or one["key"], "、".join(one.get("roles", []))) for one in people]


def time_words(minutes: int) -> str:
    """ "09:50"."""
    return clock(minutes)
