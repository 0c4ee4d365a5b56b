"""Fresh keys at the first start, never again."""

from __future__ import annotations

import os
import subprocess
import sys

from cryptography.fernet import Fernet

from backend.ops.write_env import write_env
from tests.ops.serving import BASE


def test_the_file_is_its_owners_alone_and_holds_usable_keys(tmp_path):
    path = tmp_path / ".env"

    assert write_env(path)

    values = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(values["SECRET_KEY"]) >= 50
    Fernet(values["FIELD_ENCRYPTION_KEYS"])


def test_keys_that_are_there_are_never_replaced(tmp_path):
    path = tmp_path / ".env"
    path.write_text("SECRET_KEY=old\n")

    assert not write_env(path)
    assert path.read_text() == "SECRET_KEY=old\n"


def test_it_runs_without_settings(tmp_path):
    environment = {name: value for name, value in os.environ.items() if "KEY" not in name and "DJANGO" not in name}
    environment["ENV_FILE"] = str(tmp_path / "keys")

    answer = subprocess.run(
        [sys.executable, "-m", "backend.ops.write_env"],
        cwd=BASE,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (tmp_path / "keys").exists()
    assert "Fernet" not in answer.stdout
