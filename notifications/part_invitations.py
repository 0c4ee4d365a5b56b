"""Which parts of event days have to be told by mail as invitations, to helpers who want it so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from activities.event_selectors import day_parts_to_tell
from activities.models import DayPart
from notifications.kinds.invitations import PART_INVITED, PART_OFF
from notifications.models import CalendarMail, Message
from notifications.recipients import of_helper
from notifications.telling import Told, tell_each

if TYPE_CHECKING:
    from datetime import datetime


def tell_of_parts(*, now: datetime, **about: Any) -> None:
    """
    Queue what has to be told: a part that is new or changed, or that somebody was asked for and is off. The same is
    queued once, however often this is called.

    Args:
        about: columns that say which parts, such as `event_id` or `helper_id`.
    """
    wanted = CalendarMail.objects.filter(is_on=True).values("helper_id")
    parts = list(day_parts_to_tell(now=now, helper__in=wanted, **about))
    asked = _asked({part.helper_id or 0 for part in parts}, now)
    for kind, told in ((PART_INVITED, _requests(parts)), (PART_OFF, _cancellations(parts, asked))):
        tell_each(kind=kind.code, told=[_told(part) for part in told], now=now)


def _requests(parts: list[DayPart]) -> list[DayPart]:
    """Who answered it as it stands, on their page, needs no mail that asks."""
    return [part for part in parts if part.state == DayPart.State.ON and not part.answer]


def _cancellations(parts: list[DayPart], asked: set[int]) -> list[DayPart]:
    """Nobody is told that something is off which they never heard of, or said no to themselves."""
    is_off = [part for part in parts if part.state == DayPart.State.CANCELLED and part.pk in asked]
    return [part for part in is_off if part.answer != DayPart.Answer.DECLINED]


def _asked(helper_ids: set[int], now: datetime) -> set[int]:
    """Row ids of the parts these helpers were asked for by mail, or are being asked for at this moment."""
    on_its_way = Q(state=Message.State.WAITING, lease_until__gt=now)
    mails = Message.objects.filter(Q(state=Message.State.SENT) | on_its_way, helper_id__in=helper_ids)
    return {row["part_id"] for row in mails.filter(kind=PART_INVITED.code).values_list("about", flat=True)}


def _told(part: DayPart) -> Told:
    assert part.helper is not None  # noqa: S101 - a constraint of the table
    about = {"part_id": part.pk, "sequence": part.sequence}
    return Told(of_helper(part.helper), fact=f"{part.public_id}.{part.sequence}", about=about)
