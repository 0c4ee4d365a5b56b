"""`manage.py cluster`: django-q2's cluster for the queue in Q_CLUSTER_NAME; started by `serve`."""

from __future__ import annotations

from typing import Any

from django_q.management.commands.qcluster import Command as ClusterCommand

from backend.ops.linux import whole_family_ends_with_parent


class Command(ClusterCommand):
    help = "Run the worker cluster of one queue (Q_CLUSTER_NAME=mail, work or solve)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """When sentinel or worker is killed, nothing it started stays behind."""
        whole_family_ends_with_parent()
        super().handle(*args, **options)
