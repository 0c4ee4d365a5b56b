"""Who has a say in undoing an import: apps above register here that somebody already depends on a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable

# (kind of sheet, row ids of persons) -> {row id: why it cannot be undone, an English msgid}
Blocker = Callable[[str, list[int]], dict[int, str]]
_blockers: list[Blocker] = []


def register(blocker: Blocker) -> None:
    """Add a blocker; registering it twice counts once."""
    if blocker not in _blockers:
        _blockers.append(blocker)


def blocked(kind: str, person_ids: Iterable[int]) -> dict[int, str]:
    """Persons that must stay, each with the first reason given."""
    ids = list(person_ids)
    found: dict[int, str] = {}
    for blocker in _blockers:
        for person_id, reason in blocker(kind, ids).items():
            found.setdefault(person_id, reason)
    return found
