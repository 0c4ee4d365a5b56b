"""Both sheets by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.roster.models.imports import SheetKind
from backend.roster.sheets.child_sheet import CHILDREN
from backend.roster.sheets.helper_sheet import HELPERS

if TYPE_CHECKING:
    from backend.roster.sheets.columns import Sheet

SHEETS: dict[str, Sheet] = {SheetKind.CHILDREN: CHILDREN, SheetKind.HELPERS: HELPERS}
