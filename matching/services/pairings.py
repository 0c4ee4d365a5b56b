"""A pairing's life: opened by an acceptance, suspended, resumed, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from backend.roster.selectors import live_clearances
from backend.roster.services.care import end_care, start_care
from matching.events import PairingEnded, PairingResumed, PairingSuspended
from matching.models import Offer, Pairing, Scheme, StandIn
from matching.selectors import role_in_place
from matching.services.applications import release_application
from matching.services.loads import release_active

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from backend.roster.models import Clearance


class WrongPause(DomainError):
    """A pause ends on a later day than it begins."""

    code = "pairing.wrong_pause"
    status = 400
    message = "The day of return must be after today."


class NotClearedNow(DomainError):
    """Whoever would look after the child has no background check that holds today."""

    code = "pairing.not_cleared"
    message = "%(name)s has no valid background check. The pairing goes on by itself once one is confirmed."


def open_pairing(*, offer: Offer, now: datetime) -> Pairing:
    """The pairing of an offer just accepted, with the helper's access to the child. Inside the caller's transaction."""
    pairing = Pairing.objects.create(
        slot_id=offer.slot_id, child_id=offer.child_id, helper_id=offer.helper_id, leader_id=offer.leader_id,
        offer=offer, started_at=now,
    )  # fmt: skip
    start_care(
        child_id=pairing.child_id,
        helper_id=pairing.answering_id,
        role=role_in_place(offer.slot.rule, offer.helper_id),
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
        release_application(child_id=pairing.child_id, scheme=pairing.slot.rule.scheme)
        end_care(source_id=pairing.public_id, now=now)
        record(actor=actor, verb="pairing.ended", subject=pairing, reason=reason)
        publish(PairingEnded(pairing_id=pairing.pk, ended_at=now.isoformat()))


def resume_pairing(*, pairing: Pairing, actor: Any, now: datetime) -> None:
    """
    Take a paused pairing up again; the helper sees the child again.

    Raises:
        InvalidMove: it is not suspended.
        NotClearedNow: no background check holds today (article 62, as in `suspend_uncleared`).
    """
    with transaction.atomic():
        if not Pairing.objects.filter(_answered_by(now), pk=pairing.pk).exists():
            raise NotClearedNow(name=(pairing.stand_in or pairing.leader or pairing.helper).name)
        _move(pairing, ("SUSPENDED",), Pairing.State.ACTIVE, suspended_at=None, suspended_until=None)
        # Taken up on purpose while somebody stands in: it does not rest again afterwards.
        StandIn.objects.filter(pairing=pairing, state=StandIn.State.RUNNING).update(rested_at=None)
        start_care(
            child_id=pairing.child_id,
            helper_id=pairing.answering_id,
            role=role_in_place(pairing.slot.rule, pairing.helper_id),
            source_id=pairing.public_id,
            now=now,
        )
        record(actor=actor, verb="pairing.resumed", subject=pairing)
        publish(PairingResumed(pairing_id=pairing.pk, resumed_at=now.isoformat()))


UNCLEARED = "clearance"
PAUSED = "helper.paused"
RESTED_TOO_LONG = "rested.too_long"
LONG_PAUSE = timedelta(days=30)


def suspend_uncleared(*, now: datetime) -> int:
    """
    Pause the active pairings of helpers whose background check no longer holds today; answers how many.

    Source: Law of the PRC on the Protection of Minors, article 62.
    """
    active = Pairing.objects.filter(state=Pairing.State.ACTIVE).exclude(_answered_by(now))
    return _sweep(active, lambda one: suspend_pairing(pairing=one, reason=UNCLEARED, actor=None, now=now))


def resume_cleared(*, now: datetime) -> int:
    """Take up again what was paused for want of a background check only, once one holds; answers how many."""
    paused = Pairing.objects.filter(_answered_by(now), state=Pairing.State.SUSPENDED, suspend_reason=UNCLEARED)
    return _sweep(paused, lambda one: resume_pairing(pairing=one, actor=None, now=now))


def resume_rested(*, now: datetime) -> int:
    """Take up again what was paused until a day that has come; answers how many."""
    paused = Pairing.objects.filter(
        _answered_by(now), state=Pairing.State.SUSPENDED, suspended_until__lte=timezone.localdate(now)
    )
    return _sweep(paused, lambda one: resume_pairing(pairing=one, actor=None, now=now))


def long_suspended(now: datetime) -> QuerySet[Pairing]:
    """Pairings that have rested for so long that the child is without this person, and no day is set for the return."""
    return Pairing.objects.filter(
        state=Pairing.State.SUSPENDED, suspended_until=None, suspended_at__lte=now - LONG_PAUSE
    )


def end_long_suspended(*, now: datetime) -> int:
    """End what has rested too long, where the scheme offers every freed place on by itself; answers how many."""
    paused = long_suspended(now).filter(slot__rule__scheme__offers_on=Scheme.OffersOn.AUTOMATIC)
    return _sweep(paused, lambda one: end_pairing(pairing=one, reason=RESTED_TOO_LONG, actor=None, now=now))


def _answered_by(now: datetime) -> Q:
    """
    Pairings whose adult is cleared: whoever stands in, the teacher who leads a classmate (of whom none is asked), or
    the helper.
    """
    cleared = _cleared_helpers(now)
    own = Q(leader=None, helper__in=cleared) | Q(leader__in=cleared)
    return Q(stand_in__in=cleared) | Q(stand_in=None) & own


def _cleared_helpers(now: datetime) -> QuerySet[Clearance, int]:
    today = timezone.localdate(now)
    return live_clearances().filter(issued_date__lte=today, expires_date__gte=today).values_list("helper_id", flat=True)


def _sweep(pairings: QuerySet[Pairing], act: Callable[[Pairing], None]) -> int:
    """Act on each on its own; one that somebody else moved meanwhile is left to them."""
    done = 0
    for pairing in pairings.select_related("slot__rule__scheme").order_by("pk")[:500]:
        try:
            act(pairing)
        except (InvalidMove, NotClearedNow):
            continue
        done += 1
    return done


def suspend_pairing(*, pairing: Pairing, reason: str, actor: Any, now: datetime, until: date | None = None) -> None:
    """
    Pause a pairing: the place stays held, the helper's access rests.

    Args:
        until: the day on which it is taken up again by itself; None leaves that to a person.

    Raises:
        InvalidMove: it is not active.
        WrongPause: `until` is not after today.
    """
    if until is not None and until <= timezone.localdate(now):
        raise WrongPause
    with transaction.atomic():
        pause = {"suspend_reason": reason[:200], "suspended_at": now, "suspended_until": until}
        _move(pairing, ("ACTIVE",), Pairing.State.SUSPENDED, **pause)
        end_care(source_id=pairing.public_id, now=now)
        record(actor=actor, verb="pairing.suspended", subject=pairing, reason=reason)
        publish(PairingSuspended(pairing_id=pairing.pk))
