"""What waits for somebody, township by township: freed places, offers that end soon, background checks that run out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max

from backend.roster.access import helpers_visible_to
from backend.roster.models import Clearance
from backend.roster.selectors import CHECK_ENDS_SOON
from matching.draft_selectors import vacancies_visible_to
from matching.models.repairs import OPEN_VACANCIES
from matching.selectors import offers_visible_to, pairings_visible_to
from matching.services.offer_board import ends_soon

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader


@dataclass(frozen=True)
class TownshipDue:
    """Of one township: places free again, offers that lapse within two days, helpers whose check ends in 60 days."""

    freed: int
    lapsing: int
    ending: int


def due_by_township(reader: Reader, now: datetime, today: date) -> Mapping[str, TownshipDue]:
    """Township's public id -> what waits there; townships where nothing does are left out."""
    freed = _counted(vacancies_visible_to(reader).filter(state__in=OPEN_VACANCIES), "slot__child__village__parent")
    lapsing = _counted(offers_visible_to(reader).filter(ends_soon(now)), "child__village__parent")
    ending = _ending(reader, today)
    return {place: TownshipDue(freed[place], lapsing[place], ending[place]) for place in {*freed, *lapsing, *ending}}


def _counted(rows: QuerySet[Any], place: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for place_id, n in rows.order_by().values_list(f"{place}__public_id").annotate(n=Count("pk")):
        counted[place_id] += n
    return counted


def _ending(reader: Reader, today: date) -> Counter[str]:
    """By the township of the helper; those whose check has ended already are suspended and listed apart."""
    busy = pairings_visible_to(reader).exclude(state="ENDED").order_by().values("helper_id")
    helpers = helpers_visible_to(reader).filter(pk__in=busy).order_by()
    checks = Clearance.objects.filter(helper__in=helpers.values("pk"), confirmed_at__isnull=False, result="CLEAR")
    latest = checks.order_by().values("helper", "helper__township__public_id").annotate(ends=Max("expires_date"))
    soon = latest.filter(ends__gte=today, ends__lte=today + CHECK_ENDS_SOON)
    return Counter(place for place in soon.values_list("helper__township__public_id", flat=True) if place)
