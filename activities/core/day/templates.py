"""The built-in days to begin from. The first is the Zhuji day, word for word in its order and lengths."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("data")

BUILT_IN: dict[str, tuple[str, str]] = {
    "zhuji": ("诸暨“爱心手拉手”", "Hand in hand, as in Zhuji"),
    "outing": ("外出一日", "An outing"),
    "birthday": ("集体生日会", "A birthday party"),
    "parents": ("家长会", "A parents' meeting"),
    "health": ("健康体检日", "A health-check day"),
}
"""Code -> what people call it, in Chinese and in English."""


def template_day(code: str) -> dict[str, Any]:
    """
    A built-in day as its JSON, a copy of one's own.

    Raises:
        KeyError: there is none of this code.
    """
    if code not in BUILT_IN:
        raise KeyError(code)
    day: dict[str, Any] = json.loads(_text(code))
    return day


@cache
def _text(code: str) -> str:
    return (_FOLDER / f"{code}.json").read_text(encoding="utf-8")


def nameless(day: dict[str, Any]) -> dict[str, Any]:
    """The day as a template of one's own: people by role and number, no date, no locks, no rain, nobody away."""
    roles: dict[str, int] = {}
    people = []
    for person in day.get("people", []):
        role = (person.get("roles") or [""])[0] or "参加人员"
        roles[role] = roles.get(role, 0) + 1
        people.append({**person, "name": f"{role}{roles[role]}"} | {})
        people[-1].pop("hours", None)
    kept = {name: value for name, value in day.items() if name not in ("date", "locks", "is_raining", "people")}
    return kept | ({"people": people} if people else {})
