"""How gunicorn serves: one process with threads, read by `gunicorn -c python:backend.ops.gunicorn`."""

from __future__ import annotations

import os
from typing import Any

from backend.ops.linux import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

from django.conf import settings

bind = f"{settings.BIND}:{settings.PORT}"
worker_class = "gthread"
workers = 1
# Four threads for each place behind the gates, so that a refusal never waits for a thread.
threads = 4 * (settings.WEB_GATES + settings.FEED_GATES)
timeout = 30
graceful_timeout = 4
keepalive = 15
backlog = 1024
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108 - gunicorn's own beat file
loglevel = "warning"
control_socket_disable = True


def post_fork(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's hook
    """A worker without its master would keep the port."""
    end_with_parent()
