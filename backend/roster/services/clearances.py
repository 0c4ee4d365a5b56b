"""Confirming background checks: the second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from backend.accounts.models import COORDINATORS
from backend.audit.services import entry_for, record_many
from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.access import helpers_visible_to
from backend.roster.models import Clearance, Helper

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from backend.roster.access import Reader

_AT_ONCE = 5000


class OwnRecord(DomainError):
    """Whoever recorded a background check cannot be the second person."""

    code = "clearance.own_record"
    status = 403
    message = "%(number)s of these checks were recorded by you; somebody else must confirm them."


def confirm_clearances(*, clearances: Iterable[Clearance], actor: Any, reader: Reader, now: datetime) -> int:
    """
    Say of background checks that a second person has seen the papers; those confirmed already stay as they are.

    Returns:
        How many were confirmed now.

    Raises:
        OwnRecord: some were recorded by the actor; none is confirmed. NotAllowed: not the reader's helpers.
    """
    reader.may(*COORDINATORS)
    waiting = [row for row in clearances if row.confirmed_at is None]
    own = sum(1 for row in waiting if row.recorded_by_id == actor.pk)
    if own:
        raise OwnRecord(number=own)
    visible = set(helpers_visible_to(reader).values_list("pk", flat=True))
    if any(row.helper_id not in visible for row in waiting):
        raise NotAllowed
    with transaction.atomic():
        done = [
            row
            for start in range(0, len(waiting), _AT_ONCE)
            for row in _claim(waiting[start : start + _AT_ONCE], actor, now)
        ]
        record_many(entry_for(actor, "clearance.confirmed", row) for row in done)
    return len(done)


def _claim(some: list[Clearance], actor: Any, now: datetime) -> list[Clearance]:
    """Confirm those still open. The helpers' files count as changed, so the import beneath can no longer be undone."""
    open_ids = set(
        Clearance.objects.filter(pk__in=[row.pk for row in some], confirmed_at=None).values_list("pk", flat=True)
    )
    Clearance.objects.filter(pk__in=open_ids).update(confirmed_by=actor, confirmed_at=now)
    Helper.objects.filter(clearances__in=open_ids).update(version=F("version") + 1)
    return [row for row in some if row.pk in open_ids]
