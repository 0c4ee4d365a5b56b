"""
`python -m backend.ops.write_env`: writes `.env` with fresh keys beside manage.py when it is missing.

Needs no settings: it makes what the settings ask for.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from cryptography.fernet import Fernet

_NEEDED = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS")


def write_env(path: Path) -> bool:
    """
    Make the file, readable by its owner only. An existing one is left alone, for its keys open the data.

    Returns:
        Whether it was written.
    """
    text = (
        "# Keys of this installation. Keep a copy apart from the backups: without them encrypted fields stay closed.\n"
        f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
        f"FIELD_ENCRYPTION_KEYS={Fernet.generate_key().decode()}\n"
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return True


def main() -> None:
    """Write unless both keys are in the environment already."""
    path = Path(os.environ.get("ENV_FILE") or Path(__file__).resolve().parents[2] / ".env")
    if all(os.environ.get(name) for name in _NEEDED):
        return
    if write_env(path):
        sys.stdout.write(f"Wrote fresh keys to {path}\n")


if __name__ == "__main__":
    main()
