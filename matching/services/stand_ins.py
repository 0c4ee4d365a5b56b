"""A stand-in from one day to another: access, duties and feed move, and come back by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from backend.roster.models import Exclusion, Helper
from backend.roster.selectors import is_cleared
from backend.roster.services.care import end_care, start_care
from matching.events import StandInBegan, StandInOver
from matching.models import Pairing, StandIn
from matching.models.pairings import OPEN_STATES
from matching.selectors import role_in_place
from matching.services.offers import HelperNotCleared, PairNotAllowed
from matching.services.pairings import PAUSED, UNCLEARED, suspend_pairing
from matching.translation import rule_broken_by

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet

LONGEST = timedelta(days=180)
_AHEAD = (StandIn.State.PLANNED, StandIn.State.RUNNING)


class WrongDays(DomainError):
    """The first day is past, or the last before the first, or more than 180 days after."""

    code = "stand_in.wrong_days"
    status = 400
    message = "The first day is today or later, the last not before it and at most 180 days after."


class StandInThere(DomainError):
    """Somebody stands in on some of these days already."""

    code = "stand_in.there"
    message = "Somebody stands in on some of these days already; nothing was recorded."


class NotTheSame(DomainError):
    """Nobody stands in for themselves."""

    code = "stand_in.same"
    status = 400
    message = "This person looks after the child already."


def plan_stand_in(
    *, pairing: Pairing, helper: Helper, from_date: date, until_date: date, actor: Any, now: datetime, note: str = ""
) -> StandIn:  # fmt: skip
    """
    Have somebody stand in from a day to a day; what begins today begins at once.

    Raises:
        InvalidMove: the pairing has ended.
        WrongDays, StandInThere, NotTheSame: the days or the person do not do.
        HelperNotCleared: no background check holds until the last day.
        PairNotAllowed: a rule forbids this person for this child.
    """
    today = timezone.localdate(now)
    if not today <= from_date <= until_date <= from_date + LONGEST:
        raise WrongDays
    _check_person(pairing, helper, from_date, until_date, now)
    with transaction.atomic():
        # Whoever plans for the same pairing at the same time waits here, and sees what was planned.
        if not Pairing.objects.filter(pk=pairing.pk, state__in=OPEN_STATES).update(child_id=pairing.child_id):
            raise InvalidMove(state=Pairing.State.ENDED)
        others = StandIn.objects.filter(pairing=pairing, state__in=_AHEAD)
        if others.filter(from_date__lte=until_date, until_date__gte=from_date).exists():
            raise StandInThere
        one = StandIn.objects.create(
            pairing=pairing, helper=helper, from_date=from_date, until_date=until_date, note=note[:200], made_at=now,
            made_by=actor,
        )  # fmt: skip
        days = {"from": from_date.isoformat(), "until": until_date.isoformat(), "helper": helper.public_id}
        record(actor=actor, verb="pairing.stand_in_planned", subject=pairing, after=days, reason=note)
        if from_date == today:
            _begin(one, actor, now)
    one.refresh_from_db()
    return one


def _check_person(pairing: Pairing, helper: Helper, from_date: date, until_date: date, now: datetime) -> None:
    if helper.pk in (pairing.helper_id, pairing.leader_id):
        raise NotTheSame
    if helper.state != Helper.State.ACTIVE or not is_cleared(helper.pk, from_date=from_date, until_date=until_date):
        raise HelperNotCleared
    if Exclusion.objects.filter(child_id=pairing.child_id, helper=helper).exists():
        raise PairNotAllowed
    if Pairing.objects.filter(child_id=pairing.child_id, helper=helper, state__in=OPEN_STATES).exists():
        raise NotTheSame
    # For two classmates another adult leads them: the place's own rules are about the classmate.
    if pairing.leader_id is None and rule_broken_by(slot=pairing.slot, helper_id=helper.pk, now=now):
        raise PairNotAllowed


def cancel_stand_in(*, stand_in: StandIn, actor: Any, now: datetime) -> None:
    """
    Call a planned stand-in off, or end a running one at once.

    Raises:
        InvalidMove: it is over already.
    """
    with transaction.atomic():
        planned = StandIn.objects.filter(pk=stand_in.pk, state=StandIn.State.PLANNED)
        if planned.update(state=StandIn.State.CANCELLED):
            record(actor=actor, verb="pairing.stand_in_cancelled", subject=stand_in.pairing)
        else:
            _end(stand_in, actor, now)


def begin_due(*, now: datetime) -> int:
    """
    Begin what was planned for today or earlier; answers how many. Whoever may not any more by then does not begin: it
    is cancelled and the pairing stays with its helper.
    """
    due = StandIn.objects.filter(state=StandIn.State.PLANNED, from_date__lte=timezone.localdate(now))
    return sum(_begin_or_cancel(one, now) for one in _with_all(due))


def _begin_or_cancel(one: StandIn, now: datetime) -> bool:
    try:
        if one.pairing.state not in OPEN_STATES or one.until_date < timezone.localdate(now):
            raise InvalidMove(state=one.pairing.state)
        _check_person(one.pairing, one.helper, timezone.localdate(now), one.until_date, now)
        with transaction.atomic():
            _begin(one, None, now)
    except DomainError as error:
        with transaction.atomic():
            if StandIn.objects.filter(pk=one.pk, state=StandIn.State.PLANNED).update(state=StandIn.State.CANCELLED):
                record(actor=None, verb="pairing.stand_in_cancelled", subject=one.pairing, reason=error.code)
        return False
    return True


def end_due(*, now: datetime) -> int:
    """End what was to last until yesterday, and whoever is no longer cleared or has left; answers how many."""
    today = timezone.localdate(now)
    done = 0
    for one in _with_all(StandIn.objects.filter(state=StandIn.State.RUNNING)):
        is_fit = one.helper.state == Helper.State.ACTIVE and is_cleared(
            one.helper_id, from_date=today, until_date=today
        )
        if one.until_date >= today and is_fit:
            continue
        try:
            with transaction.atomic():
                _end(one, None, now)
        except InvalidMove:
            continue
        done += 1
    return done


def close_stand_ins(pairing: Pairing, *, now: datetime) -> None:
    """A pairing that ends has nobody standing in. Inside the caller's transaction, after the pairing was moved."""
    StandIn.objects.filter(pairing=pairing, state=StandIn.State.PLANNED).update(state=StandIn.State.CANCELLED)
    for one in _with_all(StandIn.objects.filter(pairing=pairing, state=StandIn.State.RUNNING)):
        _end(one, None, now)


