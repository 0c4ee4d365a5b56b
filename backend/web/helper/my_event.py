"""An event day on the phone of somebody on the spot: now, next, where - for oneself, or for a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.event_selectors import event_days_of_helper, event_parts_of_helper, latest_version
from activities.event_sheets import own_sheets_of_groups, own_sheets_of_hosts
from activities.models import DayPart
from activities.services.event_answers import answer_day, open_parts
from backend.kernel.errors import DomainError
from backend.roster.access import helpers_visible_to
from backend.web.shared.sentences import sentence_of

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
    asked = list(open_parts(timezone.now()).filter(event=event, helper_id=reader.helper_id))
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
        "is_asked": bool(asked),
        "declined": [part for part in asked if part.answer == DayPart.Answer.DECLINED],
        "is_coming": bool(asked) and all(part.answer == DayPart.Answer.ACCEPTED for part in asked),
        **_now_and_next(sheet, now.hour * 60 + now.minute if version.date == now.date() else -1),
    }
    return render(request, "web/helper/my_event.html", context)


def my_event_answer(request: HttpRequest, event_id: str) -> HttpResponse:
    """Whether I can come: one answer to everything I lead that day."""
    reader = request.reader  # type: ignore[attr-defined]
    event = event_days_of_helper(reader).filter(public_id=event_id).first()
    helper = helpers_visible_to(reader).filter(pk=reader.helper_id or 0).first()
    answer = _ANSWERS.get(request.POST.get("do", ""))
    if event is None or helper is None or answer is None:
        raise Http404
    try:
        answer_day(event=event, helper=helper, answer=answer, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        is_no = answer == DayPart.Answer.DECLINED
        messages.success(request, _("知道了，这就告诉安排活动的人。") if is_no else _("好，到时见。"))
    return redirect("web:my-event", event_id)


_ANSWERS = {"come": DayPart.Answer.ACCEPTED, "stay": DayPart.Answer.DECLINED}


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
