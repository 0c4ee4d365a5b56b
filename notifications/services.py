"""Making links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.vault.hashes import new_token, token_hash
from matching.models import Offer
from matching.selectors import still_free
from notifications.models import OfferLink

if TYPE_CHECKING:
    from datetime import datetime


class OfferClosed(DomainError):
    code = "offer.not_open"
    message = "This offer has been answered or has ended; it has no link any more."


def mint_offer_link(*, offer: Offer, way: str, actor: Any, now: datetime) -> str:
    """
    A new address for one open offer, shown to its caller only.

    Raises:
        OfferClosed: the offer is no longer open, or its place is filled.
    """
    if not still_free(Offer.objects.filter(pk=offer.pk, state=Offer.State.SENT, expires_at__gt=now)).exists():
        raise OfferClosed
    token = new_token()
    with transaction.atomic():
        OfferLink.objects.create(offer=offer, token_hash=token_hash(token), way=way, made_at=now, made_by=actor)
        if way not in (OfferLink.Way.MAIL, OfferLink.Way.SMS):
            record(actor=actor, verb="offer.link_made", subject=offer, reason=way)
    return f"{settings.PUBLIC_URL}/o/{token}/"
