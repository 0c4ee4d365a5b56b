"""Rows of a file, checked against each other and the ledger, ready to be written or mended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from backend.roster.models import ImportRow
from backend.roster.models.imports import SheetKind
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.checking import CheckedRow, needed_columns, parse_row
from backend.roster.sheets.child_checks import check_child
from backend.roster.sheets.child_values import values_of_children
from backend.roster.sheets.helper_checks import check_helper
from backend.roster.sheets.helper_values import values_of_helpers
from backend.roster.sheets.logins import Addresses, check_guardian_addresses
from backend.roster.sheets.people import Known, Match, People, id_hash
from backend.roster.sheets.placing import check_scope, place_areas, place_classes, place_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from backend.roster.access import Reader
    from backend.roster.sheets.places import Places

Values = dict[str, Any]
Outcome = ImportRow.Outcome
SAME, NEW, SKIP = "SAME", "NEW", "SKIP"
_UNIT = {SheetKind.CHILDREN: ("school", "school_code"), SheetKind.HELPERS: ("unit", "unit_code")}
_ALIVE_EVERY = 500
_ONLY_WITH_OTHERS = frozenset({"assessment_reason"})


@dataclass(frozen=True)
class Decision:
    """What a person said of somebody who looked alike."""

    word: str
    alike_id: int | None


@dataclass
class Stage:
    """
    Everything that rows of one file are checked against.

    Args:
        kind: a SheetKind. letters: column key -> letters in the file. today: in Asia/Shanghai.
        alive: called every second or so of a long run.
        persons: row number -> row id of the person it is about, where that is said and not to be found out.
    """

    kind: str
    reader: Reader
    today: date
    letters: dict[str, str]
    places: Places
    alive: Callable[[], None] = lambda: None
    persons: Mapping[int, int] = field(default_factory=dict)

    def run(self, rows: Iterable[tuple[int, dict[str, Any]]], decisions: dict[int, Decision]) -> list[ImportRow]:
        """Unsaved ImportRows in the order of the file; `Places` afterwards knows what they add."""
        checked = [self._parsed(number, cells) for number, cells in rows]
        # A place may be named by its code in one row and by its name alone in another: codes first, areas before units.
        for row in sorted(checked, key=lambda row: "village_code" not in row.values):
            place_areas(row, self.places, self.kind)
        unit_code = _UNIT[SheetKind(self.kind)][1]
        for row in sorted(checked, key=lambda row: unit_code not in row.values):
            place_units(row, self.places, self.kind)
        numbers = (row.values["id_number"] for row in checked if row.values.get("id_number"))
        self.people = People(self.kind, self.reader, numbers)
        matches = [self._match(row, decisions.get(row.number)) for row in checked]
        self._check_doubles(checked, matches)
        current = self._current(matches)
        self._check_addresses(checked, matches)
        return [self._staged(row, match, current) for row, match in zip(checked, matches, strict=True)]

    def _parsed(self, number: int, cells: dict[str, Any]) -> CheckedRow:
        if number % _ALIVE_EVERY == 0:
            self.alive()
        return parse_row(number, cells, SHEETS[self.kind])

    def _match(self, row: CheckedRow, decision: Decision | None) -> Match:
        if row.number in self.persons:
            return self._said(row, self.persons[row.number])
        name, code = (row.values.get(key, "") for key in _UNIT[SheetKind(self.kind)])
        found = self.people.match(row.values, row.cells, self.places.id_of_unit(name, code))
        if found.is_elsewhere:
            self._number_taken(row)
        if found.alike and decision:
            return self._decided(found.alike, decision)
        return found

    def _said(self, row: CheckedRow, person_id: int) -> Match:
        """The person named beside the row; the ID number must not be somebody else's."""
        if self.people.owner(row.values.get("id_number", "")) not in (None, person_id):
            self._number_taken(row)
        return Match(person=self.people.known(person_id))

    @staticmethod
    def _number_taken(row: CheckedRow) -> None:
        row.wrong(
            "id_number",
            gettext_noop("cannot be used"),
            gettext_noop("Ask the county's coordinator to look into it."),
        )

    def _decided(self, alike: Known, decision: Decision) -> Match:
        if decision.word == NEW:
            return Match()
        if decision.word == SAME and decision.alike_id is not None:
            return Match(person=self.people.known(decision.alike_id))
        return Match(alike=alike)

    def _current(self, matches: list[Match]) -> dict[int, Values]:
        ids = {match.person.pk for match in matches if match.person}
        values = values_of_children if self.kind == SheetKind.CHILDREN else values_of_helpers
        return values(ids, self.alive)

    def _check_doubles(self, checked: list[CheckedRow], matches: list[Match]) -> None:
        """One person has one row."""
        first: dict[Any, int] = {}
        for row, match in zip(checked, matches, strict=True):
            keys: list[Any] = [("id", row.values["id_number"])] if row.values.get("id_number") else []
            if match.person:
                keys.append(("person", match.person.pk))
            elif not keys:
                keys = [
                    (
                        "who",
                        *(
                            str(row.values.get(key))
                            for key in ("name", "birth_date", *_UNIT[SheetKind(self.kind)], "phone")
                        ),
                    )
                ]
            earlier = next((first[key] for key in keys if key in first), None)
            if earlier is not None:
                key = "id_number" if row.values.get("id_number") else "name"
                row.wrong(
                    key,
                    gettext_noop("the same person as in row %(number)s"),
                    gettext_noop("Keep one of the two rows."),
                    number=earlier,
                )
            for key in keys:
                first.setdefault(key, row.number)

    def _check_addresses(self, checked: list[CheckedRow], matches: list[Match]) -> None:
        """One login has one e-mail address."""
        if self.kind == SheetKind.CHILDREN:
            check_guardian_addresses(checked)
        else:
            persons = {row.number: match.person.pk for row, match in zip(checked, matches, strict=True) if match.person}
            Addresses.of(row.values.get("email", "") for row in checked).check(checked, persons)

    def _staged(self, row: CheckedRow, match: Match, current: dict[int, Values]) -> ImportRow:
        if row.number % _ALIVE_EVERY == 0:
            self.alive()
        on_file = current.get(match.person.pk) if match.person else None
        place_classes(row, self.places, self.kind, on_file)
        if match.person is None:
            needed_columns(row, SHEETS[self.kind])
        check = check_child if self.kind == SheetKind.CHILDREN else check_helper
        check(row, on_file, self.today)
        check_scope(row, self.places, self.kind, on_file)
        if on_file is None:
            return self._row(row, match, row.values, list(row.values))
        leave_old_classes(row.values, on_file)
        return self._row(row, match, on_file | row.values, changed_keys(row.values, on_file), on_file)

    def _row(
        self, row: CheckedRow, match: Match, final: Values, changed: list[str], on_file: Values | None = None
    ) -> ImportRow:
        before = {key: on_file.get(key) for key in changed} if on_file is not None else {}
        known = match.person
        payload = {"cells": row.cells, "values": final, "changed": changed}
        return ImportRow(
            number=row.number,
            outcome=_outcome(row, match, changed),
            label=row.values.get("name") or (known.name if known else str(row.cells.get("name", ""))[:60]),
            problems=[problem.noted(key, f"{self.letters.get(key, '')}{row.number}") for key, problem in row.problems],
            person_id=known.pk if known else None,
            person_version=known.version if known else None,
            alike_id=match.alike.pk if match.alike else None,
            id_hash=id_hash(self.kind, row.values.get("id_number") or ""),
            payload=json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
            before=json.dumps(before, ensure_ascii=False, separators=(",", ":")) if before else "",
        )


