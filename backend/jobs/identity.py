"""Which machine and which worker cluster this process belongs to; used by the runner and by `backend.ops`."""

from __future__ import annotations

import hashlib
import os
import socket

from django.conf import settings


def host() -> str:
    """
    This installation's name, the same after a restart.

    Two installations on one machine differ by their data folder, so they may share a PostgreSQL.
    """
    folder = hashlib.sha256(str(settings.DATA_DIR).encode()).hexdigest()[:8]
    return f"{socket.gethostname()[:60]}-{folder}"


def cluster() -> str:
    """The queue this process works for; "web" outside the worker clusters."""
    return os.environ.get("Q_CLUSTER_NAME", "web")


def hand_of(queue: str) -> str:
    """The name under which this machine's cluster holds what it has taken from a queue."""
    return f"{queue}@{host()}"
