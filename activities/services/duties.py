"""Making duties and setting their time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from activities.busy_selectors import first_busy_time, is_usually_free
from activities.calendar_selectors import where_of
from activities.events import DutyChanged, DutyTimedFor
from activities.models import Duty, DutyPassedOn
from backend.audit.services import record
from backend.kernel.calendar import SHANGHAI
from backend.kernel.errors import DomainError
from backend.kernel.workdays import latest_working_day
from backend.outbox.services import publish
from backend.roster.models import Consent, Helper
from backend.roster.selectors import has_taken_back
from backend.roster.services.care import plan_visit

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet

    from matching.models import Pairing

FIRST_VISIT_DAYS = 14


class DutyNotOpen(DomainError):
    code = "duty.not_open"
    message = "This duty is %(state)s; nothing was changed."


class DutyMoved(DomainError):
    code = "duty.moved"
    message = "This was changed a moment ago; nothing was recorded. Please look at it again."


class OutsideWindow(DomainError):
    code = "duty.outside_window"
    status = 400
    message = "The time must lie between %(earliest)s and %(latest)s."


class WrongTimes(DomainError):
    code = "duty.wrong_times"
    status = 400
    message = "The end must be later than the start, on the same day."


class TwoPlacesAtOnce(DomainError):
    code = "duty.clash"
    message = "You already have something from %(start)s to %(end)s."


class BusyThen(DomainError):
    code = "duty.busy"
    message = (
        "By your own calendar you are busy from %(start)s to %(end)s. Choose another time, or change your free hours."
    )


class NotUsuallyFree(DomainError):
    code = "duty.not_free"
    message = (
        "In an ordinary week the helper is not free from %(start)s to %(end)s. Choose another time, or ask first and "
        "say that it is agreed."
    )


class VisitsTakenBack(DomainError):
    code = "duty.visits_taken_back"
    message = (
        "The child's guardian no longer agrees to visits at home. Once they agree again, record the signed consent on "
        "the child's file; the visit is then owed anew."
    )


def owe_first_visit(*, pairing: Pairing, accepted_at: datetime) -> Duty | None:
    """
    The first visit a new pairing owes, within fourteen days of its acceptance; of two classmates, the meeting their
    teacher brings them to. Making it again changes nothing. None where the guardian took back that anybody visits.
    """
    if not pairing.leader_id and has_taken_back(pairing.child_id, Consent.Purpose.VISITS):
        return None
    earliest = accepted_at.astimezone(SHANGHAI).date()
    latest = earliest + timedelta(days=FIRST_VISIT_DAYS)
    duty, is_new = Duty.objects.get_or_create(
        pairing=pairing,
        kind=Duty.Kind.FIRST_MEETING if pairing.leader_id else Duty.Kind.FIRST_VISIT,
        earliest_date=earliest,
        defaults={
            "child_id": pairing.child_id,
            "helper_id": pairing.answering_id,
            "latest_date": latest,
            "shown_date": latest_working_day(earliest, latest),
            "created_at": accepted_at,
            "changed_at": accepted_at,
        },
    )
    if is_new or _reopen(duty, accepted_at):
        publish(DutyChanged(duty_id=duty.pk, helper_id=duty.helper_id))
    return duty


def _reopen(duty: Duty, now: datetime) -> bool:
    """
    A visit cancelled and owed again within one day is the same one; its time is not, since everybody was told that it
    is off.
    """
    cancelled = Duty.objects.filter(pk=duty.pk, state=Duty.State.CANCELLED)
    times = {"start_at": None, "end_at": None}
    return cancelled.update(state=Duty.State.OPEN, sequence=F("sequence") + 1, changed_at=now, **times) == 1


def set_duty_time(
    *, duty: Duty, start_at: datetime, end_at: datetime, actor: Any, now: datetime, is_agreed: bool = False
) -> Duty:
    """
    Give a duty its time, or move it; the helper is told where somebody else did.

    Args:
        is_agreed: the helper said that this time will do, though they are not free then in an ordinary week.

    Raises:
        VisitsTakenBack: the guardian no longer agrees to visits at home.
        WrongTimes, OutsideWindow: the time itself does not do.
        NotUsuallyFree: somebody else chose a time the helper is not free at; helpers choose any time themselves.
        TwoPlacesAtOnce: another timed duty of the helper overlaps. BusyThen: the helper's own calendar says so.
        DutyNotOpen: done or cancelled already.
    """
    if not duty.is_meeting and has_taken_back(duty.child_id, Consent.Purpose.VISITS):
        raise VisitsTakenBack
    _check_times(duty, start_at, end_at)
    with transaction.atomic():
        # One helper's times are set one after the other: the row lock is what makes the clash check see them.
        Helper.objects.filter(pk=duty.helper_id).update(state=F("state"))
        moved = Duty.objects.filter(pk=duty.pk, state=Duty.State.OPEN).update(
            start_at=start_at, end_at=end_at, sequence=F("sequence") + 1, changed_at=now
        )
        if moved != 1:
            raise DutyNotOpen(state=Duty.objects.values_list("state", flat=True).get(pk=duty.pk))
        _check_clash(duty, start_at, end_at)
        if not is_agreed and actor is not None and actor.pk != duty.helper.user_id:
            _check_usual_week(duty, start_at, end_at)
        fresh = Duty.objects.select_related("pairing", "helper").get(pk=duty.pk)
        plan_visit(source_id=fresh.pairing.public_id, visit_date=start_at.astimezone(SHANGHAI).date())
        record(actor=actor, verb="duty.timed", subject=fresh, after={"start_at": start_at.isoformat()})
        publish(DutyChanged(duty_id=fresh.pk, helper_id=fresh.helper_id))
        if actor is not None and actor.pk != fresh.helper.user_id:
            publish(DutyTimedFor(duty_id=fresh.pk, sequence=fresh.sequence))
    return fresh


def drop_duty_time(*, duty: Duty, actor: Any, now: datetime) -> None:
    """
    Take a visit's time back: it is owed as before, and stands on the latest working day until there is another time.

    Raises:
        DutyNotOpen: done or cancelled already.
        DutyMoved: it was changed since it was read.
    """
    with transaction.atomic():
        dropped = Duty.objects.filter(pk=duty.pk, state=Duty.State.OPEN, sequence=duty.sequence).update(
            start_at=None, end_at=None, sequence=F("sequence") + 1, changed_at=now
        )
        if dropped != 1:
            state = Duty.objects.values_list("state", flat=True).get(pk=duty.pk)
            raise DutyMoved if state == Duty.State.OPEN else DutyNotOpen(state=state)
        plan_visit(source_id=duty.pairing.public_id, visit_date=None)
        record(actor=actor, verb="duty.time_dropped", subject=duty)
        publish(DutyChanged(duty_id=duty.pk, helper_id=duty.helper_id))


def _check_times(duty: Duty, start_at: datetime, end_at: datetime) -> None:
    start, end = start_at.astimezone(SHANGHAI), end_at.astimezone(SHANGHAI)
    if start >= end or start.date() != end.date():
        raise WrongTimes
    if not duty.earliest_date <= start.date() <= duty.latest_date:
        raise OutsideWindow(earliest=duty.earliest_date, latest=duty.latest_date)


def _check_clash(duty: Duty, start_at: datetime, end_at: datetime) -> None:
    """Runs under the helper's row lock, so that of two clashing moves the later one sees the earlier."""
    others = Duty.objects.filter(helper_id=duty.helper_id, state=Duty.State.OPEN).exclude(pk=duty.pk)
    clash = others.filter(start_at__lt=end_at, end_at__gt=start_at).first()
    if clash is not None and clash.start_at is not None and clash.end_at is not None:
        start, end = clash.start_at.astimezone(SHANGHAI), clash.end_at.astimezone(SHANGHAI)
        raise TwoPlacesAtOnce(start=f"{start:%Y-%m-%d %H:%M}", end=f"{end:%H:%M}")
    busy = first_busy_time(duty.helper_id, start_at, end_at)
    if busy is not None:
        start, end = (at.astimezone(SHANGHAI) for at in busy)
        raise BusyThen(start=f"{start:%Y-%m-%d %H:%M}", end=f"{end:%H:%M}")


