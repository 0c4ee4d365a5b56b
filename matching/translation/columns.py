"""Columns out of rows: two habits of `people` and `standing`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import TextField
from django.db.models.functions import Cast

from matching.core.facts import UNKNOWN, Sex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from django.db.models import QuerySet

# Up to so many ids are named in a statement; above that, reading everything is quicker.
_FEW = 500
SEXES = {"M": Sex.MALE, "F": Sex.FEMALE}


def column(values: Iterable[int | None], dtype: Any) -> Any:
    """An array of a column's values, UNKNOWN where there is none."""
    return np.array([UNKNOWN if value is None else value for value in values], dtype)


def columns_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> dict[str, Sequence[Any]]:
    """The values of each name, one for each row; without rows every column is empty."""
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def as_text(name: str) -> Cast:
    """
    A day or a list as the database writes it: by the thousand, turning each into an object costs more than reading it.
    """
    return Cast(name, TextField())


def day_numbers(days: Iterable[str | None]) -> list[int | None]:
    """Days, written as the database does, as the core counts them."""
    return [None if day is None else date.fromisoformat(day).toordinal() for day in days]


def few(rows: QuerySet[Any], name: str, ids: Collection[int]) -> QuerySet[Any]:
    """Only the rows of these ids, where they are few enough to be named in one statement."""
    return rows.filter(**{f"{name}__in": list(ids)}) if len(ids) <= _FEW else rows
