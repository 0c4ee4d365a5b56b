"""Places a coordinator chooses from when entering somebody by hand, and the cells a choice stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from backend.roster.access import areas_visible_to, county_of, organisations_visible_to
from backend.roster.models import Area, Organisation
from backend.roster.models.imports import SheetKind
from backend.roster.services.by_hand import EntryWrong
from backend.roster.sheets.columns import EMPTY_MARK
from backend.roster.sheets.helper_sheet import HELPERS
from backend.roster.sheets.place_problems import out_of_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from backend.roster.models import Helper

_EMPTIED = {"unit": ("unit", "unit_code"), "village": ("village", "village_code")}


@dataclass(frozen=True)
class Choices:
    """Places that may be chosen for somebody of one kind."""

    villages: QuerySet[Area]
    townships: QuerySet[Area]
    units: QuerySet[Organisation]


def choices_for(kind: str, reader: Reader, helper: Helper | None = None) -> Choices:
    """
    The reader's own places. A school's children live anywhere in the county, so its coordinator chooses there.

    Args:
        helper: whose present places may be kept although they are not the reader's.
    """
    areas = areas_visible_to(reader)
    county = county_of(reader)
    if reader.organisation_ids and county is not None:
        areas = Area.objects.filter(code__startswith=county.code)
    units = organisations_visible_to(reader)
    if kind == SheetKind.CHILDREN:
        units = units.filter(kind=Organisation.Kind.SCHOOL)
    if helper is not None:
        kept = Q(pk__in=[pk for pk in (helper.village_id, helper.township_id) if pk])
        areas = Area.objects.filter(Q(pk__in=areas.values("pk")) | kept)
        units = Organisation.objects.filter(Q(pk__in=units.values("pk")) | Q(pk=helper.unit_id))
    return Choices(
        villages=areas.filter(kind=Area.Kind.VILLAGE).select_related("parent").order_by("code"),
        townships=areas.filter(kind=Area.Kind.TOWNSHIP).order_by("code"),
        units=units.select_related("area").order_by("name", "pk"),
    )


def place_cells(kind: str, reader: Reader, chosen: Mapping[str, str], helper: Helper | None = None) -> dict[str, str]:
    """
    Cells that name the chosen places.

    Args:
        chosen: "village", "school", "township", "unit" -> public id; "" for none. helper: who is edited, if anybody.

    Raises:
        EntryWrong: a place that is not the reader's to choose.
    """
    choices = choices_for(kind, reader, helper)
    cells: dict[str, str] = {}
    for key, public_id in chosen.items():
        if public_id:
            cells |= _named(key, _one_of(choices, key, public_id))
        elif helper is not None and key in _EMPTIED:
            cells |= dict.fromkeys(_EMPTIED[key], EMPTY_MARK)
    if chosen.get("village"):
        cells.pop("township_code", None)  # the village says it
    return cells


def _one_of(choices: Choices, key: str, public_id: str) -> Any:
    rows: Any = {"village": choices.villages, "township": choices.townships}.get(key, choices.units)
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise EntryWrong([out_of_scope().noted(key, "")])
    return found


def _named(key: str, place: Any) -> dict[str, str]:
    if key in ("village", "township"):
        return {f"{key}_code": place.code}
    cells = {key: place.name, f"{key}_code": place.area.code}
    return cells if key == "school" else cells | {"unit_kind": HELPERS.by_key["unit_kind"].show(place.kind)}
