"""Re-encrypts what is stored, rows and files, under the newest key and makes the hashes for searching anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models, transaction

from backend.roster.sheets import stored
from backend.vault.fields import encrypted_fields
from backend.vault.hashes import lookup_hash, lookup_hashes
from backend.vault.storage import SealedStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_AT_ONCE = 200
_HASH_ENDING = "_hash"


@dataclass(frozen=True)
class HashColumn:
    """A column with the lookup hash of an encrypted one; its purpose names model and source ("child.id_number")."""

    name: str
    source: str
    purpose: str


@dataclass(frozen=True)
class Rotated:
    """
    What was done to one model.

    Args:
        rows: rewritten.
        odd_hashes: left alone, because they were not made from the value beside them.
    """

    label: str
    rows: int
    odd_hashes: int


def rotate_all(*, tell: Callable[[Rotated], Any]) -> None:
    """Every model with encrypted fields, in transactions of 200 rows; it may be stopped and run again."""
    for model in apps.get_models():
        encrypted = encrypted_fields(model)
        if encrypted:
            tell(_rotate(model, encrypted, list(hash_columns(model))))
        for field in sealed_files(model):
            tell(_reseal(model, field))
    tell(Rotated("files of imports and exports", stored.reseal_all(), 0))


def sealed_files(model: type[models.Model]) -> list[models.FileField]:
    """A model's columns with names of encrypted files."""
    fields = model._meta.local_fields  # noqa: SLF001 - Django's documented way to a model's fields
    return [one for one in fields if isinstance(one, models.FileField) and isinstance(one.storage, SealedStorage)]


def _reseal(model: type[models.Model], field: models.FileField) -> Rotated:
    """Every file of one column, one after another; a file kept before files were encrypted becomes so."""
    storage = field.storage
    assert isinstance(storage, SealedStorage)  # noqa: S101 - for the type checker; `sealed_files` chose it
    rows: Any = model._base_manager.exclude(**{field.name: ""}).order_by("pk")  # noqa: SLF001 - as below
    done = sum(storage.reseal(name) for name in rows.values_list(field.name, flat=True).iterator())
    return Rotated(f"{model._meta.label}.{field.name} (files)", done, 0)  # noqa: SLF001 - as above


def hash_columns(model: type[models.Model]) -> Iterator[HashColumn]:
    """`phone_hash` beside `phone`, `id_hash` beside `id_number`."""
    encrypted = encrypted_fields(model)
    for column in model._meta.local_fields:  # noqa: SLF001 - Django's documented way to a model's fields
        if not column.name.endswith(_HASH_ENDING):
            continue
        stem = column.name.removesuffix(_HASH_ENDING)
        for source in (stem, f"{stem}_number"):
            if source in encrypted:
                yield HashColumn(column.name, source, f"{model._meta.model_name}.{source}")  # noqa: SLF001 - as above


def _rotate(model: type[models.Model], encrypted: list[str], hashes: list[HashColumn]) -> Rotated:
    rows = odd = 0
    last_pk = None
    manager = model._base_manager  # noqa: SLF001 - every row, also those a default manager hides
    while True:
        with transaction.atomic():
            after = manager.all() if last_pk is None else manager.filter(pk__gt=last_pk)
            batch = list(after.select_for_update().order_by("pk").only("pk", *encrypted, *_names(hashes))[:_AT_ONCE])
            if not batch:
                return Rotated(model._meta.label, rows, odd)  # noqa: SLF001 - as above
            odd += sum(not _renew_hash(row, column) for row in batch for column in hashes)
            manager.bulk_update(batch, [*encrypted, *_names(hashes)])
        last_pk = batch[-1].pk
        rows += len(batch)


def _names(hashes: list[HashColumn]) -> list[str]:
    return [column.name for column in hashes]


def _renew_hash(row: models.Model, column: HashColumn) -> bool:
    """False when the hash there was not made from the value beside it."""
    value, present = getattr(row, column.source), getattr(row, column.name)
    if present and present not in lookup_hashes(value, column.purpose):
        return False
    if present:
        setattr(row, column.name, lookup_hash(value, column.purpose))
    return True
