"""What must hold between the cells of one child's row, and between the row and the file on the child."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from backend.roster.models import Guardian
from backend.roster.sheets.child_values import CARER_KEYS, PARENTS

if TYPE_CHECKING:
    from backend.roster.sheets.checking import CheckedRow

Values = dict[str, Any]
_OLDEST_YEARS = 25
_ASSESSED = ("heart_level", "aspects", "guardianship")


def check_child(row: CheckedRow, current: Values | None, today: date) -> None:
    """Note what contradicts; `current` is None for a new child."""
    on_file = current or {}
    _check_birth(row, today)
    if current is None and not row.values.get("village_code"):
        _village_needed(row)
    for part in PARENTS:
        _check_parent(row, on_file, part)
    _check_carer(row, on_file)
    _check_assessment(row, on_file, today)
    _check_consent(row, on_file, today)


def _village_needed(row: CheckedRow) -> None:
    if not row.has_problem("village", "village_code", "township", "township_code", "county"):
        row.wrong(
            "village",
            gettext_noop("a new child needs a village"),
            gettext_noop("Write the village's name and its division code."),
        )


def _check_birth(row: CheckedRow, today: date) -> None:
    born = row.values.get("birth_date")
    if born and not date(today.year - _OLDEST_YEARS, 1, 1) <= date.fromisoformat(born) <= today:
        row.wrong("birth_date", gettext_noop("no child is born on this day"), gettext_noop("Compare with the card."))


def _check_parent(row: CheckedRow, on_file: Values, part: str) -> None:
    """What is known of a parent hangs on the parent's name."""
    given = [key for key, value in row.values.items() if key.startswith(f"{part}.") and value]
    if given and not _merged(row, on_file, f"{part}.name") and not row.has_problem(f"{part}.name"):
        row.wrong(given[0], gettext_noop("the parent's name is missing"), gettext_noop("Write the parent's name too."))


def _check_carer(row: CheckedRow, on_file: Values) -> None:
    kind = _merged(row, on_file, "carer.kind")
    given = [f"carer.{key}" for key in CARER_KEYS if row.values.get(f"carer.{key}")]
    if not kind and given and not row.has_problem("carer.kind"):
        row.wrong(
            "carer.kind",
            gettext_noop("says nothing of who is in charge"),
            gettext_noop("Choose who is in charge of the child."),
        )
    elif kind in PARENTS.values():
        _check_parent_in_charge(row, on_file, kind, given)
    elif kind and not _merged(row, on_file, "carer.name") and not row.has_problem("carer.name"):
        row.wrong(
            "carer.name", gettext_noop("the name of the person in charge is missing"), gettext_noop("Fill it in.")
        )


def _check_parent_in_charge(row: CheckedRow, on_file: Values, kind: str, given: list[str]) -> None:
    if given and "carer.kind" in row.values:
        row.wrong(
            given[0],
            gettext_noop("a parent in charge is described in the parent's own columns"),
            gettext_noop("Leave this blank, or choose another person in charge."),
        )
    part = "father" if kind == Guardian.Kind.FATHER else "mother"
    if not _merged(row, on_file, f"{part}.name") and not row.has_problem(f"{part}.name"):
        row.wrong(
            f"{part}.name", gettext_noop("the parent's name is missing"), gettext_noop("Write the parent's name too.")
        )


def _check_assessment(row: CheckedRow, on_file: Values, today: date) -> None:
    if not any(row.values.get(key) not in (None, on_file.get(key)) for key in _ASSESSED):
        return
    day, latest = row.values.get("assessed_date"), on_file.get("assessed_date")
    if not day and not row.has_problem("assessed_date"):
        row.wrong(
            "assessed_date", gettext_noop("the assessment has no date"), gettext_noop("Write the day it was made.")
        )
    elif day and day > today.isoformat():
        row.wrong("assessed_date", gettext_noop("lies in the future"), gettext_noop("Write the day it was made."))
    elif day and latest and day < latest:
        row.wrong(
            "assessed_date",
            gettext_noop("earlier than the assessment on file"),
            gettext_noop("Write the day of the new one."),
        )
    _check_level(row, on_file)


def _check_level(row: CheckedRow, on_file: Values) -> None:
    """A change of level needs a reason; a lower one a second person, whom a sheet cannot be."""
    level, before = row.values.get("heart_level"), on_file.get("heart_level")
    if level is None or before is None or level == before:
        return
    if level < before:
        row.wrong(
            "heart_level",
            gettext_noop("lower than the level on file, which takes a second person"),
            gettext_noop("Leave it blank here and change it in the child's file."),
        )
    elif not row.values.get("assessment_reason"):
        row.wrong("assessment_reason", gettext_noop("the level changes without a reason"), gettext_noop("Write why."))


def _check_consent(row: CheckedRow, on_file: Values, today: date) -> None:
    if row.values.get("consent") is not True or row.has_problem("consent_date", "consent_by"):
        return
    if not _merged(row, on_file, "consent_date"):
        row.wrong(
            "consent_date", gettext_noop("the consent has no date"), gettext_noop("Write the day on the signed paper.")
        )
    elif _merged(row, on_file, "consent_date") > today.isoformat():
        row.wrong(
            "consent_date", gettext_noop("lies in the future"), gettext_noop("Write the day on the signed paper.")
        )
    if not _merged(row, on_file, "consent_by"):
        row.wrong("consent_by", gettext_noop("nobody signed the consent"), gettext_noop("Write who signed the paper."))


def _merged(row: CheckedRow, on_file: Values, key: str) -> Any:
    return row.values[key] if key in row.values else on_file.get(key)
