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
    template = "EXTRACT(EPOCH FROM (%(end)s - %(start)s)) <= %(seconds)d"

    def __init__(self, start: Any, end: Any, *, days: int) -> None:
        super().__init__(start, end, days=days)

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:  # noqa: ARG002 - Django's signature
        """The condition with both columns in place."""
        template = extra.get("template") or self.template
        (start, first), (end, second) = (compiler.compile(one) for one in self.get_source_expressions())
        sql = template % {"start": start, "end": end, "seconds": self.extra["days"] * 86_400}
        both = [*second, *first] if template.index("end") < template.index("start") else [*first, *second]
        return sql, tuple(both)

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:
        """SQLite keeps text; a Julian day is exact to some 50 microseconds."""
        whole = "ROUND((julianday(%(end)s) - julianday(%(start)s)) * 86400) <= %(seconds)d"
        return self.as_sql(compiler, connection, template=whole)
