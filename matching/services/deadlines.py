"""When an offer's time is over: in the evening, never in the night in which it happened to be sent."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime


def deadline_after(now: datetime, *, days: int) -> datetime:
    """
    So many whole days from now, then on to the next evening hour at which offers end (`OFFER_ENDS_HOUR`, wall-clock
    time): nobody gets less than they were promised, and nobody has to answer by 3:12.

    Args:
        days: 1 or more.

    Returns:
        In UTC.
    """
    promised = timezone.localtime(now + timedelta(days=days))
    evening = promised.replace(hour=settings.OFFER_ENDS_HOUR, minute=0, second=0, microsecond=0)
    return (evening if evening >= promised else evening + timedelta(days=1)).astimezone(UTC)
