"""What time does about facts from matching."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from activities.selectors import has_visited
from activities.services.duties import cancel_duties_of, move_duties, owe_first_visit
from activities.services.event_listings import list_day, list_days_of_child
from activities.services.event_seats import give_back_seats
from activities.services.visit_consents import owe_visits_again, stop_visits_of
from backend.roster.models import Consent
from matching.selectors import pairing_by_id


def on_offer_accepted(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """A new pairing owes its first visit."""
    pairing = pairing_by_id(payload["pairing_id"])
    if pairing is not None:
        owe_first_visit(pairing=pairing, accepted_at=datetime.fromisoformat(payload["accepted_at"]))


def on_child_left(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """A child who left the roster keeps no place from another."""
    give_back_seats(child_id=payload["child_id"], now=now)


def on_consent_withdrawn(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Nobody comes to a home whose guardian no longer agrees to it; the pairing itself goes on."""
    if payload["purpose"] == Consent.Purpose.VISITS:
        stop_visits_of(child_id=payload["child_id"], now=now)


def on_consent_given(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """A guardian who agrees to visits again is visited."""
    if payload["purpose"] == Consent.Purpose.VISITS:
        owe_visits_again(child_id=payload["child_id"], now=now)


def on_child_moved(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """The days a child takes part in stand in the calendars of its new school and village, and no longer of the old."""
    list_days_of_child(child_id=payload["child_id"], now=now)


def on_seats_changed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whose children are on the list of a published day has its calendar say so."""
    list_day(day_id=payload["day_id"], now=now)


def on_pairing_resumed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Who was away looks after the child again: a visit not yet made is owed anew."""
    pairing = pairing_by_id(payload["pairing_id"])
    if pairing is not None and not has_visited(pairing.pk):
        owe_first_visit(pairing=pairing, accepted_at=datetime.fromisoformat(payload["resumed_at"]))


def on_pairing_over(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """A pairing that ended or rests owes nothing more."""
    cancel_duties_of(pairing_id=payload["pairing_id"], now=now)


def on_stand_in_began(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """What is due while somebody stands in is theirs to do."""
    until = date.fromisoformat(payload["until_date"])
    move_duties(pairing_id=payload["pairing_id"], helper_id=payload["helper_id"], until_date=until, now=now)


def on_stand_in_over(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """What they did not get to comes back."""
    move_duties(pairing_id=payload["pairing_id"], helper_id=payload["helper_id"], until_date=None, now=now)
