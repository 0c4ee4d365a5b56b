"""What helpers change in their own file: how many children at most, and when they are free in an ordinary week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.outbox.services import publish
from backend.roster.events import HelperLimitSet
from backend.roster.models import Area, Helper, WeeklyHours
from backend.roster.services.pauses import NotInOffice
from backend.roster.sheets.hours import is_span, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backend.roster.sheets.hours import Span

MOST_SPANS = 42
_COUNTY = 6


class LimitNotYours(DomainError):
    """More than the helper may take on without a coordinator."""

    code = "helper.limit_not_yours"
    status = 400
    message = "You can set any number from 0 to %(most)s yourself. For more, ask your coordinator."


class HoursWrong(DomainError):
    """No time of an ordinary week."""

    code = "helper.hours_wrong"
    status = 400
    message = "A free time lies within one day and ends after it begins; a week has at most %(most)s of them."


def given_limit(helper: Helper) -> int:
    """What a coordinator gave: the limit itself, or what it was before the helper chose another."""
    return helper.total_limit if helper.given_limit is None else helper.given_limit


def most_for(helper: Helper) -> int:
    """The most a helper may set: what a coordinator gave, or what the county lets everybody have."""
    county = Area.objects.filter(kind=Area.Kind.COUNTY, code=helper.township.code[:_COUNTY]).first()
    return max(given_limit(helper), (county.own_limit_most if county else None) or 0)


def set_own_limit(*, helper: Helper, limit: int, actor: Any) -> Helper:
    """
    Take on no more than so many children in total. Who is looked after now stays for the term; those who coordinate
    there are told.

    Raises:
        LimitNotYours: below nothing, or more than `most_for` says. NotInOffice: the helper has left.
    """
    with transaction.atomic():
        mine = _held(helper)
        most = most_for(mine)
        if not 0 <= limit <= most:
            raise LimitNotYours(most=most)
        if limit == mine.total_limit:
            return mine
        given = given_limit(mine)
        chosen = {"total_limit": limit, "given_limit": None if limit == given else given}
        Helper.objects.filter(pk=mine.pk).update(**chosen, version=F("version") + 1)
        before, after = {"total_limit": mine.total_limit}, {"total_limit": limit}
        record(actor=actor, verb="helper.own_limit_set", subject=mine, before=before, after=after)
        publish(HelperLimitSet(helper_id=mine.pk))
    return Helper.objects.get(pk=mine.pk)


def set_own_hours(*, helper: Helper, spans: Iterable[Span], actor: Any) -> list[Span]:
    """
    Be free at these times of an ordinary week, `[weekday 1..7, start minute, end minute]`; what touches becomes one.

    Returns:
        The times as they are kept.

    Raises:
        HoursWrong, NotInOffice
    """
    return _change_hours(helper, lambda _before: list(spans), actor)


def add_own_hours(*, helper: Helper, weekdays: Iterable[int], start: int, end: int, actor: Any) -> list[Span]:
    """Be free from a minute to a minute on each of these weekdays, too; the rest as in `set_own_hours`."""
    more = [[weekday, start, end] for weekday in weekdays]
    return _change_hours(helper, lambda before: before + more, actor)


def drop_own_hours(*, helper: Helper, weekday: int, start: int, actor: Any) -> list[Span]:
    """Be no longer free at the time that begins then; one that is not there any more changes nothing."""
    return _change_hours(helper, lambda before: [span for span in before if span[:2] != [weekday, start]], actor)


def _change_hours(helper: Helper, change: Callable[[list[Span]], list[Span]], actor: Any) -> list[Span]:
    """Two tabs at once change one after the other: whoever comes second starts from what the first has written."""
    with transaction.atomic():
        mine = _held(helper)
        rows = WeeklyHours.objects.filter(helper=mine).order_by("weekday", "start_minute")
        before = [list(row) for row in rows.values_list("weekday", "start_minute", "end_minute")]
        after = merged([_checked(span) for span in change(before)])
        if len(after) > MOST_SPANS:
            raise HoursWrong(most=MOST_SPANS)
        if after == before:
            return after
        rows.delete()
        WeeklyHours.objects.bulk_create(
            WeeklyHours(helper=mine, weekday=day, start_minute=start, end_minute=end) for day, start, end in after
        )
        Helper.objects.filter(pk=mine.pk).update(version=F("version") + 1)
        said, was = {"hours": after}, {"hours": before}
        record(actor=actor, verb="helper.own_hours_set", subject=mine, before=was, after=said)
    return after


def _checked(span: Span) -> Span:
    if not is_span(span):
        raise HoursWrong(most=MOST_SPANS)
    return list(span)


def _held(helper: Helper) -> Helper:
    """The row as it is, held until the end of the transaction."""
    mine = Helper.objects.select_for_update(of=("self",)).select_related("township").get(pk=helper.pk)
    if mine.state == Helper.State.LEFT or mine.peer_child_id is not None:
        raise NotInOffice
    return mine
