"""`manage.py cluster`: django-q2's cluster for the queue in Q_CLUSTER_NAME; started by `serve`."""

from __future__ import annotations

import os
from typing import Any

from django_q import cluster
from django_q.management.commands.qcluster import Command as ClusterCommand

from backend.ops.linux import whole_family_ends_with_parent

_RECYCLED = -2


class FailFastSentinel(cluster.Sentinel):  # type: ignore[misc]
    """
    A sentinel that gives up when one of its processes dies.

    Whatever is killed while it waits for a queue takes the queue's lock along; its successor would wait for ever
    (django-q2 issue 23). So the whole cluster ends, and the watchdog starts a sound one within seconds.
    """

    def reincarnate(self, process: Any) -> None:
        """Only a worker that ended by itself, after its share of tasks, is replaced."""
        timer = getattr(process, "timer", None)
        if timer is not None and int(timer.value) == _RECYCLED:
            super().reincarnate(process)
            return
        os._exit(1)


class Command(ClusterCommand):
    help = "Run the worker cluster of one queue (Q_CLUSTER_NAME=mail, chat, work, quick or solve)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """When sentinel or worker is killed, nothing it started stays behind."""
        whole_family_ends_with_parent()
        cluster.Sentinel = FailFastSentinel
        super().handle(*args, **options)
