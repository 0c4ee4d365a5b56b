"""What pairs do about facts from the ledger."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from backend.kernel.errors import InvalidMove
from matching.models import Application, Offer, Pairing, Vacancy
from matching.services.offers import OfferNotOpen, withdraw_offer
from matching.services.pairings import PAUSED, WrongPause, end_pairing, suspend_pairing
from matching.services.repairs import close_vacancies, hurry_other_half, note_vacancy
from matching.services.stand_ins import close_stand_ins, leave_stand_ins

if TYPE_CHECKING:
    from datetime import datetime


_OF_SLOT = ("slot__rule__scheme__term", "slot__child")


def on_child_left(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Nobody is asked any more, and who looked after the child no longer does."""
    reason = f"child.{payload['state'].lower()}"
    _withdraw_all(Offer.objects.filter(_about(payload["child_id"])), reason, now)
    _end_all(Pairing.objects.filter(_about(payload["child_id"])), reason, now)
    close_vacancies(child_id=payload["child_id"], now=now)


def on_child_moved(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whoever was asked for a child who moved is asked no more; the repair finds somebody near."""
    _withdraw_all(Offer.objects.filter(_about(payload["child_id"])), "child.moved_house", now)


def on_pair_excluded(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """An open offer between the two is taken back."""
    both = Offer.objects.filter(child_id=payload["child_id"], helper_id=payload["helper_id"])
    _withdraw_all(both, "pair.excluded", now)


def on_application_moved(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Nobody is asked any more for a child whose application was taken back."""
    if payload["state"] != Application.State.WITHDRAWN:
        return
    one = Application.objects.get(pk=payload["application_id"])
    newer = Application.objects.filter(child_id=one.child_id, scheme_id=one.scheme_id, pk__gt=one.pk)
    if newer.filter(state__in=(Application.State.CHECKED, Application.State.ASSIGNED)).exists():
        return
    asked = Offer.objects.filter(child_id=one.child_id, slot__rule__scheme_id=one.scheme_id)
    _withdraw_all(asked, "application.withdrawn", now)


def on_helper_left(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whoever leaves is asked no more, and their places are free."""
    _withdraw_all(Offer.objects.filter(_with(payload["helper_id"])), "helper.left", now)
    leave_stand_ins(payload["helper_id"], now=now)
    _end_all(Pairing.objects.filter(_with(payload["helper_id"])), "helper.left", now)


def on_helper_paused(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whoever is away is asked no more; their pairings rest until the day after, but where somebody stands in."""
    back = date.fromisoformat(payload["until_date"]) + timedelta(days=1)
    _withdraw_all(Offer.objects.filter(_with(payload["helper_id"])), PAUSED, now)
    mine = Pairing.objects.filter(_with(payload["helper_id"]), state=Pairing.State.ACTIVE, stand_in=None)
    for pairing in mine.order_by("pk"):
        # A sweep that comes after the last day has nothing to do: WrongPause. Somebody else was quicker: InvalidMove.
        with suppress(InvalidMove, WrongPause):
            suspend_pairing(pairing=pairing, reason=PAUSED, until=back, actor=None, now=now)


def on_consent_withdrawn(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Without consent to matching nobody may be asked, and the pairings of the child end."""
    if payload["purpose"] != "MATCHING":
        return
    _withdraw_all(Offer.objects.filter(_about(payload["child_id"])), "consent.withdrawn", now)
    _end_all(Pairing.objects.filter(_about(payload["child_id"])), "consent.withdrawn", now)
    close_vacancies(child_id=payload["child_id"], now=now)


def _about(child_id: int) -> Q:
    """Where the child is helped, or helps a classmate."""
    return Q(child_id=child_id) | Q(helper__peer_child_id=child_id)


def _with(helper_id: int) -> Q:
    """Where somebody helps, or leads two children."""
    return Q(helper_id=helper_id) | Q(leader_id=helper_id)


def _withdraw_all(offers: Any, reason: str, now: datetime) -> None:
    for offer in offers.filter(state=Offer.State.SENT).select_related("slot__rule__scheme"):
        try:
            withdraw_offer(offer=offer, actor=None, now=now, reason=reason)
        except OfferNotOpen:
            # Answered or lapsed in the meantime: an acceptance is undone by the pairing's own end.
            continue


def _end_all(pairings: Any, reason: str, now: datetime) -> None:
    for pairing in pairings.filter(state__in=("ACTIVE", "SUSPENDED")).select_related("slot__rule__scheme"):
        try:
            end_pairing(pairing=pairing, reason=reason, actor=None, now=now)
        except InvalidMove:
            # A coordinator ended it a moment ago.
            continue


def on_offer_over(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """A declined, lapsed or withdrawn offer leaves its place free."""
    offer = Offer.objects.select_related(*_OF_SLOT).get(pk=payload["offer_id"])
    note_vacancy(slot=offer.slot, cause=offer.state, now=now)


def on_pairing_ended(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """So does a pairing that ended; nobody stands in any more."""
    pairing = Pairing.objects.select_related(*_OF_SLOT).get(pk=payload["pairing_id"])
    close_stand_ins(pairing, now=now)
    note_vacancy(slot=pairing.slot, cause=Vacancy.Cause.ENDED, now=now)


def on_offer_accepted(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """A child with one of two people is half looked after: the other place does not wait for a person any more."""
    pairing = Pairing.objects.select_related(*_OF_SLOT).get(pk=payload["pairing_id"])
    hurry_other_half(slot=pairing.slot, now=now)