def _outcome(row: CheckedRow, match: Match, changed: list[str]) -> str:
    if row.problems:
        return Outcome.WRONG
    if match.alike:
        return Outcome.ALIKE
    if match.person is None:
        return Outcome.NEW
    return Outcome.CHANGED if changed else Outcome.UNCHANGED


def leave_old_classes(values: Values, on_file: Values) -> None:
    """Whoever changes school leaves the old school's classes."""
    for place, empty in (
        (("school", "school_code"), {"class_name": "", "grade": None}),
        (("unit", "unit_code"), {"classes": []}),
    ):
        if any(key in values and values[key] != on_file.get(key) for key in place):
            for key, value in empty.items():
                values.setdefault(key, value)


def changed_keys(values: Values, on_file: Values) -> list[str]:
    """Keys whose value differs from the ledger, in the order of the row."""
    changed = [key for key, value in values.items() if not _same(value, on_file.get(key))]
    if values.get("consent") is not True and not on_file.get("consent"):
        changed = [key for key in changed if not key.startswith("consent")]
    return [] if set(changed) <= _ONLY_WITH_OTHERS else changed


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list) and all(isinstance(word, str) for word in one + other):
        return sorted(one) == sorted(other)
    return bool(one == other) or (one in (None, "", [], {}) and other in (None, "", [], {}))
