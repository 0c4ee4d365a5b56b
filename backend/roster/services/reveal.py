"""Opening one hidden field of one child, with a reason, for a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.roster.models import Reveal
from backend.roster.presenting import may_reveal, revealed_value

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader
    from backend.roster.models import Child

SHORTEST_REASON = 10
OPEN_FOR = timedelta(minutes=15)


class ReasonTooShort(DomainError):
    code = "reveal.reason_too_short"
    status = 400
    message = "Say why in at least %(least)s characters."


class NotRevealable(DomainError):
    code = "reveal.not_allowed"
    status = 403
    message = "Your role does not open this field, or not yet."


def reveal_field(*, reader: Reader, child: Child, field: str, reason: str, now: datetime) -> Any:
    """
    Open a field and answer its plain value. The audit entry commits before the value leaves.

    Raises:
        ReasonTooShort: fewer than ten characters.
        NotRevealable: the matrix does not let this reader open it, or not before the third day ahead of a visit.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort(least=SHORTEST_REASON)
    if not may_reveal(reader, child, field, now=now):
        raise NotRevealable
    with transaction.atomic():
        Reveal.objects.create(
            user=reader.user, child=child, field=field, reason=reason.strip()[:200], at=now, ends_at=now + OPEN_FOR
        )
        record(actor=reader.user, verb="child.revealed", subject=child, after={"field": field}, reason=reason.strip())
    return revealed_value(child, field)


def note_read(*, reader: Reader, child: Child) -> None:
    """Note that a child's own page was opened."""
    record(actor=reader.user, verb="child.read", subject=child)
