"""Who takes part in a day: signing up, places by school, the waiting list, and consent copied from paper."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from activities.events import DaySeatsChanged, DayWordTakenBack
from activities.models import DayConsent, DayQuota, DaySeat, EventDay
from activities.services.event_days import DayCalledOff
from backend.audit.services import record
from backend.kernel.calendar import clean_line
from backend.kernel.errors import DomainError
from backend.outbox.services import publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from backend.roster.models import Child, Organisation

_OFF = EventDay.State.CANCELLED
_MOST_YEARS = 25
MOST_PLACES = 2000
"""Children at one day; more are several days."""


class ConsentThere(DomainError):
    code = "day_consent.there"
    message = "This consent is on file already."


@dataclass(frozen=True)
class Guest:
    """A child without a file: what it is called, where it comes from, and what groups are mixed by."""

    name: str
    from_place: str
    sex: str = ""
    birth_date: date | None = None


def is_birth_date(day: date, today: date) -> bool:
    """Whether somebody born then is there and no grown-up: a mistyped year is seen at once."""
    return today.year - _MOST_YEARS <= day.year and day <= today


def sign_up(*, event: EventDay, children: Iterable[Child], actor: Any, now: datetime) -> int:
    """
    Sign left-behind children up; who is signed up already stays as it is, who had left comes back.

    Returns:
        How many are new.

    Raises:
        DayCalledOff
    """
    with transaction.atomic():
        _open(event)
        there = dict(event.seats.filter(child__isnull=False).values_list("child_id", "state"))
        new = [one for one in children if there.get(one.pk, DaySeat.State.GONE) == DaySeat.State.GONE]
        back = [one.pk for one in new if one.pk in there]
        event.seats.filter(child_id__in=back).update(state=DaySeat.State.WAITING, signed_at=now, signed_by=actor)
        DaySeat.objects.bulk_create(
            [
                DaySeat(event=event, child=one, school=one.school, state=DaySeat.State.WAITING, signed_at=now,
                        signed_by=actor)
                for one in new if one.pk not in there
            ]
        )  # fmt: skip
        deal_places(event)
        record(actor=actor, verb="day_seat.signed_up", subject=event, after={"children": len(new)})
    return len(new)


def sign_up_guests(
    *, event: EventDay, guests: Iterable[Guest], school: Organisation | None = None, actor: Any, now: datetime
) -> int:
    """
    Sign children up who have no file; they get what left-behind children leave. Who stands on the list alike in
    everything is not put there again: a form sent twice adds nobody.

    Args:
        school: whose children they are, if one school signs them up: they count among its places, and it sees them.

    Returns:
        How many are new.

    Raises:
        DayCalledOff
    """
    with transaction.atomic():
        _open(event)
        listed = event.seats.filter(child=None).exclude(state=DaySeat.State.GONE)
        there: set[tuple[Any, ...]] = set(
            listed.values_list("guest_name", "from_place", "sex", "birth_date", "school_id")
        )
        rows = []
        for one in guests:
            facts = (clean_line(one.name, 30), clean_line(one.from_place, 60), one.sex, one.birth_date)
            if (*facts, school.pk if school else None) in there:
                continue
            there.add((*facts, school.pk if school else None))
            name, place, sex, born = facts
            rows.append(
                DaySeat(event=event, guest_name=name, from_place=place, school=school, sex=sex, birth_date=born,
                        state=DaySeat.State.WAITING, signed_at=now, signed_by=actor)
            )  # fmt: skip
        DaySeat.objects.bulk_create(rows)
        deal_places(event)
        record(actor=actor, verb="day_seat.guests_signed_up", subject=event, after={"children": len(rows)})
    return len(rows)


def leave(*, seat: DaySeat, actor: Any) -> int:
    """
    Take a child off the list; the first who waits moves up. Asking twice does no harm.

    Returns:
        How many moved up.
    """
    with transaction.atomic():
        _open(seat.event)
        left = DaySeat.objects.filter(pk=seat.pk).exclude(state=DaySeat.State.GONE)
        if left.update(state=DaySeat.State.GONE, group_key=""):
            record(actor=actor, verb="day_seat.left", subject=seat)
            return deal_places(seat.event)
    return 0


def give_back_seats(*, child_id: int, now: datetime) -> int:
    """
    Take a child who left the roster off the lists of days to come; what was stays as it was.

    Returns:
        How many seats became free.
    """
    mine = DaySeat.objects.filter(child_id=child_id).annotate(on=Coalesce("event__published_date", "event__date"))
    held = mine.filter(on__gte=timezone.localdate(now)).exclude(Q(state=DaySeat.State.GONE) | Q(event__state=_OFF))
    seats = list(held.select_related("event").order_by("event_id", "pk"))
    for seat in seats:
        leave(seat=seat, actor=None)
    return len(seats)


def _open(event: EventDay) -> None:
    """Lock the day's row, so that two who sign up at once do not both get the last place."""
    if EventDay.objects.filter(pk=event.pk).exclude(state=_OFF).update(changed_at=F("changed_at")) != 1:
        raise DayCalledOff


