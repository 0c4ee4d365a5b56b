"""What a coordinator does with many open offers at once: more time, or taking them back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.outbox.services import publish
from matching.events import OfferExtended
from matching.models import Offer
from matching.services.deadlines import deadline_after
from matching.services.offers import OfferNotOpen, withdraw_offer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

# How many offers one step takes; the rest is another step.
MOST_AT_ONCE = 500


class NothingToDo(DomainError):
    """None of the offers is open any more, or none would change."""

    code = "offers.nothing_to_do"
    message = "None of these offers waits for an answer any more, or none would change."


_SOON = timedelta(hours=48)


def ends_soon(now: datetime) -> Q:
    """Offers that wait for an answer and lapse within two days."""
    return Q(state=Offer.State.SENT, expires_at__gt=now, expires_at__lte=now + _SOON)


def open_among(offers: QuerySet[Offer], now: datetime) -> QuerySet[Offer]:
    """Those of them that wait for an answer, the first to end first."""
    return offers.filter(state=Offer.State.SENT, expires_at__gt=now).order_by("expires_at", "pk")


def extend_offers(*, offers: Iterable[Offer], days: int, actor: Any, now: datetime) -> int:
    """
    Give open offers so many days from now on, until the evening; each person is told of the new deadline.

    Args:
        days: 1 .. 7. An offer that has longer already keeps what it has.

    Returns:
        How many got more time.

    Raises:
        NothingToDo: none did.
    """
    until = deadline_after(now, days=days)
    done = sum(_extend(offer, until, actor, now) for offer in offers)
    if not done:
        raise NothingToDo
    return done


def _extend(offer: Offer, until: datetime, actor: Any, now: datetime) -> bool:
    with transaction.atomic():
        shorter = Offer.objects.filter(
            pk=offer.pk, state=Offer.State.SENT, expires_at__gt=now, expires_at__lt=until
        )  # fmt: skip
        if shorter.update(expires_at=until) != 1:
            return False
        after = {"expires_at": [offer.expires_at.isoformat(), until.isoformat()]}
        record(actor=actor, verb="offer.extended", subject=offer, after=after)
        publish(OfferExtended(offer_id=offer.pk, expires_at=until.isoformat()))
    return True


def withdraw_offers(*, offers: Iterable[Offer], reason: str, actor: Any, now: datetime) -> int:
    """
    Take open offers back, each on its own: whoever answered meanwhile keeps their answer.

    Returns:
        How many were taken back.

    Raises:
        NothingToDo: none was.
    """
    done = 0
    for offer in offers:
        try:
            withdraw_offer(offer=offer, actor=actor, now=now, reason=reason)
        except OfferNotOpen:
            continue
        done += 1
    if not done:
        raise NothingToDo
    return done
