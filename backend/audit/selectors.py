"""Reading the audit; who may is the doors' table to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.audit.models import AuditEntry

if TYPE_CHECKING:
    from django.db.models import QuerySet

# The reads that leave an entry; every other entry is a write.
SENSITIVE_READS = (
    "child.read", "child.revealed", "talk_plan.printed", "event_day.printed", "statement.printed", "summary.printed",
    "concern.read",
)  # fmt: skip


def entries_in_order() -> QuerySet[AuditEntry]:
    """Every entry, the latest first."""
    return AuditEntry.objects.order_by("-pk")