def put_places(
    *, event: EventDay, places: int, quotas: Mapping[Organisation, int], actor: Any, now: datetime
) -> EventDay:
    """Say how many children can come, and how many of each school; a school without a number has no limit."""
    with transaction.atomic():
        _open(event)
        EventDay.objects.filter(pk=event.pk).update(places=places, changed_at=now)
        event.quotas.all().delete()
        DayQuota.objects.bulk_create(
            [DayQuota(event=event, school=school, places=most) for school, most in quotas.items()]
        )
        fresh = EventDay.objects.select_related("area", "organisation__area").get(pk=event.pk)
        deal_places(fresh)
        record(actor=actor, verb="event_day.places_set", subject=event, after={"places": places})
    return fresh


def deal_places(event: EventDay) -> int:
    """
    Give the places out: left-behind children first, then by the time of signing up, within each school's number.

    Until the day is published for the first time everything is dealt anew; from then on who has a place keeps it.

    Returns:
        How many who waited have a place now.
    """
    event = EventDay.objects.get(pk=event.pk)
    rows = list(event.seats.exclude(state=DaySeat.State.GONE).order_by("signed_at", "pk"))
    keeps = event.latest_number > 0
    rows.sort(key=lambda one: (not (keeps and one.state == DaySeat.State.PLACE), one.child_id is None))
    left = dict(event.quotas.values_list("school_id", "places"))
    free, placed = event.places, []
    for seat in rows:
        holds = keeps and seat.state == DaySeat.State.PLACE
        if holds or (free > 0 and left.get(seat.school_id or 0, 1) > 0):
            placed.append(seat.pk)
            free -= 1
            if seat.school_id in left:
                left[seat.school_id] -= 1
    waiting = [seat.pk for seat in rows if seat.pk not in set(placed)]
    moved_up = DaySeat.objects.filter(pk__in=placed, state=DaySeat.State.WAITING).update(state=DaySeat.State.PLACE)
    DaySeat.objects.filter(pk__in=waiting, state=DaySeat.State.PLACE).update(state=DaySeat.State.WAITING, group_key="")
    if event.latest_number:
        publish(DaySeatsChanged(day_id=event.pk))
    return moved_up


def record_consent(*, seat: DaySeat, purpose: str, given_by: str, given_date: date, actor: Any) -> DayConsent:
    """
    Note what a guardian signed on paper, for one purpose of this day.

    Raises:
        ConsentThere: nothing was changed.
    """
    try:
        with transaction.atomic():
            consent = DayConsent.objects.create(
                seat=seat, purpose=purpose, given_by=given_by, given_date=given_date, recorded_by=actor
            )
            record(actor=actor, verb="day_consent.recorded", subject=seat, after={"purpose": purpose})
    except IntegrityError as error:
        raise ConsentThere from error
    return consent


def record_consents(
    *, seats: Iterable[DaySeat], purposes: Iterable[str], given_by: str, given_date: date, actor: Any
) -> int:
    """Note what guardians signed for many children at once, all or none; what is on file stays. Answers how many."""
    wanted, new = list(dict.fromkeys(purposes)), 0
    with transaction.atomic():
        for seat in seats:
            for purpose in wanted:
                with suppress(ConsentThere):
                    record_consent(seat=seat, purpose=purpose, given_by=given_by, given_date=given_date, actor=actor)
                    new += 1
    return new


def withdraw_consent(*, seat: DaySeat, purpose: str, actor: Any, now: datetime) -> None:
    """
    Note that a guardian took a consent back; asking twice does no harm.

    A child who may not take part any more leaves the list of a day to come, and who plans the day is told.
    """
    with transaction.atomic():
        live = DayConsent.objects.filter(seat=seat, purpose=purpose, withdrawn_at=None)
        if not live.update(withdrawn_at=now):
            return
        record(actor=actor, verb="day_consent.withdrawn", subject=seat, after={"purpose": purpose})
        if purpose == DayConsent.Purpose.TAKE_PART and seat.event.shown_date >= timezone.localdate(now):
            # Of a day that was called off the list stays as it was; the word is taken back all the same.
            with suppress(DayCalledOff):
                _take_off(seat, actor)


def is_listed(seat: DaySeat) -> bool:
    """Whether a child is on the list now, with a place or waiting."""
    return DaySeat.objects.filter(pk=seat.pk).exclude(state=DaySeat.State.GONE).exists()


def _take_off(seat: DaySeat, actor: Any) -> None:
    was_listed = is_listed(seat)
    moved_up = leave(seat=seat, actor=actor)
    if was_listed:
        publish(DayWordTakenBack(day_id=seat.event_id, seat_id=seat.pk, moved_up=moved_up))
