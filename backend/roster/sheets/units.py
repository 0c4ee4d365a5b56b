"""Schools and other organisations by name and code."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from backend.roster.models import Organisation
from backend.roster.sheets.place_problems import (
    TOWNSHIP_DIGITS,
    PlaceProblem,
    lookalike,
    not_found,
    out_of_scope,
    several,
    where_is,
)
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import folded

if TYPE_CHECKING:
    from backend.roster.sheets.areas import Areas

Values = dict[str, Any]


@dataclass(frozen=True)
class Unit:
    """An organisation, on file or about to be made; `code` is its area's."""

    name: str
    kind: str
    code: str
    pk: int | None = None


@dataclass(frozen=True)
class Naming:
    """
    How a row names an organisation.

    Args:
        key, code_key: the columns of name and code. kind: the kind it must have, or None.
        near: code of the area the person belongs to: decides between namesakes, and places a new one.
    """

    key: str
    code_key: str
    kind: str | None
    near: str


class Units:
    """Every organisation of a county, and those the rows add inside the reader's areas."""

    def __init__(self, areas: Areas, county_code: str) -> None:
        self._areas = areas
        self._units: dict[str, list[Unit]] = defaultdict(list)
        self.fresh: set[tuple[str, str]] = set()
        rows = Organisation.objects.filter(area__code__startswith=county_code)
        for pk, name, kind, code in rows.values_list("pk", "name", "kind", "area__code"):
            self._units[folded(name)].append(Unit(name, kind, code, pk))

    def get(self, name: str, code: str) -> Unit | None:
        """By canonical name and code."""
        return next((unit for unit in self._units.get(folded(name), ()) if unit.code == code), None)

    def plan(self) -> list[list[Any]]:
        """[[area code, name, kind]] of what the rows add."""
        made = [self.get(name, code) for code, name in self.fresh]
        return sorted([unit.code, unit.name, unit.kind] for unit in made if unit)

    def remember(self, planned: list[list[Any]]) -> None:
        for code, name, kind in planned:
            if self.get(name, code) is None:
                self._add(Unit(name, kind, code))

    def _add(self, unit: Unit) -> Unit:
        self._units[folded(unit.name)].append(unit)
        self.fresh.add((unit.code, unit.name))
        return unit

    def complete(self, values: Values, naming: Naming) -> None:
        """
        Complete the name and the code of an organisation, where one is named.

        Raises:
            PlaceProblem
        """
        name = values.get(naming.key)
        if not name:
            return
        code = values.get(naming.code_key, "")
        found = [unit for unit in self._units.get(folded(name), ()) if naming.kind in (None, unit.kind)]
        unit = _nearest(found, code or naming.near[:TOWNSHIP_DIGITS], is_strict=bool(code))
        if unit is None:
            if not code:
                self._refuse_unclear(name, naming, is_ambiguous=bool(found))
            unit = self._make(name, code or naming.near[:TOWNSHIP_DIGITS], naming, has_code=bool(code))
        values |= {naming.key: unit.name, naming.code_key: unit.code}

    def _refuse_unclear(self, name: str, naming: Naming, *, is_ambiguous: bool) -> None:
        """A name without a code must not be one of several, nor nearly one that is on file."""
        if is_ambiguous:
            raise PlaceProblem(naming.key, several(name))
        names = [unit.name for units in self._units.values() for unit in units if naming.kind in (None, unit.kind)]
        if lookalike(name, names):
            raise PlaceProblem(naming.key, not_found(name, names))

    def _make(self, name: str, code: str, naming: Naming, *, has_code: bool) -> Unit:
        if self.get(name, code) is not None:
            problem = gettext_noop("“%(name)s” is on file as another kind of unit")
            mend = gettext_noop("Compare the name and the kind.")
            raise PlaceProblem(naming.key, CellProblem(problem, mend, name=name))
        if not code or code not in self._areas:
            raise PlaceProblem(naming.code_key if has_code else naming.key, where_is(name))
        if not self._areas.may_make(code):
            raise PlaceProblem(naming.key, out_of_scope())
        return self._add(Unit(name, naming.kind or Organisation.Kind.OFFICE, code))


def _nearest(units: list[Unit], code: str, *, is_strict: bool) -> Unit | None:
    """The unit at a code; else the only one inside it; without a given code, else the only one there is."""
    exact = [unit for unit in units if unit.code == code]
    inside = [unit for unit in units if code and (unit.code.startswith(code) or code.startswith(unit.code))]
    for found in (exact, inside, [] if is_strict else units):
        if len(found) == 1:
            return found[0]
    return None
