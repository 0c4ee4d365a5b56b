"""A period's greatest length as a condition that both databases can check by themselves."""

from __future__ import annotations

from typing import Any

from django.db import models


class AtMostDays(models.Func):
    """
    Whether `end` lies at most so many days after `start`, to the second.

    Written out for each database: Django's own subtraction becomes a function on SQLite that only Django's
    connections know, and a plain copy of the file could then no longer be checked.
    """

    output_field = models.BooleanField()
    arity = 2
    _SECONDS_A_DAY = 86_400

    def __init__(self, start: Any, end: Any, *, days: int) -> None:
        super().__init__(start, end, days=days)

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # noqa: ARG002
        return self._written("EXTRACT(EPOCH FROM ({end} - {start})) <= {most}", compiler)

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # noqa: ARG002
        """SQLite keeps text; a Julian day is exact to some 50 microseconds."""
        return self._written("ROUND((julianday({end}) - julianday({start})) * 86400) <= {most}", compiler)

    def _written(self, template: str, compiler: Any) -> tuple[str, tuple[Any, ...]]:
        """Both templates name the end first, and so do the parameters."""
        (start, first), (end, second) = (compiler.compile(one) for one in self.get_source_expressions())
        sql = template.format(start=start, end=end, most=self.extra["days"] * self._SECONDS_A_DAY)
        return sql, (*second, *first)