def _check_usual_week(duty: Duty, start_at: datetime, end_at: datetime) -> None:
    if not is_usually_free(duty.helper_id, start_at, end_at):
        start, end = start_at.astimezone(SHANGHAI), end_at.astimezone(SHANGHAI)
        raise NotUsuallyFree(start=f"{start:%Y-%m-%d %H:%M}", end=f"{end:%H:%M}")


def mark_duty_done(*, duty: Duty, actor: Any, now: datetime) -> None:
    """
    Close a duty that was carried out.

    Raises:
        DutyNotOpen: done or cancelled already.
    """
    with transaction.atomic():
        done = Duty.objects.filter(pk=duty.pk, state=Duty.State.OPEN).update(state=Duty.State.DONE, changed_at=now)
        if done != 1:
            raise DutyNotOpen(state=Duty.objects.values_list("state", flat=True).get(pk=duty.pk))
        record(actor=actor, verb="duty.done", subject=duty)
        publish(DutyChanged(duty_id=duty.pk, helper_id=duty.helper_id))


def cancel_duties_of(*, pairing_id: int, now: datetime) -> int:
    """Cancel what an ended or paused pairing still owes; answers how many duties that were."""
    return len(cancel_duties(Duty.objects.filter(pairing_id=pairing_id), now))


