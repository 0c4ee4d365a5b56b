"""Attendance by ticking: sent again does no harm, the later tick counts, and all are kept."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from activities.models import DaySeat, DayTick
from backend.audit.services import record
from backend.kernel.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from activities.models import EventDay

MOST_AT_ONCE = 1000
_FIRST_YEAR, _LAST_YEAR = 2000, 9000
_CLIENT_ID = re.compile(r"[0-9a-zA-Z-]{8,36}")


class TicksMalformed(DomainError):
    code = "day_tick.malformed"
    status = 400
    message = "These ticks cannot be read; nothing was kept."


@dataclass(frozen=True)
class Tick:
    """One tick as a device made it: its own id, the child's seat, there or not, and when by its clock."""

    client_id: str
    seat: str
    is_present: bool
    ticked_at: datetime


def read_ticks(node: object) -> list[Tick]:
    """
    Ticks as a device sends them: `[{"id", "seat", "present", "at"}]`.

    Raises:
        TicksMalformed
    """
    if not isinstance(node, list) or len(node) > MOST_AT_ONCE:
        raise TicksMalformed
    return [_tick(one) for one in node]


def _tick(node: object) -> Tick:
    if not isinstance(node, dict) or not isinstance(node.get("present"), bool):
        raise TicksMalformed
    client_id, seat, at = (str(node.get(name, "")) for name in ("id", "seat", "at"))
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise TicksMalformed from error
    # A year no device has; the first and the last of the calendar cannot even be told in another time zone.
    if not _CLIENT_ID.fullmatch(client_id) or moment.tzinfo is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise TicksMalformed
    return Tick(client_id, seat, node["present"], moment)


def keep_ticks(*, event: EventDay, ticks: Iterable[Tick], actor: Any, now: datetime) -> list[str]:
    """
    Keep ticks of children who have a place; what was kept before is not kept again.

    Returns:
        Ids of the ticks the device may forget: all it sent, since those of nobody here are of no use either.
    """
    sent = list(ticks)
    seats = dict(event.seats.filter(state=DaySeat.State.PLACE).values_list("public_id", "pk"))
    rows = [
        DayTick(client_id=one.client_id, seat_id=seats[one.seat], is_present=one.is_present,
                ticked_at=min(one.ticked_at, now), received_at=now, ticked_by=actor)
        for one in sent if one.seat in seats
    ]  # fmt: skip
    with transaction.atomic():
        DayTick.objects.bulk_create(rows, ignore_conflicts=True)
        record(actor=actor, verb="day_seat.ticked", subject=event, after={"ticks": len(rows)})
    return [one.client_id for one in sent]


def tick_by_form(
    *, event: EventDay, present: set[str], shown: set[str], before: set[str], actor: Any, now: datetime
) -> int:
    """
    What a page without a script sends: only what was changed on it is a tick.

    Args:
        present, shown, before: seats that are ticked, that the page had, and that it had ticked. Compared with what
            the page showed and not with what is known now: what another device noted meanwhile is not undone.
    """
    changed = [
        Tick(str(uuid.uuid4()), seat, seat in present, now)
        for seat in sorted(shown)
        if (seat in before) != (seat in present)
    ]
    if changed:
        keep_ticks(event=event, ticks=changed, actor=actor, now=now)
    return len(changed)


def presence_of(event: EventDay) -> dict[int, bool]:
    """Seat row id -> whether the child is there, by the latest tick; who was never ticked has no entry."""
    ticks = DayTick.objects.filter(seat__event=event).order_by("ticked_at", "received_at", "pk")
    return dict(ticks.values_list("seat_id", "is_present"))
