"""
Many rows at once, with the work done before the transaction begins.

Django's `bulk_create` turns objects into columns while the write lock is held: about 3 seconds for a county's
children and guardians. Here the columns are made first and the lock is held for the inserts alone (0.4 s).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from django.db.models import Model

_IDS_AT_ONCE = 5000
Key = Hashable


@dataclass
class Rows:
    """
    Rows of one model, as column values.

    Args:
        columns: names of the database columns, in the order of the values.
        links: column -> one key per row for a foreign key that is known only inside the transaction, or None to
            keep the value that is there.
    """

    model: type[Model]
    columns: list[str]
    values: list[list[Any]]
    links: dict[str, list[Key | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)


def prepare(
    model: type[Model],
    objects: Sequence[Any],
    links: Mapping[str, Sequence[Key | None]] | None = None,
    *,
    only: Sequence[str] = (),
    is_new: bool = True,
) -> Rows:
    """
    The columns of objects.

    Args:
        links: column (`child_id`) -> one key per object; see `Rows`.
        only: names of the fields wanted; all but the key when empty.
        is_new: whether the objects are to be inserted: decides about times set by the model itself.
    """
    every = [item for item in model._meta.concrete_fields if not item.primary_key]  # noqa: SLF001 - Django's own name
    fields = [item for item in every if not only or item.name in only]
    values = [[item.get_db_prep_save(item.pre_save(one, is_new), connection) for item in fields] for one in objects]
    columns = [str(item.column) for item in fields]
    return Rows(model, columns, values, {column: list(keys) for column, keys in (links or {}).items()})


def insert(rows: Rows, ids: Mapping[Key, int]) -> None:
    """Write prepared rows; `ids` answers the keys of their links."""
    if not rows.values:
        return
    _resolve(rows, ids)
    names = ", ".join(_quoted(name) for name in rows.columns)
    places = ", ".join(["%s"] * len(rows.columns))
    table = _quoted(rows.model._meta.db_table)  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows.values)  # noqa: S608 - names are our models'


def update(
    rows: Rows, keys: Sequence[tuple[int, ...]], ids: Mapping[Key, int], where: Sequence[str] = ("id", "version")
) -> int:
    """
    Overwrite rows named by (id, version), where the version still stands; or by other columns.

    Returns:
        How many were overwritten; fewer than asked means that somebody was faster.
    """
    if not rows.values:
        return 0
    _resolve(rows, ids)
    names = ", ".join(f"{_quoted(name)} = %s" for name in rows.columns)
    table = _quoted(rows.model._meta.db_table)  # noqa: SLF001
    named = " AND ".join(f"{_quoted(name)} = %s" for name in where)
    statement = f"UPDATE {table} SET {names} WHERE {named}"  # noqa: S608 - names are our models'
    with connection.cursor() as cursor:
        cursor.executemany(statement, [[*value, *key] for value, key in zip(rows.values, keys, strict=True)])
        return int(cursor.rowcount)


def _resolve(rows: Rows, ids: Mapping[Key, int]) -> None:
    for column, keys in rows.links.items():
        at = rows.columns.index(column)
        for value, key in zip(rows.values, keys, strict=True):
            if key is not None:
                value[at] = ids[key]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def ids_by_public_id(model: Any, public_ids: Iterable[str]) -> dict[Key, int]:
    """{public id: row id} of rows just written."""
    wanted = list(public_ids)
    found: dict[Key, int] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        some = wanted[start : start + _IDS_AT_ONCE]
        found.update(model.objects.filter(public_id__in=some).values_list("public_id", "id"))
    return found
