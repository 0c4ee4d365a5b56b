"""What must hold between the cells of one helper's row, and between the row and the file on the helper."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from backend.accounts.models import Role
from backend.roster.models import Organisation
from backend.roster.sheets.helper_values import CLEARANCE_KEYS

if TYPE_CHECKING:
    from backend.roster.sheets.checking import CheckedRow

Values = dict[str, Any]
_YOUNGEST, _OLDEST = 14, 100
_LONGEST_CLEARANCE_DAYS = 366


def check_helper(row: CheckedRow, current: Values | None, today: date) -> None:
    """Note what contradicts; `current` is None for a new helper."""
    on_file = current or {}
    _check_birth(row, today)
    if current is None and not row.values.get("township_code"):
        _township_needed(row)
    if row.values.get("elder_kind") and Role.ELDER not in (_merged(row, on_file, "roles") or []):
        row.wrong(
            "elder_kind",
            gettext_noop("only a five-elder has a kind"),
            gettext_noop("Add 五老 to the roles, or leave this blank."),
        )
    if row.values.get("classes") and _merged(row, on_file, "unit_kind") != Organisation.Kind.SCHOOL:
        row.wrong(
            "classes", gettext_noop("classes are taught at a school"), gettext_noop("Write the school as the unit.")
        )
    _check_clearance(row, on_file, today)


def _township_needed(row: CheckedRow) -> None:
    if not row.has_problem("village", "village_code", "township", "township_code", "unit", "unit_code"):
        row.wrong(
            "township",
            gettext_noop("a new helper needs a township"),
            gettext_noop("Write the township's name and its division code."),
        )


def _check_birth(row: CheckedRow, today: date) -> None:
    born = row.values.get("birth_date")
    if born and not _YOUNGEST <= today.year - date.fromisoformat(born).year <= _OLDEST:
        row.wrong(
            "birth_date",
            gettext_noop("the year %(year)s cannot be right"),
            gettext_noop("Compare with the card."),
            year=born[:4],
        )


def _check_clearance(row: CheckedRow, on_file: Values, today: date) -> None:
    """A background check is whole: result, issuer, day, and an end within a year (Minors Protection Law, art. 62)."""
    keys = [f"clearance.{key}" for key in CLEARANCE_KEYS]
    if all(row.values.get(key) in (None, "", on_file.get(key)) for key in keys):
        return
    for key in keys:
        if not row.values.get(key) and not row.has_problem(key):
            row.wrong(
                key,
                gettext_noop("the background check is not complete"),
                gettext_noop("Fill in all four columns of it."),
            )
    latest = on_file.get("clearance.issued_date")
    if latest and (row.values.get("clearance.issued_date") or latest) <= latest and not row.has_problem(*keys):
        row.wrong(
            "clearance.issued_date",
            gettext_noop("a check of this day or a later one is on file already"),
            gettext_noop("A new check has a later date; leave the four columns blank to keep what is on file."),
        )
    issued, expires = row.values.get("clearance.issued_date"), row.values.get("clearance.expires_date")
    if issued and issued > today.isoformat():
        row.wrong(
            "clearance.issued_date", gettext_noop("lies in the future"), gettext_noop("Write the day on the paper.")
        )
    elif issued and expires:
        _check_span(row, date.fromisoformat(issued), date.fromisoformat(expires))


def _check_span(row: CheckedRow, issued: date, expires: date) -> None:
    if expires < issued:
        row.wrong(
            "clearance.expires_date",
            gettext_noop("earlier than the day of the check"),
            gettext_noop("Compare both with the paper."),
        )
    elif (expires - issued).days > _LONGEST_CLEARANCE_DAYS:
        row.wrong(
            "clearance.expires_date",
            gettext_noop("a background check counts for a year at most"),
            gettext_noop("Write a day within a year of the check."),
        )


def _merged(row: CheckedRow, on_file: Values, key: str) -> Any:
    return row.values[key] if key in row.values else on_file.get(key)
