"""When a county's people are told: its own rules or the defaults, and what quiet hours mean at a moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from notifications.kinds import Urgency, kind_of
from notifications.models import TellingRules

if TYPE_CHECKING:
    from backend.roster.models import Area


def rules_of(county_code: str) -> TellingRules:
    """The rules of a county by its code; the defaults where it set none, or where no county is known."""
    return TellingRules.objects.filter(county__code=county_code).first() or TellingRules()


def rules_for(county: Area) -> TellingRules:
    """The rules of a county, to be shown or changed."""
    return TellingRules.objects.filter(county=county).first() or TellingRules(county=county)


def quiet_until(rules: TellingRules, now: datetime) -> datetime | None:
    """When the quiet hours end that this moment lies in, or None outside them. Wall-clock time of the county."""
    begin, end = rules.quiet_from, rules.quiet_until
    local = timezone.localtime(now)
    clock = local.time()
    is_over_midnight = begin > end
    if begin == end or not (clock >= begin or clock < end if is_over_midnight else begin <= clock < end):
        return None
    ends = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return ends if ends > local else ends + timedelta(days=1)


def may_not_wait(kind: str) -> bool:
    """Whether a kind goes out in quiet hours too."""
    return kind_of(kind).urgency == Urgency.URGENT
