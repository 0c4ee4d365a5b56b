"""Reads about time, starting from who is asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.models import Duty
from backend.accounts.models import COORDINATORS, HELPERS
from backend.roster.access import children_visible_to

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from backend.roster.access import Reader


def duties_visible_to(reader: Reader) -> QuerySet[Duty]:
    """A helper's own duties; a coordinator's those of the children in scope."""
    duties = Duty.objects.select_related("child__village", "child__school", "helper", "pairing")
    if reader.helper_id is not None and reader.role in HELPERS:
        return duties.filter(helper_id=reader.helper_id)
    if reader.role in COORDINATORS:
        return duties.filter(child__in=children_visible_to(reader))
    return duties.none()


def calendar_duties_of(helper_id: int, *, from_date: date, until_date: date) -> QuerySet[Duty]:
    """What a helper's calendar holds within a window of days, cancelled ones too."""
    return (
        Duty.objects.filter(helper_id=helper_id, shown_date__gte=from_date, shown_date__lte=until_date)
        .select_related("child__village")
        .order_by("shown_date", "pk")
    )


def has_visited(pairing_id: int) -> bool:
    """Whether a pairing's first visit was carried out."""
    return Duty.objects.filter(pairing_id=pairing_id, kind=Duty.Kind.FIRST_VISIT, state=Duty.State.DONE).exists()
