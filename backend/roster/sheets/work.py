"""What one staged row asks to be written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.roster.models import ImportRow

Values = dict[str, Any]


@dataclass
class Work:
    """
    One person to write.

    Args:
        row_id, number, label: the staged row. person_id, version: the person on file, None for a new one.
        values: how the person is to be, complete. changed: the keys to write. before: what these hold now.
        public_id: the person's, known once prepared. reason: why, where somebody was asked; for the audit.
        made: names of lists -> public ids of rows added beside the person, kept for undo.
    """

    row_id: int
    number: int
    label: str
    person_id: int | None
    version: int
    values: Values
    changed: frozenset[str]
    before: Values
    public_id: str = ""
    reason: str = ""
    made: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return self.person_id is None

    def touches(self, *prefixes: str) -> bool:
        return any(key.startswith(prefixes) for key in self.changed)

    def note(self, name: str, public_id: str) -> None:
        self.made.setdefault(name, []).append(public_id)


def work_of(row: ImportRow) -> Work:
    """The work of a staged row, decrypted."""
    payload = json.loads(row.payload)
    return Work(
        row_id=row.pk,
        number=row.number,
        label=row.label,
        person_id=row.person_id,
        version=row.person_version or 0,
        values=payload["values"],
        changed=frozenset(payload["changed"]),
        before=json.loads(row.before) if row.before else {},
    )


def work_in(rows: Iterable[ImportRow]) -> list[Work]:
    return [work_of(row) for row in rows]
