"""A lookup the ledger's word lists need: `categories__has_word="孤儿"`, alike on both databases."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import JSONField, Lookup


@JSONField.register_lookup
class HasWord(Lookup):  # type: ignore[type-arg] # Django has no generic Lookup at run time
    """Rows whose JSON list holds this very word."""

    lookup_name = "has_word"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """SQLite: look the list's members up one by one."""
        column, parameters = self.process_lhs(compiler, connection)
        within = f"SELECT 1 FROM json_each({column}) WHERE json_each.value = %s"  # noqa: S608 - Django's own column
        return f"EXISTS ({within})", (*parameters, self.rhs)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """PostgreSQL: containment of documents."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} @> %s::jsonb", (*parameters, json.dumps([self.rhs]))
