"""Making the areas, organisations and classes that rows name, and finding those on file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.roster.models import Area, Organisation, SchoolClass
from backend.roster.sheets.place_problems import TOWNSHIP_DIGITS

if TYPE_CHECKING:
    from backend.roster.bulk import Key

Plan = dict[str, list[list[Any]]]


def area_key(code: str) -> Key:
    return ("area", code)


def unit_key(code: str, name: str) -> Key:
    return ("unit", code, name)


def class_key(code: str, school: str, name: str) -> Key:
    return ("class", code, school, name)


def write_places(plan: Plan, county_code: str) -> tuple[dict[Key, int], dict[str, list[int]]]:
    """
    Make what is missing, inside the caller's transaction.

    Returns:
        (row ids by key of every place of the county, ids of the rows made by kind of place).
    """
    ids: dict[Key, int] = {}
    made = {
        "areas": _areas(plan.get("areas", []), county_code, ids),
        "units": _units(plan.get("units", []), county_code, ids),
        "classes": _classes(plan.get("classes", []), county_code, ids),
    }
    return ids, made


def _areas(planned: list[list[Any]], county_code: str, ids: dict[Key, int]) -> list[int]:
    known = dict(Area.objects.filter(code__startswith=county_code).values_list("code", "pk"))
    made = []
    for code, name in sorted(planned, key=lambda item: len(item[0])):
        if code not in known:
            is_township = len(code) == TOWNSHIP_DIGITS
            parent = known[county_code if is_township else code[:TOWNSHIP_DIGITS]]
            kind = Area.Kind.TOWNSHIP if is_township else Area.Kind.VILLAGE
            known[code] = Area.objects.create(code=code, name=name, kind=kind, parent_id=parent).pk
            made.append(known[code])
    ids |= {area_key(code): pk for code, pk in known.items()}
    return made


def _units(planned: list[list[Any]], county_code: str, ids: dict[Key, int]) -> list[int]:
    rows = Organisation.objects.filter(area__code__startswith=county_code)
    known = {(code, name): pk for code, name, pk in rows.values_list("area__code", "name", "pk")}
    missing = [item for item in planned if (item[0], item[1]) not in known]
    made = Organisation.objects.bulk_create(
        Organisation(area_id=ids[area_key(code)], name=name, kind=kind) for code, name, kind in missing
    )
    known |= {(item[0], item[1]): row.pk for item, row in zip(missing, made, strict=True)}
    ids |= {unit_key(code, name): pk for (code, name), pk in known.items()}
    return [row.pk for row in made]


def _classes(planned: list[list[Any]], county_code: str, ids: dict[Key, int]) -> list[int]:
    rows = SchoolClass.objects.filter(school__area__code__startswith=county_code)
    known = {
        (code, school, name): pk
        for code, school, name, pk in rows.values_list("school__area__code", "school__name", "name", "pk")
    }
    missing = [item for item in planned if tuple(item[:3]) not in known]
    made = SchoolClass.objects.bulk_create(
        SchoolClass(school_id=ids[unit_key(code, school)], name=name, grade=grade)
        for code, school, name, grade in missing
    )
    known |= {tuple(item[:3]): row.pk for item, row in zip(missing, made, strict=True)}
    ids |= {class_key(*key): pk for key, pk in known.items()}
    return [row.pk for row in made]


def plan_for(planned: Plan, used: set[Key]) -> Plan:
    """The part of a plan that the rows to be written really name; a class brings its school, a place its township."""
    classes = [item for item in planned.get("classes", []) if class_key(*item[:3]) in used]
    schools = {unit_key(item[0], item[1]) for item in classes}
    units = [item for item in planned.get("units", []) if unit_key(item[0], item[1]) in used | schools]
    codes = {key[1] for key in used if isinstance(key, tuple) and key[0] == "area"} | {item[0] for item in units}
    codes |= {code[:TOWNSHIP_DIGITS] for code in codes}
    areas = [item for item in planned.get("areas", []) if item[0] in codes]
    return {"areas": areas, "units": units, "classes": classes}
