"""
Areas, organisations and classes named in rows: found on file, or noted to be made with the import.

Finding answers canonical values (name and code together), so that the writer looks places up by code alone. What is
not on file is made only inside the importing coordinator's areas.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop as N_

from backend.roster.models import Area, Organisation, SchoolClass
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import folded
from backend.roster.sheets.words import GRADES

if TYPE_CHECKING:
    from backend.roster.access import Reader

COUNTY_DIGITS, TOWNSHIP_DIGITS, VILLAGE_DIGITS = 6, 9, 12
OUT_OF_SCOPE = N_("outside your area")
ASK_COUNTY = N_("Leave it to the coordinator of that place.")
_ALIKE = 0.6
Values = dict[str, Any]


class PlaceProblem(Exception):
    """A cell that names a place is wrong: which one, and how."""

    def __init__(self, key: str, problem: CellProblem) -> None:
        super().__init__(key)
        self.key = key
        self.problem = problem


@dataclass(frozen=True)
class Unit:
    """An organisation, on file or about to be."""

    name: str
    kind: str
    code: str
    pk: int | None = None


@dataclass
class Fresh:
    """What the import will make: codes of areas, (code, name) of organisations, (code, school, class) of classes."""

    areas: set[str] = field(default_factory=set)
    units: set[tuple[str, str]] = field(default_factory=set)
    classes: set[tuple[str, str, str]] = field(default_factory=set)


class Places:
    """Every place of the reader's county, by name and by code, and those the rows add."""

    def __init__(self, reader: Reader, county_code: str) -> None:
        self.reader = reader
        self.fresh = Fresh()
        self._names: dict[str, str] = {}
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._units: dict[str, list[Unit]] = defaultdict(list)
        self._classes: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._read(county_code)

    def _read(self, county_code: str) -> None:
        for code, name in Area.objects.filter(code__startswith=county_code).values_list("code", "name"):
            self._add_area(code, name)
        units = Organisation.objects.filter(area__code__startswith=county_code)
        for pk, name, kind, code in units.values_list("pk", "name", "kind", "area__code"):
            self._units[folded(name)].append(Unit(name, kind, code, pk))
        classes = SchoolClass.objects.filter(school__area__code__startswith=county_code)
        for code, school, name, grade in classes.values_list("school__area__code", "school__name", "name", "grade"):
            self._classes[code, school][name] = grade

    def _add_area(self, code: str, name: str) -> None:
        self._names[code] = name
        self._by_name[folded(name)].add(code)

    def _may_make(self, code: str) -> bool:
        return any(code.startswith(own) for own in self.reader.area_codes)

    def plan(self) -> dict[str, list[list[Any]]]:
        """What the rows add, to be kept with the batch."""
        classes = [[code, school, name, self._classes[code, school][name]] for code, school, name in self.fresh.classes]
        units = [[code, name, self.kind_of_unit(name, code)] for code, name in self.fresh.units]
        areas = [[code, self._names[code]] for code in self.fresh.areas]
        return {"areas": sorted(areas), "units": sorted(units), "classes": sorted(classes)}

    def remember(self, plan: dict[str, list[list[Any]]]) -> None:
        """Know the places that rows checked earlier add."""
        for code, name in plan.get("areas", []):
            if code not in self._names:
                self._add_area(code, name)
                self.fresh.areas.add(code)
        for code, name, kind in plan.get("units", []):
            if self.kind_of_unit(name, code) is None:
                self._units[folded(name)].append(Unit(name, kind, code))
                self.fresh.units.add((code, name))
        for code, school, name, grade in plan.get("classes", []):
            if name not in self._classes[code, school]:
                self._classes[code, school][name] = grade
                self.fresh.classes.add((code, school, name))

    # Areas

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
            self._area_by_code("township", code, values)
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
            raise PlaceProblem(
                "county",
                CellProblem(N_("this code belongs to “%(name)s”"), N_("Compare the name and the code."), name=county),
            )
        values["county"] = county

    def _village_by_code(self, values: Values) -> None:
        code = values["village_code"]
        given = values.get("township_code", "")[:TOWNSHIP_DIGITS]
        if given and not code.startswith(given):
            raise PlaceProblem(
                "township_code",
                CellProblem(N_("the village's code does not begin with it"), N_("Compare the two codes.")),
            )
        self._area_by_code("township", code[:TOWNSHIP_DIGITS], values)
        self._area_by_code("village", code, values)

    def _area_by_code(self, key: str, code: str, values: Values) -> None:
        """The area of a code: on file under the same name, or new with the name given."""
        known, given = self._names.get(code), values.get(key, "")
        if known is None:
            self._make_area(key, code, given)
        elif given and folded(given) != folded(known):
            raise PlaceProblem(
                key,
                CellProblem(
                    N_("this code belongs to “%(name)s”"), N_("Compare the name and the code."), known, name=known
                ),
            )

    def _make_area(self, key: str, code: str, name: str) -> None:
        if not self._may_make(code):
            raise PlaceProblem(f"{key}_code", CellProblem(OUT_OF_SCOPE, ASK_COUNTY))
        if not name:
            raise PlaceProblem(
                key, CellProblem(N_("a place that is not on file needs its name"), N_("Write the name beside its code."))
            )
        self._add_area(code, name)
        self.fresh.areas.add(code)

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
        raise PlaceProblem(key, self._not_one(name, codes, digits))

    def _not_one(self, name: str, codes: list[str], digits: int) -> CellProblem:
        if codes:
            return CellProblem(
                N_("there are %(many)s places called “%(name)s”"), N_("Write its division code too."),
                many=len(codes), name=name,
            )  # fmt: skip
        names = [known for code, known in self._names.items() if len(code) == digits]
        return _not_found(name, names)

    # Organisations

    def unit(self, values: Values, key: str, code_key: str, kind: str | None, near: str) -> None:
        """
        Complete the name and the code of an organisation, where one is named.

        Args:
            kind: the kind it must have, or None.
            near: code of the area the person belongs to: decides between namesakes, and places a new one.

        Raises:
            PlaceProblem
        """
        name = values.get(key)
        if not name:
            return
        code = values.get(code_key, "")
        found = [unit for unit in self._units.get(folded(name), ()) if kind is None or unit.kind == kind]
        unit = _nearest(found, code or near[:TOWNSHIP_DIGITS], is_strict=bool(code))
        if unit is None:
            unit = self._make_unit(values, key, code_key, kind or Organisation.Kind.OFFICE, near, bool(found))
        values |= {key: unit.name, code_key: unit.code}

    def _make_unit(
        self, values: Values, key: str, code_key: str, kind: str, near: str, is_ambiguous: bool  # noqa: FBT001
    ) -> Unit:
        name, code = values[key], values.get(code_key, "") or near[:TOWNSHIP_DIGITS]
        if self.kind_of_unit(name, code):
            raise PlaceProblem(
                key,
                CellProblem(
                    N_("“%(name)s” is on file as another kind of unit"), N_("Compare the name and the kind."), name=name
                ),
            )
        self._refuse_unclear(values, key, code_key, kind, is_ambiguous=is_ambiguous)
        if not code or code not in self._names:
            raise PlaceProblem(
                code_key if code else key,
                CellProblem(N_("“%(name)s” is not on file"), N_("Write the division code of where it is."), name=name),
            )
        if not self._may_make(code):
            raise PlaceProblem(key, CellProblem(OUT_OF_SCOPE, ASK_COUNTY))
        unit = Unit(name, kind, code)
        self._units[folded(name)].append(unit)
        self.fresh.units.add((code, name))
        return unit

    def _refuse_unclear(self, values: Values, key: str, code_key: str, kind: str, *, is_ambiguous: bool) -> None:
        """A name without a code must not be one of several, nor nearly one that is on file."""
        name = values[key]
        if values.get(code_key):
            return
        if is_ambiguous:
            raise PlaceProblem(
                key,
                CellProblem(
                    N_("there are several places called “%(name)s”"), N_("Write its division code too."), name=name
                ),
            )
        names = [unit.name for units in self._units.values() for unit in units if unit.kind == kind]
        if _alike(name, names):
            raise PlaceProblem(key, _not_found(name, names))

    def kind_of_unit(self, name: str, code: str) -> str | None:
        """The kind of an organisation by canonical name and code."""
        return next((unit.kind for unit in self._units.get(folded(name), ()) if unit.code == code), None)

    def id_of_unit(self, name: str, code: str) -> int | None:
        """The row of an organisation on file; None for one about to be made."""
        return next((unit.pk for unit in self._units.get(folded(name), ()) if unit.code == code), None)

    # Classes

    def school_class(self, values: Values, school: str, code: str) -> None:
        """
        Complete `grade` and `class_name` of a pupil, where a class is named.

        Raises:
            PlaceProblem
        """
        name = values.get("class_name")
        if not name:
            return
        if not school:
            raise PlaceProblem("class_name", CellProblem(N_("a class without a school"), N_("Write the school too.")))
        known = self._classes[code, school].get(name)
        grade = values.get("grade")
        if known is None:
            values["grade"] = self._make_class(school, code, name, grade)
        elif grade is not None and grade != known:
            raise PlaceProblem(
                "grade", CellProblem(N_("this class is of another grade"), N_("Compare the grade and the class."))
            )
        else:
            values["grade"] = known

    def taught_class(self, name: str, school: str, code: str) -> None:
        """The class a teacher names: on file, or new with a grade read from its name."""
        if name in self._classes[code, school]:
            return
        try:
            self._make_class(school, code, name, None)
        except PlaceProblem as error:
            raise PlaceProblem("classes", error.problem) from error

    def _make_class(self, school: str, code: str, name: str, grade: int | None) -> int:
        if not (self._may_make(code) or self.id_of_unit(school, code) in self.reader.organisation_ids):
            raise PlaceProblem("class_name", CellProblem(OUT_OF_SCOPE, ASK_COUNTY))
        number = grade if grade is not None else grade_in(name)
        if number is None:
            raise PlaceProblem(
                "class_name",
                CellProblem(N_("cannot tell the grade of “%(name)s”"), N_("Write it like 四年级2班."), name=name[:20]),
            )
        self._classes[code, school][name] = number
        self.fresh.classes.add((code, school, name))
        return number


