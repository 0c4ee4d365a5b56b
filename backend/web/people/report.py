"""强制报告 in two taps: the link that stands on every page, and what was seen. Nothing else is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.roster.access import children_visible_to
from backend.roster.models import Child, Situation
from backend.roster.services.concerns import LONGEST_ON_DEVICE, raise_concern
from backend.web.shared.child_names import names_for
from backend.web.shared.frames import frame_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

_MOST_CHILDREN = 60


def report(request: HttpRequest) -> HttpResponse:
    """
    The nine situations as buttons; POST reports one. Whom it is about may be said, and need not.

    The page's script sends the same form with `key` and `pressed`, again and again until it is answered: in JSON then.
    """
    if request.method == "POST":
        return _reported(request)
    reader = request.reader  # type: ignore[attr-defined]
    now = timezone.now()
    children = children_visible_to(reader).filter(state="ACTIVE")
    chosen = children.filter(public_id=_key(request.GET.get("child", "")))
    # Whoever answers for thousands comes from the child's own page; the child asked for is always among the choices.
    listed = chosen if reader.is_coordinator else children.order_by("name_sort", "pk")[:_MOST_CHILDREN]
    ids = {child.pk for child in [*listed.only("pk"), *chosen.only("pk")]}
    mine = Child.objects.filter(pk__in=ids).select_related("village", "school", "school_class")
    rows = list(mine.order_by("name_sort", "pk"))
    names = names_for(reader, rows, now=now)
    context = {
        "situations": Situation.choices,
        "children": [(child.public_id, names[child.pk]) for child in rows],
        "chosen": request.GET.get("child", ""),
        **frame_of(request),
    }
    return render(request, "web/people/report.html", context)


def report_kept(request: HttpRequest) -> HttpResponse:
    """The same form without anybody's name: what a phone keeps, to report from where there is no net."""
    response = render(request, "web/people/report_kept.html", {"situations": Situation.choices})
    response["X-Kept-Until"] = (timezone.now() + LONGEST_ON_DEVICE).isoformat()
    response["Cache-Control"] = "no-store"
    return response


def _reported(request: HttpRequest) -> HttpResponse:
    is_script, now = request.headers.get("Accept") == "application/json", timezone.now()
    said: dict[str, Any]
    try:
        said = {"sent": _sentence(_raise(request, now))}
    except DomainError as error:
        said = {"refused": sentence_of(error)}
    if is_script:
        return JsonResponse(said, status=400 if "refused" in said else 200)
    tell = messages.warning if "refused" in said else messages.success
    tell(request, *said.values())
    return redirect("web:report")


def _raise(request: HttpRequest, now: datetime) -> datetime:
    reader = request.reader  # type: ignore[attr-defined]
    children = children_visible_to(reader).filter(state="ACTIVE").select_related("village")
    concern = raise_concern(
        situation=request.POST.get("situation", ""),
        child=children.filter(public_id=_key(request.POST.get("child", ""))).first(),
        actor=request.user,
        reader=reader,
        now=now,
        key=_key(request.POST.get("key", "")),
        pressed_at=_moment(request.POST.get("pressed", "")),
    )
    return concern.raised_at


def _key(text: str) -> str:
    """Letters and digits as they are; anything else says nothing and stops no report."""
    return text if text.isalnum() else ""


def _moment(text: str) -> datetime | None:
    """What the device's clock said; None for what is no moment."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _sentence(raised_at: datetime) -> str:
    told = {"time": timezone.localtime(raised_at).strftime("%H:%M")}
    return _("已收到，%(time)s 已通知乡、县两级。有危险请先打 110。") % told
