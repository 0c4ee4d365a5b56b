"""
Areas, organisations and classes named in rows: found on file, or noted to be made with the import.

Finding answers canonical values (name and code together), so that the writer looks places up by code alone. What is
not on file is made only inside the importing coordinator's areas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.roster.sheets.areas import Areas
from backend.roster.sheets.classes import Classes
from backend.roster.sheets.units import Units

if TYPE_CHECKING:
    from backend.roster.access import Reader

Plan = dict[str, list[list[Any]]]


class Places:
    """All places of the reader's county, with what the rows add."""

    def __init__(self, reader: Reader, county_code: str) -> None:
        self.reader = reader
        self.areas = Areas(reader, county_code)
        self.units = Units(self.areas, county_code)
        self.classes = Classes(reader, self.areas, self.units, county_code)

    def plan(self) -> Plan:
        """What the rows add, to be kept with the batch."""
        return {"areas": self.areas.plan(), "units": self.units.plan(), "classes": self.classes.plan()}

    def remember(self, plan: Plan) -> None:
        """Know the places that rows checked earlier add."""
        self.areas.remember(plan.get("areas", []))
        self.units.remember(plan.get("units", []))
        self.classes.remember(plan.get("classes", []))

    def id_of_unit(self, name: str, code: str) -> int | None:
        """The row of an organisation on file; None for one about to be made."""
        unit = self.units.get(name, code)
        return unit.pk if unit else None

    def kind_of_unit(self, name: str, code: str) -> str | None:
        unit = self.units.get(name, code)
        return unit.kind if unit else None