def grade_in(name: str) -> int | None:
    """The grade a class name begins with: 四年级2班, 四（2）班, 4年级2班, 初一3班, 大班."""
    for word, number in GRADES.items():
        if name.startswith(word):
            return number
    if re.match(r"^[小中大]班|^幼儿", name):
        return 0
    found = re.match(r"^([一二三四五六七八九1-9])\s*(?:年级|[（(])", name)
    if not found:
        return None
    char = found.group(1)
    return int(char) if char.isdigit() else "一二三四五六七八九".index(char) + 1


def _nearest(units: list[Unit], code: str, *, is_strict: bool) -> Unit | None:
    """The unit at a code; else the only one inside it; without a given code, else the only one there is."""
    exact = [unit for unit in units if unit.code == code]
    inside = [unit for unit in units if code and (unit.code.startswith(code) or code.startswith(unit.code))]
    for found in (exact, inside, [] if is_strict else units):
        if len(found) == 1:
            return found[0]
    return None


def _alike(name: str, names: list[str]) -> list[str]:
    inside = [known for known in names if name and (name in known or known in name)]
    return get_close_matches(name, inside, n=1, cutoff=0.0) or get_close_matches(name, names, n=1, cutoff=_ALIKE)


def _not_found(name: str, names: list[str]) -> CellProblem:
    near = _alike(name, names)
    if near:
        return CellProblem(
            N_("“%(name)s” was not found"), N_("Is it “%(suggest)s”? If it is new, write its division code too."),
            suggest=near[0], name=name,
        )  # fmt: skip
    return CellProblem(N_("“%(name)s” was not found"), N_("If it is new, write its division code too."), name=name)
