"""Whom each fact is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activities.event_selectors import day_notices
from backend.roster.models import Child, Guardian
from matching.models import Offer
from matching.selectors import pairing_by_id
from notifications.kinds.days import FOR_GUARDIANS as DAY_FOR_GUARDIANS
from notifications.kinds.days import FOR_HELPERS
from notifications.kinds.offers import (
    OFFER_ACCEPTED,
    OFFER_ACCEPTED_BUDDY,
    OFFER_SENT,
    OFFER_SENT_BUDDY,
    OFFER_WITHDRAWN,
)
from notifications.kinds.pairings import FOR_GUARDIANS, PAIRING_ENDED, PAIRING_PAUSED, PAIRING_RESUMED
from notifications.kinds.reminders import OFFER_LAPSED
from notifications.recipients import of_guardian, of_helper
from notifications.telling import tell

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from activities.models import DayNotice
    from notifications.kinds import Kind
    from notifications.recipients import Recipient

_WITH_PEOPLE = ("helper__user__contact", "helper__township", "leader__user__contact", "leader__township")


def on_proposal_published(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Everybody who was asked in one wave is told of each place."""
    tell_of_offers(
        Offer.objects.filter(
            proposal_id=payload["proposal_id"], state=Offer.State.SENT, sent_at=payload["published_at"]
        ),
        now=now,
    )


def tell_of_offers(wave: QuerySet[Offer], *, now: datetime) -> None:
    """Ask for the answers of many offers; a place for a classmate has words of its own."""
    for kind, has_leader in ((OFFER_SENT, False), (OFFER_SENT_BUDDY, True)):
        offers = wave.filter(leader__isnull=not has_leader).select_related(*_WITH_PEOPLE)
        told = ((of_helper(offer.asked), offer) for offer in offers.iterator(chunk_size=1000))
        tell(kind=kind.code, recipients=told, now=now)


def _tell(kind: str, offer_id: int, now: datetime, fact: str = "") -> None:
    offers = Offer.objects.filter(pk=offer_id).select_related(*_WITH_PEOPLE)
    tell(kind=kind, recipients=[(of_helper(offer.asked), offer) for offer in offers], fact=fact, now=now)


def on_offer_accepted(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    is_led = Offer.objects.filter(pk=payload["offer_id"], leader__isnull=False).exists()
    _tell((OFFER_ACCEPTED_BUDDY if is_led else OFFER_ACCEPTED).code, payload["offer_id"], now)


def on_offer_lapsed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    _tell(OFFER_LAPSED.code, payload["offer_id"], now)


def on_offer_withdrawn(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    _tell(OFFER_WITHDRAWN.code, payload["offer_id"], now)


def on_pairing_ended(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_pairing(PAIRING_ENDED.code, event_id, payload, now)


def on_pairing_suspended(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_pairing(PAIRING_PAUSED.code, event_id, payload, now)


def on_pairing_resumed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_pairing(PAIRING_RESUMED.code, event_id, payload, now)


def _tell_of_pairing(kind: str, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    """One message per fact for the helper and for the guardian: a second pause is told again."""
    pairing = pairing_by_id(payload["pairing_id"])
    if pairing is None:
        return
    # The offer's own row names the child; a guardian of a child whose file is closed is told of nothing more.
    if pairing.child.state == Child.State.ACTIVE:
        guardians = Guardian.objects.filter(child_id=pairing.child_id, user__isnull=False)
        told = [
            (of_guardian(one), pairing.offer) for one in guardians.select_related("user__contact", "child__village")
        ]
        tell(kind=FOR_GUARDIANS[kind], recipients=told, fact=str(event_id), now=now)
    _tell(kind, pairing.offer_id, now, fact=str(event_id))


def on_day_published(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Exactly those the version's notices name: hosts, and the guardians of children whose part differs."""
    notices = day_notices(payload["version_id"], is_off=bool(payload["is_off"]))
    for notice in notices.filter(helper__isnull=False).select_related("helper__user__contact", "helper__township"):
        if notice.helper is not None:
            _tell_of_day(FOR_HELPERS[notice.kind], notice, [of_helper(notice.helper)], now)
    for notice in notices.filter(child__state=Child.State.ACTIVE):
        guardians = Guardian.objects.filter(child=notice.child, user__isnull=False)
        told = [of_guardian(one) for one in guardians.select_related("user__contact", "child__village")]
        _tell_of_day(DAY_FOR_GUARDIANS[notice.kind], notice, told, now)


def _tell_of_day(kind: Kind, notice: DayNotice, recipients: list[Recipient], now: datetime) -> None:
    tell(
        kind=kind.code,
        recipients=[(one, None) for one in recipients],
        fact=notice.public_id,
        about={"notice_id": notice.pk},
        now=now,
    )