def cancel_duties(duties: QuerySet[Duty], now: datetime) -> list[Duty]:
    """Cancel those of them still open; answers which."""
    with transaction.atomic():
        open_ones = list(duties.filter(state=Duty.State.OPEN))
        Duty.objects.filter(pk__in=[duty.pk for duty in open_ones], state=Duty.State.OPEN).update(
            state=Duty.State.CANCELLED, sequence=F("sequence") + 1, changed_at=now
        )
        for duty in open_ones:
            publish(DutyChanged(duty_id=duty.pk, helper_id=duty.helper_id))
    return open_ones


def move_duties(*, pairing_id: int, helper_id: int, until_date: date | None, now: datetime) -> int:
    """
    Give what a pairing still owes to another helper; answers how many duties.

    Args:
        until_date: only what has its time, or is due, until this day; None: everything that is not theirs yet.

    A time the other helper is busy at, or not usually free, is taken off: they set their own. One they had already
    comes back to them whatever their usual week says.
    """
    with transaction.atomic():
        Helper.objects.filter(pk=helper_id).update(state=F("state"))  # as in `set_duty_time`
        duties = Duty.objects.filter(pairing_id=pairing_id, state=Duty.State.OPEN).exclude(helper_id=helper_id)
        duties = duties.select_related("child__village", "child__school").order_by("pk")
        moved = [duty for duty in duties if until_date is None or _day_of(duty) <= until_date]
        for duty in moved:
            _move(duty, helper_id, now)
        _plan_next_visit(pairing_id, helper_id)
    return len(moved)


def _day_of(duty: Duty) -> date:
    return duty.start_at.astimezone(SHANGHAI).date() if duty.start_at else duty.latest_date


def _move(duty: Duty, helper_id: int, now: datetime) -> None:
    before, duty.helper_id = duty.helper_id, helper_id
    times = {} if _is_free_for(duty) else {"start_at": None, "end_at": None}
    open_one = Duty.objects.filter(pk=duty.pk, state=Duty.State.OPEN)
    if open_one.update(helper_id=helper_id, sequence=F("sequence") + 1, changed_at=now, **times):
        _note_passed_on(duty, before, now)
        for one in (before, helper_id):
            publish(DutyChanged(duty_id=duty.pk, helper_id=one))


def _note_passed_on(duty: Duty, former_id: int, now: datetime) -> None:
    """Keep what the former helper's calendar has to show as off; whoever gets it back sees the duty itself again."""
    shown = {
        "shown_date": _day_of(duty) if duty.start_at else duty.shown_date, "start_at": duty.start_at,
        "end_at": duty.end_at, "place_name": where_of(duty), "changed_at": now,
        "sequence": Duty.objects.values_list("sequence", flat=True).get(pk=duty.pk),
    }  # fmt: skip
    DutyPassedOn.objects.filter(duty=duty, helper_id=duty.helper_id).delete()
    DutyPassedOn.objects.update_or_create(duty=duty, helper_id=former_id, defaults=shown)


def _is_free_for(duty: Duty) -> bool:
    """Whether a duty's time suits the helper it names: nothing else then, free by their own calendar and usual week."""
    if duty.start_at is None or duty.end_at is None:
        return True
    try:
        _check_clash(duty, duty.start_at, duty.end_at)
        if not _had_that_time(duty):
            _check_usual_week(duty, duty.start_at, duty.end_at)
    except (TwoPlacesAtOnce, BusyThen, NotUsuallyFree):
        return False
    return True


def _had_that_time(duty: Duty) -> bool:
    """Whether the helper it names passed the duty on with the time it has now: chosen or agreed to by themselves."""
    passed_on = DutyPassedOn.objects.filter(duty=duty, helper_id=duty.helper_id)
    return passed_on.filter(start_at=duty.start_at, end_at=duty.end_at).exists()


def _plan_next_visit(pairing_id: int, helper_id: int) -> None:
    """The address opens three days before the next visit of whoever looks after the child now."""
    timed = Duty.objects.filter(
        pairing_id=pairing_id, helper_id=helper_id, state=Duty.State.OPEN, start_at__isnull=False
    )
    following = timed.select_related("pairing").order_by("start_at").first()
    if following is not None:
        plan_visit(source_id=following.pairing.public_id, visit_date=_day_of(following))
