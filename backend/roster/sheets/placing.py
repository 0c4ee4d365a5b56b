"""Which places a row names, made canonical, and whether the reader may write there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.accounts.models import Role
from backend.roster.models import Organisation
from backend.roster.models.imports import SheetKind
from backend.roster.sheets.place_problems import TOWNSHIP_DIGITS, PlaceProblem, out_of_scope
from backend.roster.sheets.units import Naming

if TYPE_CHECKING:
    from backend.roster.sheets.checking import CheckedRow
    from backend.roster.sheets.places import Places

Values = dict[str, Any]
_AREAS = ("county", "township", "township_code", "village", "village_code")


def place_areas(row: CheckedRow, places: Places, kind: str) -> None:
    """Complete the areas of a row; a place that cannot be settled is noted."""
    try:
        places.areas.village(row.values)
        if kind == SheetKind.HELPERS and not row.values.get("village_code"):
            places.areas.township(row.values)
    except PlaceProblem as error:
        row.problems.append((error.key, error.problem))
    if kind == SheetKind.HELPERS:
        row.values.pop("county", None)


def place_units(row: CheckedRow, places: Places, kind: str) -> None:
    """Complete the school or unit of a row, once every row's areas are known."""
    near = row.values.get("township_code", "")
    try:
        if kind == SheetKind.CHILDREN:
            places.units.complete(row.values, Naming("school", "school_code", Organisation.Kind.SCHOOL, near))
        else:
            _place_helper(row.values, places, near)
    except PlaceProblem as error:
        # Where the areas are wrong already, a unit that cannot be placed follows from it and would only confuse.
        if not row.has_problem(*_AREAS):
            row.problems.append((error.key, error.problem))


def _place_helper(values: Values, places: Places, near: str) -> None:
    """A helper without a township of their own belongs to the unit's."""
    kind = values.get("unit_kind") or _kind_meant(values)
    places.units.complete(values, Naming("unit", "unit_code", kind, near))
    if values.get("unit"):
        values["unit_kind"] = places.kind_of_unit(values["unit"], values["unit_code"])
    if not near and len(values.get("unit_code", "")) >= TOWNSHIP_DIGITS:
        values["township_code"] = values["unit_code"][:TOWNSHIP_DIGITS]
        places.areas.township(values)
        values.pop("county", None)


def _kind_meant(values: Values) -> str | None:
    """Without a kind, a unit that is not on file is a school if teachers work there."""
    is_school = values.get("classes") or Role.TEACHER in (values.get("roles") or [])
    return Organisation.Kind.SCHOOL if is_school else None


def place_classes(row: CheckedRow, places: Places, kind: str, current: Values | None) -> None:
    """Complete classes; a row without a school speaks of the school on file."""
    prefix = "school" if kind == SheetKind.CHILDREN else "unit"
    source = row.values if row.values.get(prefix) else (current or {})
    name, code = source.get(prefix, ""), source.get(f"{prefix}_code", "")
    if row.has_problem(prefix, f"{prefix}_code"):
        return
    try:
        if kind == SheetKind.CHILDREN:
            places.classes.complete(row.values, name, code)
        elif name and source.get("unit_kind") == Organisation.Kind.SCHOOL:
            for class_name, _subject, _is_head in row.values.get("classes") or []:
                places.classes.taught(class_name, name, code)
    except PlaceProblem as error:
        row.problems.append((error.key, error.problem))


def check_scope(row: CheckedRow, places: Places, kind: str, current: Values | None) -> None:
    """Where the person will be must lie in the reader's areas or organisations."""
    is_child = kind == SheetKind.CHILDREN
    merged = (current or {}) | row.values
    area = merged.get("village_code" if is_child else "township_code", "")
    unit, code = ("school", "school_code") if is_child else ("unit", "unit_code")
    reader = places.reader
    in_area = any(area.startswith(own) for own in reader.area_codes) if area else False
    in_unit = places.id_of_unit(merged.get(unit, ""), merged.get(code, "")) in reader.organisation_ids
    works_inside = not is_child and any(merged.get(code, "").startswith(own) for own in reader.area_codes if own)
    if area and not (in_area or in_unit or works_inside) and not row.problems:
        key = ("village" if is_child else "township") if not reader.organisation_ids else unit
        row.problems.append((key, out_of_scope()))
