"""Random public ids: what URLs, API bodies and calendars show instead of row numbers."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 16


def new_public_id() -> str:
    """16 characters, about 79 random bits, without letters that look alike."""
    # One draw for all letters: thousands of rows get their ids in one go.
    number = secrets.randbelow(len(_ALPHABET) ** _LENGTH)
    letters = []
    for _ in range(_LENGTH):
        number, at = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[at])
    return "".join(letters)


class PublicIdField(models.CharField):
    """A unique random id, set once when the row is made."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 16)
        kwargs.setdefault("unique", True)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("default", new_public_id)
        super().__init__(**kwargs)


class PublicIdConverter:
    """URL part `<pid:...>`: refuses anything that cannot be a public id."""

    regex = "[2-9a-hjkmnp-z]{16}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
