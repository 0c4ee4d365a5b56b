"""Files at rest: encrypted, in folders of DATA_DIR that only the service reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.conf import settings

from backend.vault.keys import cipher

if TYPE_CHECKING:
    from pathlib import Path


def _path(name: str) -> Path:
    path: Path = (settings.DATA_DIR / name).resolve()
    if not path.is_relative_to(settings.DATA_DIR):
        raise ValueError("A stored file lies outside DATA_DIR.")
    return path


def keep(folder: str, name: str, content: bytes) -> str:
    """Encrypt and write; answers the name to keep in a row. Mode 600, whole or not at all."""
    stored = f"{folder}/{name}.bin"
    path = _path(stored)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(cipher().encrypt(content))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return stored


def fetch(stored: str) -> bytes:
    """
    The content of a kept file.

    Raises:
        FileNotFoundError: it was dropped, or lies on another machine.
    """
    return cipher().decrypt(_path(stored).read_bytes())


def drop(stored: str) -> None:
    """Delete a kept file; deleting it twice is fine."""
    if stored:
        _path(stored).unlink(missing_ok=True)