def leave_stand_ins(helper_id: int, *, now: datetime) -> None:
    """Whoever leaves stands in for nobody any more, now or later."""
    for one in _with_all(StandIn.objects.filter(helper_id=helper_id, state__in=_AHEAD)):
        cancel_stand_in(stand_in=one, actor=None, now=now)


def _with_all(rows: QuerySet[StandIn]) -> QuerySet[StandIn]:
    return rows.select_related("pairing__slot__rule__scheme__county", "pairing__slot__child", "helper").order_by("pk")


def _begin(one: StandIn, actor: Any, now: datetime) -> None:
    """
    Inside the caller's transaction. A pairing that rested is looked after meanwhile: that is what a stand-in is for.
    """
    pairing = one.pairing
    if not StandIn.objects.filter(pk=one.pk, state=StandIn.State.PLANNED).update(state=StandIn.State.RUNNING):
        raise InvalidMove(state=StandIn.objects.values_list("state", flat=True).get(pk=one.pk))
    _remember_rest(one)
    free = Pairing.objects.filter(pk=pairing.pk, state__in=OPEN_STATES, stand_in=None)
    active = {"state": Pairing.State.ACTIVE, "suspended_at": None, "suspended_until": None}
    if free.update(stand_in=one.helper, **active) != 1:
        raise InvalidMove(state=pairing.state)
    _give_care(pairing, one.helper_id, now)
    record(actor=actor, verb="pairing.stand_in_began", subject=pairing, after={"helper": one.helper.public_id})
    publish(
        StandInBegan(
            stand_in_id=one.pk, pairing_id=pairing.pk, helper_id=one.helper_id, until_date=one.until_date.isoformat()
        )
    )


