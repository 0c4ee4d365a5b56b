"""Background entry: moving the edges of calendars."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from notifications.feed_services import outdate_feeds_of_last_week


def turn_week(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Move the edge of every calendar on Mondays."""
    today = timezone.localdate()
    outdate_feeds_of_last_week(monday=today - timedelta(days=today.weekday()))
