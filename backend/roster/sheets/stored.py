"""Files at rest: encrypted, in folders of DATA_DIR that only the service reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from backend.vault.keys import cipher
from backend.vault.storage import write_whole

if TYPE_CHECKING:
    from pathlib import Path


FOLDERS = ("imports", "exports")


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
    write_whole(path, cipher().encrypt(content))
    return stored


def reseal_all() -> int:
    """Encrypt every kept file anew under the first key; answers how many."""
    paths = [path for folder in FOLDERS for path in sorted((settings.DATA_DIR / folder).glob("*.bin"))]
    for path in paths:
        try:
            write_whole(path, cipher().rotate(path.read_bytes()))
        except FileNotFoundError:
            continue  # dropped meanwhile
    return len(paths)


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
