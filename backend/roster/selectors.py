"""Reads about people that need no reader: facts for services, never for showing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from backend.roster.models import Area, Child, Clearance, Concern, Consent, Helper, Organisation, WeeklyHours

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import QuerySet

CHECK_ENDS_SOON = timedelta(days=60)
"""Before a background check ends: time enough to have it renewed. Pages say the 60 days in words."""


def has_taken_back(child_id: int, purpose: str) -> bool:
    """Whether a guardian withdrew consent to a purpose and gave none since; who never said anything has not."""
    withdrawn = Consent.objects.filter(child_id=child_id, purpose=purpose, withdrawn_at__isnull=False)
    return withdrawn.exists() and not has_consent(child_id, purpose)


def children_taken_back(purpose: str) -> QuerySet[Child]:
    """The children of whom `has_taken_back` is true for a purpose."""
    words = Consent.objects.filter(purpose=purpose)
    withdrawn, given = words.filter(withdrawn_at__isnull=False), words.filter(withdrawn_at=None)
    return Child.objects.filter(pk__in=withdrawn.values("child_id")).exclude(pk__in=given.values("child_id"))


def has_consent(child_id: int, purpose: str) -> bool:
    """Whether the guardian's consent to one purpose stands now."""
    return Consent.objects.filter(child_id=child_id, purpose=purpose, withdrawn_at=None).exists()


def concerns_by_id(concern_ids: Iterable[int]) -> dict[int, Concern]:
    """Mandatory reports by row id, for those who tell of them."""
    return {one.pk: one for one in Concern.objects.filter(pk__in=set(concern_ids)).select_related("area")}


def helpers_by_id(helper_ids: Iterable[int]) -> dict[int, Helper]:
    """Those of them who still help, by row id, for those who tell of them."""
    return {one.pk: one for one in Helper.objects.filter(pk__in=set(helper_ids)).exclude(state=Helper.State.LEFT)}


def is_shut_out(helper: Helper) -> bool:
    """Whether a helper's account was closed: sessions, links, feeds and messages all end with it."""
    return helper.user is not None and not helper.user.is_active


def live_clearances() -> QuerySet[Clearance]:
    """Background checks that count: clear, and confirmed by a second person."""
    return Clearance.objects.filter(result=Clearance.Result.CLEAR, confirmed_at__isnull=False)


def is_cleared(helper_id: int, *, from_date: date, until_date: date) -> bool:
    """Whether one background check covers the whole period, both days included."""
    return (
        live_clearances().filter(helper_id=helper_id, issued_date__lte=from_date, expires_date__gte=until_date).exists()
    )


def usual_hours(helper_ids: Iterable[int], day: date) -> dict[int, list[tuple[int, int]]]:
    """
    Helper row id -> minutes from midnight `[start, end)` they are free at on such a weekday, by time.

    Who never said when they are free is not in it; who is free on other weekdays only has no times.
    """
    found: dict[int, list[tuple[int, int]]] = {}
    rows = WeeklyHours.objects.filter(helper_id__in=list(helper_ids)).order_by("start_minute")
    for helper_id, weekday, start, end in rows.values_list("helper_id", "weekday", "start_minute", "end_minute"):
        spans = found.setdefault(helper_id, [])
        if weekday != day.isoweekday():
            continue
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return found


def places_named(kinds: Iterable[str], words: str) -> list[Area | Organisation]:
    """Places of these kinds by division code, by name, or by the name of the area before the place's own."""
    *above, name = words.split() or [""]
    wanted = list(kinds)
    areas = Area.objects.filter(Q(name=name) | Q(code=name), kind__in=wanted)
    units = Organisation.objects.filter(name=name, kind__in=wanted)
    if above:
        areas, units = areas.filter(parent__name=above[-1]), units.filter(area__name=above[-1])
    return [*areas.order_by("code"), *units.order_by("pk")]
