"""Columns out of rows: two habits of `people` and `standing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.facts import UNKNOWN, Sex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from django.db.models import QuerySet

# Up to so many ids are named in a statement; above that, reading everything is quicker.
_FEW = 500
SEXES = {"M": Sex.MALE, "F": Sex.FEMALE}


def column(values: Iterable[int | None], dtype: Any) -> Any:
    """An array of a column's values, UNKNOWN where there is none."""
    return np.fromiter((UNKNOWN if value is None else value for value in values), dtype)


def day_number(value: date | None) -> int | None:
    """A day as the core counts days."""
    return value.toordinal() if value is not None else None


def few(rows: QuerySet[Any], name: str, ids: Collection[int]) -> QuerySet[Any]:
    """Only the rows of these ids, where they are few enough to be named in one statement."""
    return rows.filter(**{f"{name}__in": list(ids)}) if len(ids) <= _FEW else rows
