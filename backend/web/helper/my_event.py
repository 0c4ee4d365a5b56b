"""An event day on the phone of somebody on the spot: now, next, where - for oneself, or for a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone

from activities.event_selectors import event_days_of_helper, event_parts_of_helper, latest_version
from activities.event_sheets import own_sheets_of_groups, own_sheets_of_hosts
from activities.models import DayPart

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from activities.event_sheets import OwnSheet, PartLine
    from backend.roster.access import Reader


def my_event(request: HttpRequest, event_id: str) -> HttpResponse:
    """What I lead, by time; `?who=` a group's key shows that group."""
    reader = request.reader  # type: ignore[attr-defined]
    event = event_days_of_helper(reader).filter(public_id=event_id).first()
    version = latest_version(event) if event is not None else None
    if event is None or version is None:
        raise Http404
    groups = own_sheets_of_groups(version.day, version.plan)
    mine = next((key for key, helper_id in version.helpers.items() if helper_id == reader.helper_id), "")
    own = next((one for one in own_sheets_of_hosts(version.day, version.plan) if one.key == mine), None)
    chosen = next((one for one in groups if one.key == request.GET.get("who")), None)
    sheet = chosen or own
    now = timezone.localtime()
    context = {
        "event": event,
        "version": version,
        "groups": groups,
        "chosen": chosen,
        "sheet": sheet,
        "is_today": version.date == now.date(),
        **_now_and_next(sheet, now.hour * 60 + now.minute if version.date == now.date() else -1),
    }
    return render(request, "web/helper/my_event.html", context)


def _now_and_next(sheet: OwnSheet | None, minute: int) -> dict[str, Any]:
    lines: tuple[PartLine, ...] = sheet.lines if sheet else ()
    return {
        "now": [line for line in lines if line.starts_at <= minute < line.ends_at],
        "next": next((line for line in lines if line.starts_at > minute), None),
        "lines": lines,
    }


def event_parts_of_week(reader: Reader, monday: date, sunday: date) -> QuerySet[DayPart]:
    """What a helper leads in one week, cancelled parts left out."""
    if reader.helper_id is None:
        return DayPart.objects.none()
    parts = event_parts_of_helper(reader.helper_id, from_date=monday, until_date=sunday)
    return parts.filter(state=DayPart.State.ON)
