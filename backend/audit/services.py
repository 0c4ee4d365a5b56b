"""Writing audit entries, always inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.audit.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

SYSTEM = None


def record(
    *,
    actor: Any,
    verb: str,
    subject: Model,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """
    Note one act.

    Args:
        actor: a user, or None for the service itself. A door leaves the role acted in on it, as `acting_role`.
        verb: `noun.past_tense`, e.g. "offer.accepted", "child.read".
        before, after: JSON values of what changed. Values of encrypted fields are given as ciphertext or left out.
    """
    AuditEntry.objects.bulk_create([entry_for(actor, verb, subject, before=before, after=after, reason=reason)])


def record_many(entries: Iterable[AuditEntry]) -> None:
    """Note many acts in one statement; make each with `entry_for`."""
    AuditEntry.objects.bulk_create(entries, batch_size=500)


def entry_for(
    actor: Any,
    verb: str,
    subject: Model,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """An entry not yet saved."""
    return AuditEntry(
        actor_id=getattr(actor, "public_id", "") or "",
        actor_name=getattr(actor, "display_name", "") or "",
        actor_role=getattr(actor, "acting_role", "") or "",
        verb=verb,
        subject_kind=subject._meta.label_lower,  # noqa: SLF001 - Django's documented way to a model's label
        subject_id=str(getattr(subject, "public_id", subject.pk)),
        reason=reason[:200],
        before=before,
        after=after,
    )
