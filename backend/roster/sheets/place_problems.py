"""What can be wrong with the name or the code of a place."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from backend.roster.sheets.problems import CellProblem

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNTY_DIGITS, TOWNSHIP_DIGITS, VILLAGE_DIGITS = 6, 9, 12
_ALIKE = 0.6
_CODE_TOO = gettext_noop("Write its division code too.")


class PlaceProblem(Exception):
    """A cell that names a place is wrong: which one, and how."""

    def __init__(self, key: str, problem: CellProblem) -> None:
        super().__init__(key)
        self.key = key
        self.problem = problem


def out_of_scope() -> CellProblem:
    return CellProblem(gettext_noop("outside your area"), gettext_noop("Leave it to the coordinator of that place."))


def belongs_to(name: str, *, is_near: bool = False) -> CellProblem:
    """The code is another place's; its name is a likely mend where only the name was mistyped."""
    problem = gettext_noop("this code belongs to “%(name)s”")
    return CellProblem(problem, gettext_noop("Compare the name and the code."), name if is_near else "", name=name)


def nameless() -> CellProblem:
    return CellProblem(
        gettext_noop("a place that is not on file needs its name"), gettext_noop("Write the name beside its code.")
    )


def several(name: str) -> CellProblem:
    return CellProblem(gettext_noop("there are several places called “%(name)s”"), _CODE_TOO, name=name)


def where_is(name: str) -> CellProblem:
    return CellProblem(
        gettext_noop("“%(name)s” is not on file"), gettext_noop("Write the division code of where it is."), name=name
    )


def not_found(name: str, names: Iterable[str]) -> CellProblem:
    """Nothing of that name; the nearest name on file is suggested."""
    near = lookalike(name, names)
    problem = gettext_noop("“%(name)s” was not found")
    if near:
        mend = gettext_noop("Is it “%(suggest)s”? If it is new, write its division code too.")
        return CellProblem(problem, mend, suggest=near, name=name)
    return CellProblem(problem, gettext_noop("If it is new, write its division code too."), name=name)


def lookalike(name: str, names: Iterable[str]) -> str:
    """The nearest of the names that contain this one or are much like it; "" for none."""
    known = list(names)
    inside = [other for other in known if name in other or other in name]
    near = get_close_matches(name, inside, n=1, cutoff=0.0) or get_close_matches(name, known, n=1, cutoff=_ALIKE)
    return near[0] if near else ""
