"""What a helper answers, and what time or a coordinator does to an open offer."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.outbox.services import publish
from backend.roster.models import Child, Exclusion, Helper
from backend.roster.selectors import has_consent, is_cleared
from backend.roster.services.pair_wishes import drop_wish
from backend.roster.services.pauses import NotInOffice
from matching.events import OfferAccepted, OfferDeclined, OfferLapsed, OfferWithdrawn
from matching.models import Offer, Pairing
from matching.models.pairings import OPEN_STATES
from matching.services.applications import claim_application
from matching.services.loads import claim, release_offered
from matching.services.pairings import open_pairing
from matching.translation import rule_broken_by

if TYPE_CHECKING:
    from datetime import datetime


class OfferNotOpen(DomainError):
    """Answered, withdrawn or past its deadline; nothing was changed."""

    code = "offer.not_open"
    message = "This offer is %(state)s; nothing was recorded."


class SlotTaken(DomainError):
    """The place was filled by another pairing."""

    code = "offer.slot_taken"
    message = "This place was just taken; nothing was recorded."


class HelperNotCleared(DomainError):
    """The background check does not cover the time of the pairing."""

    code = "helper.not_cleared"
    message = "The background check does not reach to the end of the term; nothing was recorded."


class PairNotAllowed(DomainError):
    """A rule forbids the pair by now: somebody moved, or asked not to be paired."""

    code = "offer.pair_not_allowed"
    message = "This pairing is no longer possible; nothing was recorded."


class ChildNotFree(DomainError):
    """The child has left, or the consent was withdrawn."""

    code = "child.not_free"
    message = "This child cannot be paired any more; nothing was recorded."


def _state_now(offer: Offer, now: datetime) -> str:
    state = Offer.objects.filter(pk=offer.pk).values_list("state", "expires_at").first()
    if state is None:
        return Offer.State.WITHDRAWN
    return Offer.State.LAPSED if state[0] == Offer.State.SENT and state[1] <= now else state[0]


def _take(offer: Offer, state: str, *, now: datetime, **columns: Any) -> None:
    """Move an open offer to its answer, or raise OfferNotOpen; the first of many callers wins."""
    open_one = Offer.objects.filter(pk=offer.pk, state=Offer.State.SENT, expires_at__gt=now)
    if open_one.update(state=state, answered_at=now, **columns) != 1:
        raise OfferNotOpen(state=_state_now(offer, now))


def accept_offer(*, offer: Offer, actor: Any, now: datetime, note: str = "") -> Pairing:
    """
    Turn a sent offer into an active pairing.

    Args:
        actor: the helper's user, a coordinator who accepts on behalf, or None for the holder of the link.

    Raises:
        OfferNotOpen: answered, withdrawn or past its deadline; nothing was changed.
        HelperFull: the helper has reached the agreed number of children.
        NotInOffice, HelperNotCleared, ChildNotFree, PairNotAllowed, SlotTaken: what was true at publishing is no more.
    """
    with transaction.atomic():
        _take(offer, Offer.State.ACCEPTED, now=now, answered_by=actor, note=note[:200])
        offer = Offer.objects.select_related(
            "slot__rule__scheme__term", "slot__rule__scheme__county", "child", "helper", "leader__user"
        ).get(pk=offer.pk)
        scheme = offer.slot.rule.scheme
        _check_still_right(offer, now)
        if not claim_application(child_id=offer.child_id, scheme=scheme):
            raise ChildNotFree
        claim(offer.helper_id, scheme)
        pairing = open_pairing(offer=offer, now=now)
        record(actor=actor or offer.asked.user, verb="offer.accepted", subject=offer, reason=note)
        publish(OfferAccepted(offer_id=offer.pk, pairing_id=pairing.pk, accepted_at=now.isoformat()))
    return pairing


def _check_still_right(offer: Offer, now: datetime) -> None:
    if offer.child.state != Child.State.ACTIVE or not has_consent(offer.child_id, "MATCHING"):
        raise ChildNotFree
    term = offer.slot.rule.scheme.term
    today = timezone.localdate(now)
    cleared = is_cleared(offer.asked_id, from_date=today, until_date=max(term.end_date, today))
    if {offer.helper.state, offer.asked.state} != {Helper.State.ACTIVE}:
        raise NotInOffice
    if not cleared:
        raise HelperNotCleared
    if Pairing.objects.filter(slot_id=offer.slot_id, state__in=OPEN_STATES).exists():
        raise SlotTaken
    if Pairing.objects.filter(child_id=offer.child_id, helper_id=offer.helper_id, state__in=OPEN_STATES).exists():
        raise SlotTaken
    if rule_broken_by(slot=offer.slot, helper_id=offer.helper_id, now=now):
        raise PairNotAllowed


def decline_offer(*, offer: Offer, reason: str, actor: Any, now: datetime, note: str = "") -> Offer:
    """
    Free the place, keep the reason, and never offer this child to this helper again.

    Raises:
        OfferNotOpen: as in accept_offer.
    """
    with transaction.atomic():
        _take(offer, Offer.State.DECLINED, now=now, answered_by=actor, decline_reason=reason, note=note[:200])
        offer = Offer.objects.select_related("slot__rule__scheme", "helper__user", "leader__user").get(pk=offer.pk)
        release_offered(offer.helper_id, offer.slot.rule.scheme)
        _exclude(offer, reason, actor)
        record(actor=actor or offer.asked.user, verb="offer.declined", subject=offer, reason=reason)
        publish(OfferDeclined(offer_id=offer.pk))
    return offer


def _exclude(offer: Offer, reason: str, actor: Any) -> None:
    """
    Keep the two apart from now on. A teacher who would not lead two classmates says nothing about the children, unless
    the reason is that the two do not fit; else another teacher may be asked for them.
    """
    if offer.leader_id is not None and reason != Offer.DeclineReason.UNFIT:
        return
    why = Exclusion.Reason.KIN if reason == Offer.DeclineReason.KIN else Exclusion.Reason.DECLINED
    drop_wish(child_id=offer.child_id, helper_id=offer.helper_id, actor=actor)
    Exclusion.objects.get_or_create(
        child_id=offer.child_id, helper_id=offer.helper_id, defaults={"reason": why, "recorded_by": actor}
    )


def withdraw_offer(*, offer: Offer, actor: Any, now: datetime, reason: str = "") -> None:
    """
    Take an open offer back; its links end at once and the helper is told.

    Raises:
        OfferNotOpen: as in accept_offer.
    """
    with transaction.atomic():
        _take(offer, Offer.State.WITHDRAWN, now=now, answered_by=actor, note=reason[:200])
        release_offered(offer.helper_id, offer.slot.rule.scheme)
        record(actor=actor, verb="offer.withdrawn", subject=offer, reason=reason)
        publish(OfferWithdrawn(offer_id=offer.pk))


def withdraw_filled_offers(*, now: datetime, most: int = 500) -> int:
    """
    Take back open offers of places that somebody holds by now, so that nobody is reminded of them or says yes in vain;
    answers how many. Each is claimed on its own, so it may run twice.
    """
    holders = Pairing.objects.filter(slot=OuterRef("slot"), state__in=OPEN_STATES)
    filled = Offer.objects.filter(Exists(holders), state=Offer.State.SENT, expires_at__gt=now)
    done = 0
    for offer in filled.select_related("slot__rule__scheme").order_by("expires_at", "pk")[:most]:
        with suppress(OfferNotOpen):
            withdraw_offer(offer=offer, actor=None, now=now, reason=Offer.FILLED)
            done += 1
    return done


def lapse_due_offers(*, now: datetime, most: int = 500) -> int:
    """Close offers past their deadline; answers how many. Each is claimed on its own, so it may run twice."""
    due = Offer.objects.filter(state=Offer.State.SENT, expires_at__lte=now).order_by("expires_at", "pk")
    return sum(_lapse(offer, now) for offer in due.select_related("slot__rule__scheme")[:most])


def _lapse(offer: Offer, now: datetime) -> bool:
    with transaction.atomic():
        lapsed = Offer.objects.filter(pk=offer.pk, state=Offer.State.SENT, expires_at__lte=now)
        if lapsed.update(state=Offer.State.LAPSED, answered_at=now) != 1:
            return False
        release_offered(offer.helper_id, offer.slot.rule.scheme)
        record(actor=None, verb="offer.lapsed", subject=offer)
        publish(OfferLapsed(offer_id=offer.pk))
    return True


def mark_seen(offer: Offer, *, now: datetime) -> None:
    """
    Note the first opening of a link while the offer is open. The caller's request is a POST or an explicit beacon,
    never a bare GET.
    """
    open_one = Offer.objects.filter(pk=offer.pk, state=Offer.State.SENT, expires_at__gt=now)
    open_one.filter(seen_at=None).update(seen_at=now)
