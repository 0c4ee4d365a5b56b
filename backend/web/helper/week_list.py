"""
The week as a plain list: times, villages and codes, nobody's name. Kept on the phone to be read without a net, and
what a browser inside a chat program shows as well. Also what makes the pages installable.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.staticfiles import finders
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backend.web.helper.my_event import event_parts_of_week
from backend.web.helper.week import day_of, open_duties
from notifications.entries import code_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.http import HttpRequest

    from activities.models import DayPart, Duty

KEPT_FOR = timedelta(days=7)
AHEAD = timedelta(days=14)
"""Also on the last day it is kept, the list has the week that then begins."""


@dataclass(frozen=True)
class Line:
    """One thing of the week; `code` is the one that stands in the calendar."""

    day: date
    start_at: datetime | None
    end_at: datetime | None
    words: str
    where: str
    code: str


def week_list(request: HttpRequest) -> HttpResponse:
    """What is open in the days ahead, and what is overdue."""
    reader = request.reader  # type: ignore[attr-defined]
    now = timezone.now()
    today = timezone.localdate(now)
    until = today + AHEAD
    lines = [_of_duty(duty) for duty in open_duties(reader) if day_of(duty) <= until]
    lines += [_of_part(part) for part in event_parts_of_week(reader, today, until)]
    lines.sort(key=lambda line: (line.day, line.start_at or now, line.code))
    response = render(request, "web/helper/week_list.html", {"lines": lines, "now": now, "today": today})
    response["X-Kept-Until"] = (now + KEPT_FOR).isoformat()
    response["Cache-Control"] = "no-store"
    return response


def _of_duty(duty: Duty) -> Line:
    school = duty.child.school.name if duty.child.school else ""
    words, where = (_("碰头"), school) if duty.is_meeting else (_("家访"), duty.child.village.name)
    return Line(day_of(duty), duty.start_at, duty.end_at, words, where, code_of(duty.public_id))


def _of_part(part: DayPart) -> Line:
    day = timezone.localdate(part.start_at)
    return Line(day, part.start_at, part.end_at, pgettext("one", "活动"), part.place_name, code_of(part.public_id))


def worker(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The script that answers without a net. It stands at the root, because it may only answer for what lies below."""
    path = finders.find("web/worker.js") or ""
    if not path:
        raise Http404
    response = HttpResponse(Path(path).read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def manifest(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """How the service looks on a phone's home screen."""
    icons = [
        {"src": static(f"web/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)
    ]
    told = {
        "name": _("牵手"),
        "short_name": _("牵手"),
        "start_url": reverse("web:home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f5f1",
        "theme_color": "#14525c",
        "icons": icons,
    }
    return JsonResponse(told, content_type="application/manifest+json")
