"""Sets the environment before Django reads its settings; loaded as a pytest plugin from pyproject.toml."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_DATA_DIR = tempfile.mkdtemp(prefix="qianshou-test-")
Path(_DATA_DIR, "static").mkdir()
_OWNER = os.getpid()


@atexit.register
def _leave_nothing_behind():
    if os.getpid() == _OWNER:  # a copy of this process that ends on its own still needs it
        shutil.rmtree(_DATA_DIR, ignore_errors=True)


os.environ.update(
    {
        "ENV_FILE": "/dev/null",
        "SECRET_KEY": "a-key-for-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz",
        "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "DATA_DIR": _DATA_DIR,
        "PUBLIC_URL": "http://testserver",
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "EMAIL_URL": "memorymail://",
        "QIANSHOU_TESTING": "on",
        "LOG_LEVEL": "ERROR",
    }
)
