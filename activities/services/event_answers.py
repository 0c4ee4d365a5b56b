"""Whether those who lead parts of a published day can come: their answer, by mail or on their page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from activities.events import HostDeclined
from activities.models import DayPart
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.outbox.services import publish

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from activities.models import EventDay
    from backend.roster.models import Helper


class PartMoved(DomainError):
    code = "event_day.part_moved"
    message = "This part has changed or is over, or was answered already. Please look at the latest programme."


class NothingToAnswer(DomainError):
    code = "event_day.nothing_to_answer"
    message = "There is nothing of this day left to answer for."


def answer_part(*, part: DayPart, answer: str, actor: Any, now: datetime) -> None:
    """
    Record the first answer to one part as it stands. A later change of mind goes over the page (`answer_day`).

    Raises:
        PartMoved: it changed since it was read, is off or over, or was answered; nothing was changed.
    """
    same = open_parts(now).filter(pk=part.pk, sequence=part.sequence, answered_at=None)
    with transaction.atomic():
        if same.update(answer=answer, answered_at=now) != 1:
            raise PartMoved
        _tell(part.event, part.helper, answer, actor)


def answer_day(*, event: EventDay, helper: Helper, answer: str, actor: Any, now: datetime) -> None:
    """
    Record one answer to everything a helper leads of a day from now on, over any answer before.

    Raises:
        NothingToAnswer: they lead nothing of it any more, or it is over.
    """
    mine = open_parts(now).filter(event=event, helper=helper)
    with transaction.atomic():
        if not mine.update(answer=answer, answered_at=now):
            raise NothingToAnswer
        _tell(event, helper, answer, actor)


def open_parts(now: datetime) -> QuerySet[DayPart]:
    """Parts with a helper that take place and are not over."""
    return DayPart.objects.filter(kind=DayPart.Kind.HOST, state=DayPart.State.ON, end_at__gt=now)


def _tell(event: EventDay, helper: Helper | None, answer: str, actor: Any) -> None:
    """Who plans the day hears of a no only: a yes stands on their page."""
    record(actor=actor, verb=f"event_day.host_{answer.lower()}", subject=event)
    if helper is not None and answer == DayPart.Answer.DECLINED:
        publish(HostDeclined(day_id=event.pk, helper_id=helper.pk))
