"""A pairing's life: opened by an acceptance, suspended, resumed, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import InvalidMove
from backend.outbox.services import publish
from backend.roster.services.care import end_care, start_care
from matching.events import PairingEnded, PairingSuspended
from matching.models import Offer, Pairing
from matching.services.loads import release_active

if TYPE_CHECKING:
    from datetime import datetime


def open_pairing(*, offer: Offer, now: datetime) -> Pairing:
    """The pairing of an offer just accepted, with the helper's access to the child. Inside the caller's transaction."""
    pairing = Pairing.objects.create(
        slot_id=offer.slot_id, child_id=offer.child_id, helper_id=offer.helper_id, offer=offer, started_at=now
    )
    start_care(
        child_id=pairing.child_id,
        helper_id=pairing.helper_id,
        role=offer.slot.rule.role,
        source_id=pairing.public_id,
        now=now,
    )
    return pairing


def _move(pairing: Pairing, from_states: tuple[str, ...], to_state: str, **columns: Any) -> None:
    if Pairing.objects.filter(pk=pairing.pk, state__in=from_states).update(state=to_state, **columns) != 1:
        raise InvalidMove(state=Pairing.objects.values_list("state", flat=True).get(pk=pairing.pk))


def end_pairing(*, pairing: Pairing, reason: str, actor: Any, now: datetime) -> None:
    """
    End a pairing: the place is free again, and the helper no longer sees the child.

    Raises:
        InvalidMove: it has ended already.
    """
    with transaction.atomic():
        _move(pairing, ("ACTIVE", "SUSPENDED"), Pairing.State.ENDED, ended_at=now, end_reason=reason[:200])
        release_active(pairing.helper_id, pairing.slot.rule.scheme)
        end_care(source_id=pairing.public_id, now=now)
        record(actor=actor, verb="pairing.ended", subject=pairing, reason=reason)
        publish(PairingEnded(pairing_id=pairing.pk, ended_at=now.isoformat()))


def suspend_pairing(*, pairing: Pairing, reason: str, actor: Any, now: datetime) -> None:
    """
    Pause a pairing: the place stays held, the helper's access rests.

    Raises:
        InvalidMove: it is not active.
    """
    with transaction.atomic():
        _move(pairing, ("ACTIVE",), Pairing.State.SUSPENDED)
        end_care(source_id=pairing.public_id, now=now)
        record(actor=actor, verb="pairing.suspended", subject=pairing, reason=reason)
        publish(PairingSuspended(pairing_id=pairing.pk))
