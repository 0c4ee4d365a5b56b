"""Model fields whose column holds ciphertext. Python sees plain text, the database never does."""

from __future__ import annotations

from typing import Any

from django.db import models

from backend.vault.keys import cipher

_MARK = "enc1:"


def encrypt(plain: str) -> str:
    """Ciphertext for one value; "" stays "" so that an empty field says nothing but that it is empty."""
    return _MARK + cipher().encrypt(plain.encode()).decode() if plain else ""


def decrypt(stored: str) -> str:
    """
    Plain text of one stored value.

    Raises:
        cryptography.fernet.InvalidToken: no known key fits, or the value was altered.
    """
    if not stored:
        return ""
    return cipher().decrypt(stored.removeprefix(_MARK).encode()).decode()


class Sealed(str):
    """Ciphertext made ahead of the write, so that a long transaction need not encrypt; only `sealed` makes it."""

    __slots__ = ()


def sealed(plain: str) -> Sealed:
    """The value to assign to an encrypted field where many rows are written at once."""
    return Sealed(encrypt(plain))


class EncryptedTextField(models.TextField):
    """
    Text encrypted on the way in and decrypted on the way out.

    The field keeps no state of its own and never looks at a value to guess whether it is encrypted already:
    what Python assigns is plain text (or a `Sealed`, known by its type), what the column holds is ciphertext.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(**kwargs)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return str(value)
        plain = super().get_prep_value(value)
        return plain if plain is None else encrypt(plain)

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        return value if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only emptiness can be asked of ciphertext; anything else is a search that would silently find nothing."""
        if lookup_name in {"exact", "isnull"}:
            return super().get_lookup(lookup_name)
        return None


def encrypted_fields(model: type[models.Model]) -> list[str]:
    """Names of a model's encrypted fields: what to write anew, or to `defer` where a list of many rows shows none."""
    return [field.name for field in model._meta.local_fields if isinstance(field, EncryptedTextField)]  # noqa: SLF001
