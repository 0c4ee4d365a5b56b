"""A child passes from one helper to another: by agreement, or because somebody leaves and others are looked for."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from matching.models import Offer, Pairing
from matching.models.pairings import OPEN_STATES
from matching.services.loads import hold
from matching.services.offers import accept_offer
from matching.services.pairings import end_pairing
from matching.services.questions import NamesTheChild

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from backend.roster.models import Helper

HANDED_OVER = "handed_over"


class NotToTwoClassmates(DomainError):
    """Classmates are paired anew, not handed over."""

    code = "pairing.not_for_classmates"
    message = "A pair of classmates is not handed over. End it, or have another teacher stand in."


def hand_over(
    *, pairing: Pairing, helper: Helper, note: str, agreed: str, actor: Any, now: datetime
) -> Pairing:  # fmt: skip
    """
    End a pairing and begin another of the same place with who takes over; both or neither.

    Args:
        note: for who takes over.
        agreed: how the coordinator knows that they are willing; the coordinator's name stands on the new pairing.

    Raises:
        InvalidMove: it has ended already.
        NotToTwoClassmates: the helper is a classmate.
        NamesTheChild: the note holds the child's full name.
        HelperFull, HelperNotCleared, ChildNotFree, PairNotAllowed, SlotTaken: as when an offer is accepted.
    """
    if pairing.leader_id is not None:
        raise NotToTwoClassmates
    if pairing.child.name in note:
        raise NamesTheChild
    scheme = pairing.slot.rule.scheme
    with transaction.atomic():
        end_pairing(pairing=pairing, reason=HANDED_OVER, actor=actor, now=now)
        offer = Offer.objects.create(
            slot_id=pairing.slot_id, child_id=pairing.child_id, helper=helper, proposal_id=pairing.offer.proposal_id,
            sent_at=now, expires_at=now + timedelta(minutes=1),
        )  # fmt: skip
        hold(Counter({helper.pk: 1}), scheme)
        fresh = accept_offer(offer=offer, actor=actor, now=now, note=agreed)
        Pairing.objects.filter(pk=fresh.pk).update(took_over_from=pairing, handover_note=note[:300])
        after = {"to": helper.public_id, "pairing": fresh.public_id}
        record(actor=actor, verb="pairing.handed_over", subject=pairing, after=after, reason=note)
    fresh.refresh_from_db()
    return fresh


def release_helper(*, pairings: Iterable[Pairing], reason: str, actor: Any, now: datetime) -> int:
    """
    End these pairings of somebody who stops, or is not cleared any more; each place is free and looked after by the
    repair at once, as the scheme says.

    Returns:
        How many ended. Those somebody else ended meanwhile are left alone.
    """
    done = 0
    for pairing in pairings:
        if pairing.state not in OPEN_STATES:
            continue
        try:
            end_pairing(pairing=pairing, reason=reason, actor=actor, now=now)
        except InvalidMove:
            continue
        done += 1
    return done
