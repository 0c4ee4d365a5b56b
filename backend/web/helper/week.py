"""我的一周: today, then the week; what is overdue first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activities.models import Duty
from activities.selectors import duties_visible_to
from backend.roster.access import children_visible_to
from backend.web.helper.my_event import event_parts_of_week
from backend.web.helper.my_talk import talks_of_week
from backend.web.shared.child_names import names_for
from matching.selectors import offers_visible_to, still_free

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from matching.models import Offer

WEEKDAYS = (_("一"), _("二"), _("三"), _("四"), _("五"), _("六"), _("日"))
_AHEAD = timedelta(days=30)
_FAR = timedelta(days=3660)


@dataclass(frozen=True)
class Visit:
    """One duty as a line of the week."""

    duty: Duty
    day: date
    child_name: str
    care_alert: str
    is_overdue: bool


def week(request: HttpRequest) -> HttpResponse:
    """The chosen day, what is overdue, and what comes next."""
    reader = request.reader  # type: ignore[attr-defined]
    now = timezone.now()
    today = timezone.localdate(now)
    chosen = _chosen_day(request, today)
    visits = _visits(reader, today, now)
    monday = chosen - timedelta(days=chosen.weekday())
    busy = {visit.day for visit in visits}
    context = {
        "today": today,
        "chosen": chosen,
        "days": [(monday + timedelta(days=n), WEEKDAYS[n], monday + timedelta(days=n) in busy) for n in range(7)],
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "overdue": [visit for visit in visits if visit.is_overdue],
        "of_day": [visit for visit in visits if visit.day == chosen and not visit.is_overdue],
        "next": [visit for visit in visits if visit.day > chosen and visit.day <= chosen + _AHEAD][:6],
        "talks": talks_of_week(reader, monday, today, now),
        "parts": event_parts_of_week(reader, monday, monday + timedelta(days=6)),
        "offers": open_offers(reader, now),
    }
    return render(request, "web/helper/week.html", context)


def open_offers(reader: Reader, now: datetime) -> QuerySet[Offer]:
    """What the reader is asked and may still say yes to, the first to end first."""
    asked = offers_visible_to(reader).filter(state="SENT", expires_at__gt=now)
    return still_free(asked).order_by("expires_at", "pk")


def _chosen_day(request: HttpRequest, today: date) -> date:
    """The day in the address; today for what is no day, and for one so far off that no week stands around it."""
    try:
        asked = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today
    return asked if abs(asked - today) <= _FAR else today


def _visits(reader: Reader, today: date, now: datetime) -> list[Visit]:
    """Open duties as lines of the week, by day."""
    rows = list(open_duties(reader))
    names = names_for(reader, [duty.child for duty in rows], now=now)
    visits = [
        Visit(duty, day_of(duty), names[duty.child_id], duty.child.care_alert, day_of(duty) < today) for duty in rows
    ]
    return sorted(visits, key=lambda visit: (visit.day, visit.duty.start_at or now, visit.duty.pk))


def open_duties(reader: Reader) -> QuerySet[Duty]:
    """What is still to be done for children still looked after."""
    mine = children_visible_to(reader).order_by().values("pk")
    return duties_visible_to(reader).filter(state=Duty.State.OPEN, child__in=mine).order_by("shown_date", "pk")


def day_of(duty: Duty) -> date:
    """The day it stands on: its own, else the latest working day it may be done."""
    return timezone.localdate(duty.start_at) if duty.start_at else duty.shown_date
