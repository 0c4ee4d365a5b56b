"""Names of many children at once, each in the form the matrix gives the reader towards that child."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.roster.presenting import present_list

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from backend.roster.access import Reader
    from backend.roster.models import Child


def names_for(reader: Reader, children: Iterable[Child], *, now: datetime) -> dict[int, str]:
    """Child row id -> name; "" where the reader may not know it."""
    rows = list({child.pk: child for child in children}.values())
    shown = present_list(reader, rows, now=now)
    return {child.pk: one.values.get("name", "") for child, one in zip(rows, shown, strict=True)}
