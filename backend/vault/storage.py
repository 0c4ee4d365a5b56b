"""Uploaded files at rest: encrypted on the way to the disk, decrypted on the way back, never given an address."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

from backend.vault.ids import new_public_id
from backend.vault.keys import cipher

# No PDF or picture begins like this, so a file kept before files were encrypted is known by its lack.
_MARK = b"enc1:"


def seal(content: bytes) -> bytes:
    """Ciphertext of a whole file."""
    return _MARK + cipher().encrypt(content)


def unseal(stored: bytes) -> bytes:
    """
    Plain content of a stored file; one kept before files were encrypted is plain already.

    Raises:
        cryptography.fernet.InvalidToken: no known key fits, or the file was altered.
    """
    return cipher().decrypt(stored.removeprefix(_MARK)) if stored.startswith(_MARK) else stored


class SealedStorage(FileSystemStorage):
    """Files under MEDIA_ROOT, sealed with the first key of FIELD_ENCRYPTION_KEYS; whole files, so keep them small."""

    def _save(self, name: str, content: Any) -> str:
        return str(super()._save(name, ContentFile(seal(content.read()))))  # type: ignore[misc]

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        with super()._open(name, mode) as file:  # type: ignore[misc]
            return File(BytesIO(unseal(file.read())), name)

    def url(self, name: str | None) -> str:
        """Sealed files are shown by a page that checks who asks."""
        raise ValueError(f"A sealed file has no address: {name}")

    def reseal(self, name: str) -> bool:
        """Encrypt a file anew under the first key; False where it is not there. Whole or not at all."""
        path = Path(self.path(name))
        if not path.exists():
            return False
        write_whole(path, seal(unseal(path.read_bytes())))
        return True


def sealed_storage() -> SealedStorage:
    """For `FileField(storage=...)`, so that migrations name it and settings decide where it is."""
    return SealedStorage()


def unnamed(folder: str) -> str:
    """A name that says nothing of what the file holds or was called."""
    return f"{folder}/{new_public_id()}.bin"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, mode 600."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
