"""Facts after which a calendar is no longer what was rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activities.calendar_selectors import places_of_duty, readers_of_talks
from notifications.feed_services import outdate_feeds

if TYPE_CHECKING:
    from datetime import datetime


def on_duty_changed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - one shape
    """A visit was made, moved, done or called off."""
    outdate_feeds(**{"helper_id": payload["helper_id"]} | places_of_duty(payload["duty_id"]))


def on_talks_changed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - one shape
    """Talk groups were published, or taken back."""
    teachers, school_id = readers_of_talks(payload["plan_id"])
    for teacher_id in sorted(teachers):
        outdate_feeds(helper_id=teacher_id)
    outdate_feeds(organisation_id=school_id)
