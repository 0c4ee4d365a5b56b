"""Whom each fact is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.roster.models import Child
from matching.models import Offer
from matching.selectors import pairing_by_id
from notifications.models import Message
from notifications.services import queue_guardian_messages, queue_messages, wake_sender

if TYPE_CHECKING:
    from datetime import datetime


def on_proposal_published(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Everybody who was asked in one wave gets one mail for each place."""
    wave = Offer.objects.filter(
        proposal_id=payload["proposal_id"], state=Offer.State.SENT, sent_at=payload["published_at"]
    ).select_related("helper", "leader")
    queue_messages(kind=Message.Kind.OFFER_SENT, offers=wave.iterator(chunk_size=1000), now=now)
    wake_sender(now)


def _tell(kind: str, payload: dict[str, Any], now: datetime, suffix: str = "") -> None:
    queue_messages(
        kind=kind,
        suffix=suffix,
        offers=Offer.objects.filter(pk=payload["offer_id"]).select_related("helper", "leader"),
        now=now,
    )
    wake_sender(now)


def on_offer_accepted(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    _tell(Message.Kind.OFFER_ACCEPTED, payload, now)


def on_offer_withdrawn(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    _tell(Message.Kind.OFFER_WITHDRAWN, payload, now)


def on_pairing_ended(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_pairing(Message.Kind.PAIRING_ENDED, event_id, payload, now)


def on_pairing_suspended(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_pairing(Message.Kind.PAIRING_PAUSED, event_id, payload, now)


def on_pairing_resumed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_pairing(Message.Kind.PAIRING_RESUMED, event_id, payload, now)


def _tell_of_pairing(kind: str, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    """One message per fact for the helper and for the guardian: a second pause is told again."""
    pairing = pairing_by_id(payload["pairing_id"])
    if pairing is not None:
        # The offer's own row names the child; a guardian of a child whose file is closed is told of nothing more.
        if pairing.child.state == Child.State.ACTIVE:
            queue_guardian_messages(kind=kind, offer=pairing.offer, now=now, suffix=f":{event_id}")
        _tell(kind, {"offer_id": pairing.offer_id}, now, suffix=f":{event_id}")
