"""What pairs do about facts from the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matching.models import Offer, Pairing
from matching.services.offers import OfferNotOpen, withdraw_offer
from matching.services.pairings import end_pairing

if TYPE_CHECKING:
    from datetime import datetime


def on_child_left(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Nobody is asked any more, and who looked after the child no longer does."""
    _withdraw_all(Offer.objects.filter(child_id=payload["child_id"]), now)
    for pairing in Pairing.objects.filter(child_id=payload["child_id"], state__in=("ACTIVE", "SUSPENDED")):
        end_pairing(pairing=pairing, reason="child.left", actor=None, now=now)


def on_child_moved(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whoever was asked for a child who moved is asked no more; the next run finds somebody near."""
    _withdraw_all(Offer.objects.filter(child_id=payload["child_id"]), now)


def on_pair_excluded(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """An open offer between the two is taken back."""
    both = Offer.objects.filter(child_id=payload["child_id"], helper_id=payload["helper_id"])
    _withdraw_all(both, now)


def on_helper_left(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whoever leaves is asked no more, and their places are free."""
    _withdraw_all(Offer.objects.filter(helper_id=payload["helper_id"]), now)
    for pairing in Pairing.objects.filter(helper_id=payload["helper_id"], state__in=("ACTIVE", "SUSPENDED")):
        end_pairing(pairing=pairing, reason="helper.left", actor=None, now=now)


def on_consent_withdrawn(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Without consent to matching nobody may be asked, and the pairings of the child end."""
    if payload["purpose"] != "MATCHING":
        return
    _withdraw_all(Offer.objects.filter(child_id=payload["child_id"]), now)
    for pairing in Pairing.objects.filter(child_id=payload["child_id"], state__in=("ACTIVE", "SUSPENDED")):
        end_pairing(pairing=pairing, reason="consent.withdrawn", actor=None, now=now)


def _withdraw_all(offers: Any, now: datetime) -> None:
    for offer in offers.filter(state=Offer.State.SENT).select_related("slot__rule__scheme"):
        try:
            withdraw_offer(offer=offer, actor=None, now=now)
        except OfferNotOpen:
            # Answered or lapsed in the meantime: an acceptance is undone by the pairing's own end.
            continue
