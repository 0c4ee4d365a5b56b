"""Facts that have to be told by mail to those who want invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activities.calendar_selectors import duty_for_calendar
from notifications.invitations import plan_invitation, wake_sender
from notifications.part_invitations import tell_of_parts

if TYPE_CHECKING:
    from datetime import datetime


def on_duty_changed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - one shape
    """A visit got a time, moved, or is off."""
    plan_invitation(duty_for_calendar(payload["duty_id"]), now=now)
    wake_sender(now)


def on_day_published(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - one shape
    """A day was published or called off: who leads something new, changed or gone is told by mail if they want it."""
    tell_of_parts(now=now, event_id=payload["day_id"])
