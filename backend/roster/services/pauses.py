"""A helper who is away for a while, as they say themselves: no new child is asked of them, and it ends by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.outbox.services import publish
from backend.roster.events import HelperPaused
from backend.roster.models import Helper

if TYPE_CHECKING:
    from datetime import date, datetime

LONGEST = timedelta(days=365)


class WrongPauseDays(DomainError):
    """The first day is past, or the last before the first, or more than a year after."""

    code = "helper.wrong_pause"
    status = 400
    message = "The first day is today or later, the last not before it and at most a year after."


class NotInOffice(DomainError):
    """Only who helps at present can be away."""

    code = "helper.not_in_office"
    message = "This helper is not in office; nothing was recorded."


def ask_pause(*, helper: Helper, from_date: date, until_date: date, actor: Any, now: datetime) -> None:
    """
    Be away from a day to a day, both counted; what begins today begins at once. A second time replaces the first.

    Raises:
        WrongPauseDays, NotInOffice
    """
    today = timezone.localdate(now)
    if not today <= from_date <= until_date <= from_date + LONGEST:
        raise WrongPauseDays
    with transaction.atomic():
        # A pause a coordinator has set is theirs to end.
        own = Q(state=Helper.State.ACTIVE) | Q(state=Helper.State.PAUSED, paused_from_date__isnull=False)
        there = Helper.objects.filter(own, pk=helper.pk)
        days = {"paused_from_date": from_date, "paused_until_date": until_date, "version": F("version") + 1}
        if there.update(state=Helper.State.ACTIVE, **days) != 1:
            raise NotInOffice
        after = {"from": from_date.isoformat(), "until": until_date.isoformat()}
        record(actor=actor, verb="helper.pause_asked", subject=helper, after=after)
        if from_date == today:
            _begin(helper.pk, until_date)


def end_pause(*, helper: Helper, actor: Any) -> None:
    """Be back at once, or call off a pause ahead; what rests is taken up by whoever coordinates, or by its own day."""
    with transaction.atomic():
        away = Helper.objects.filter(pk=helper.pk, paused_from_date__isnull=False).exclude(state=Helper.State.LEFT)
        if away.update(
            state=Helper.State.ACTIVE, paused_from_date=None, paused_until_date=None, version=F("version") + 1
        ):  # fmt: skip
            record(actor=actor, verb="helper.pause_ended", subject=helper)


def turn_pauses(*, now: datetime) -> int:
    """Begin the pauses whose day has come and end those whose last day is over; answers how many. May run twice."""
    today = timezone.localdate(now)
    begun = 0
    due = Helper.objects.filter(
        state=Helper.State.ACTIVE, paused_from_date__lte=today, paused_until_date__gte=today
    )  # fmt: skip
    for pk, until_date in due.order_by("pk").values_list("pk", "paused_until_date"):
        with transaction.atomic():
            begun += _begin(pk, until_date)
    over = Helper.objects.filter(paused_from_date__isnull=False, paused_until_date__lt=today)
    back = {"paused_from_date": None, "paused_until_date": None, "version": F("version") + 1}
    over.exclude(state=Helper.State.PAUSED).update(**back)
    return begun + over.filter(state=Helper.State.PAUSED).update(state=Helper.State.ACTIVE, **back)


def _begin(helper_id: int, until_date: date | None) -> int:
    """Inside the caller's transaction."""
    begun = Helper.objects.filter(pk=helper_id, state=Helper.State.ACTIVE).update(
        state=Helper.State.PAUSED, version=F("version") + 1
    )
    if begun and until_date is not None:
        publish(HelperPaused(helper_id=helper_id, until_date=until_date.isoformat()))
    return begun
