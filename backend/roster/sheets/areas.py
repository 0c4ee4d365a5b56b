"""Counties, townships and villages by code and by name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from backend.roster.models import Area
from backend.roster.sheets.place_problems import (
    COUNTY_DIGITS,
    TOWNSHIP_DIGITS,
    VILLAGE_DIGITS,
    PlaceProblem,
    belongs_to,
    nameless,
    not_found,
    out_of_scope,
    several,
)
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import folded

if TYPE_CHECKING:
    from backend.roster.access import Reader

Values = dict[str, Any]


class Areas:
    """Every area of a county, and those the rows add inside the reader's areas."""

    def __init__(self, reader: Reader, county_code: str) -> None:
        self._own = reader.area_codes
        self._names: dict[str, str] = {}
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self.fresh: set[str] = set()
        for code, name in Area.objects.filter(code__startswith=county_code).values_list("code", "name"):
            self._add(code, name)

    def _add(self, code: str, name: str) -> None:
        self._names[code] = name
        self._by_name[folded(name)].add(code)

    def __contains__(self, code: str) -> bool:
        return code in self._names

    def may_make(self, code: str) -> bool:
        """Whether a place of this code lies inside the reader's areas."""
        return any(code.startswith(own) for own in self._own)

    def plan(self) -> list[list[Any]]:
        """[[code, name]] of what the rows add."""
        return sorted([code, self._names[code]] for code in self.fresh)

    def remember(self, planned: list[list[Any]]) -> None:
        for code, name in planned:
            if code not in self:
                self._add(code, name)
                self.fresh.add(code)

    def village(self, values: Values) -> None:
        """
        Complete `village`, `village_code`, `township`, `township_code` and `county`, where a village is named.

        Raises:
            PlaceProblem
        """
        if values.get("village_code"):
            self._village_by_code(values)
        elif values.get("village"):
            values["village_code"] = self._code_by_name("village", values, VILLAGE_DIGITS)
        else:
            return
        code = values["village_code"]
        values |= {"village": self._names[code], "township_code": code[:TOWNSHIP_DIGITS]}
        self._complete_above(values)

    def township(self, values: Values) -> None:
        """The same for a township alone."""
        code = values.get("township_code", "")[:TOWNSHIP_DIGITS]
        if code:
            self._by_code("township", code, values)
            values["township_code"] = code
        elif values.get("township"):
            values["township_code"] = self._code_by_name("township", values, TOWNSHIP_DIGITS)
        else:
            return
        self._complete_above(values)

    def _complete_above(self, values: Values) -> None:
        values["township"] = self._names[values["township_code"]]
        county = self._names.get(values["township_code"][:COUNTY_DIGITS], "")
        if values.get("county") and folded(values["county"]) != folded(county):
            raise PlaceProblem("county", belongs_to(county))
        values["county"] = county

    def _village_by_code(self, values: Values) -> None:
        code = values["village_code"]
        given = values.get("township_code", "")[:TOWNSHIP_DIGITS]
        if given and not code.startswith(given):
            problem = gettext_noop("the village's code does not begin with it")
            raise PlaceProblem("township_code", CellProblem(problem, gettext_noop("Compare the two codes.")))
        self._by_code("township", code[:TOWNSHIP_DIGITS], values)
        self._by_code("village", code, values)

    def _by_code(self, key: str, code: str, values: Values) -> None:
        """The area of a code: on file under the same name, or new with the name given."""
        known, given = self._names.get(code), values.get(key, "")
        if known is None:
            self._make(key, code, given)
        elif given and folded(given) != folded(known):
            raise PlaceProblem(key, belongs_to(known, is_near=True))

    def _make(self, key: str, code: str, name: str) -> None:
        if not self.may_make(code):
            raise PlaceProblem(f"{key}_code", out_of_scope())
        if not name:
            raise PlaceProblem(key, nameless())
        self._add(code, name)
        self.fresh.add(code)

    def _code_by_name(self, key: str, values: Values, digits: int) -> str:
        name = values[key]
        inside = values.get("township_code", "")[:TOWNSHIP_DIGITS]
        township = folded(values.get("township", "")) if key == "village" else ""
        codes = [
            code
            for code in self._by_name.get(folded(name), ())
            if len(code) == digits
            and code.startswith(inside)
            and (not township or folded(self._names.get(code[:TOWNSHIP_DIGITS], "")) == township)
        ]
        if len(codes) == 1:
            return codes[0]
        names = (known for code, known in self._names.items() if len(code) == digits)
        raise PlaceProblem(key, several(name) if codes else not_found(name, names))