def _remember_rest(one: StandIn) -> None:
    """What the pairing's pause was, for the day after the stand-in."""
    now = Pairing.objects.filter(pk=one.pairing_id, state=Pairing.State.SUSPENDED)
    rest = now.values("suspended_at", "suspended_until", "suspend_reason").first()
    if rest is not None:
        StandIn.objects.filter(pk=one.pk).update(
            rested_at=rest["suspended_at"], rested_until=rest["suspended_until"], rest_reason=rest["suspend_reason"]
        )


def _end(one: StandIn, actor: Any, now: datetime) -> None:
    """Inside the caller's transaction. The helper sees the child again, if the pairing is neither ended nor resting."""
    if not StandIn.objects.filter(pk=one.pk, state=StandIn.State.RUNNING).update(state=StandIn.State.OVER):
        raise InvalidMove(state=StandIn.objects.values_list("state", flat=True).get(pk=one.pk))
    pairing = Pairing.objects.select_related("slot__rule").get(pk=one.pairing_id)
    Pairing.objects.filter(pk=pairing.pk, stand_in_id=one.helper_id).update(stand_in=None)
    if pairing.state == Pairing.State.ACTIVE:
        _give_care(pairing, pairing.leader_id or pairing.helper_id, now)
    record(actor=actor, verb="pairing.stand_in_over", subject=pairing, after={"helper": one.helper.public_id})
    back_to = pairing.leader_id or pairing.helper_id
    _rest_again(StandIn.objects.get(pk=one.pk), pairing, now)
    _rest_while_away(pairing, back_to, now)
    publish(StandInOver(stand_in_id=one.pk, pairing_id=pairing.pk, helper_id=back_to, from_helper_id=one.helper_id))


def _rest_again(one: StandIn, pairing: Pairing, now: datetime) -> None:
    """What somebody paused before the stand-in rests again, until the day they named or until they take it up."""
    today = timezone.localdate(now)
    is_over = one.rested_until is not None and one.rested_until <= today
    # Leave and background checks are asked of the ledger of this moment, not of what they were then.
    is_by_hand = one.rested_at is not None and one.rest_reason not in (PAUSED, UNCLEARED)
    if pairing.state == Pairing.State.ACTIVE and is_by_hand and not is_over:
        suspend_pairing(pairing=pairing, reason=one.rest_reason, until=one.rested_until, actor=None, now=now)
        pairing.refresh_from_db()


def _rest_while_away(pairing: Pairing, helper_id: int, now: datetime) -> None:
    """Whoever is still away when the stand-in's days are over does not get the child back yet."""
    own = Helper.objects.get(pk=helper_id)
    until = own.paused_until_date
    if pairing.state != Pairing.State.ACTIVE or own.state != Helper.State.PAUSED or until is None:
        return
    if until >= timezone.localdate(now):
        back = until + timedelta(days=1)
        suspend_pairing(pairing=pairing, reason=PAUSED, until=back, actor=None, now=now)


def _give_care(pairing: Pairing, helper_id: int, now: datetime) -> None:
    """One link per pairing: whoever holds it sees the child, and nobody else."""
    end_care(source_id=pairing.public_id, now=now)
    role = role_in_place(pairing.slot.rule, helper_id if pairing.leader_id is None else pairing.helper_id)
    start_care(
        child_id=pairing.child_id, helper_id=helper_id, role=role, source_id=pairing.public_id, now=now
    )  # fmt: skip
