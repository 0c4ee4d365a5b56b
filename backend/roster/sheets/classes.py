"""Classes of schools by name, and the grade a class name begins with."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from backend.roster.models import SchoolClass
from backend.roster.sheets.place_problems import PlaceProblem, out_of_scope
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.words import GRADES

if TYPE_CHECKING:
    from backend.roster.access import Reader
    from backend.roster.sheets.areas import Areas
    from backend.roster.sheets.units import Units

Values = dict[str, Any]
_NUMERALS = "一二三四五六七八九"


class Classes:
    """Every class of a county's schools, and those the rows add."""

    def __init__(self, reader: Reader, areas: Areas, units: Units, county_code: str) -> None:
        self._reader, self._areas, self._units = reader, areas, units
        self._grades: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self.fresh: set[tuple[str, str, str]] = set()
        rows = SchoolClass.objects.filter(school__area__code__startswith=county_code)
        for code, school, name, grade in rows.values_list("school__area__code", "school__name", "name", "grade"):
            self._grades[code, school][name] = grade

    def plan(self) -> list[list[Any]]:
        """[[area code, school, class, grade]] of what the rows add."""
        return sorted([code, school, name, self._grades[code, school][name]] for code, school, name in self.fresh)

    def remember(self, planned: list[list[Any]]) -> None:
        for code, school, name, grade in planned:
            if name not in self._grades[code, school]:
                self._grades[code, school][name] = grade
                self.fresh.add((code, school, name))

    def complete(self, values: Values, school: str, code: str) -> None:
        """
        Complete `grade` of a pupil whose class is named.

        Raises:
            PlaceProblem
        """
        name = values.get("class_name")
        if not name:
            return
        if not school:
            problem = CellProblem(gettext_noop("a class without a school"), gettext_noop("Write the school too."))
            raise PlaceProblem("class_name", problem)
        known, grade = self._grades[code, school].get(name), values.get("grade")
        if known is None:
            values["grade"] = self._make(school, code, name, grade)
        elif grade not in (None, known):
            problem = CellProblem(
                gettext_noop("this class is of another grade"), gettext_noop("Compare the grade and the class.")
            )
            raise PlaceProblem("grade", problem)
        else:
            values["grade"] = known

    def taught(self, name: str, school: str, code: str) -> None:
        """The class a teacher names: on file, or new with a grade read from its name."""
        if name in self._grades[code, school]:
            return
        try:
            self._make(school, code, name, None)
        except PlaceProblem as error:
            raise PlaceProblem("classes", error.problem) from error

    def _make(self, school: str, code: str, name: str, grade: int | None) -> int:
        unit = self._units.get(school, code)
        if not (self._areas.may_make(code) or (unit and unit.pk in self._reader.organisation_ids)):
            raise PlaceProblem("class_name", out_of_scope())
        number = grade if grade is not None else grade_in(name)
        if number is None:
            problem = gettext_noop("cannot tell the grade of “%(name)s”")
            raise PlaceProblem("class_name", CellProblem(problem, gettext_noop("Write it like 四年级2班."), name=name))
        self._grades[code, school][name] = number
        self.fresh.add((code, school, name))
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
    return int(char) if char.isdigit() else _NUMERALS.index(char) + 1
