"""背景核查: confirming as the second person, and what ends soon."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to, helpers_visible_to
from backend.roster.models import Area, Clearance
from backend.roster.services.clearances import confirm_clearances
from backend.web.shared.listing import page_of, render_list, search_of, select_of
from backend.web.shared.sentences import sentence_of
from matching.selectors import pairings_visible_to

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

_ENDING = timedelta(days=60)


def clearances(request: HttpRequest) -> HttpResponse:
    """Three tabs: waiting for the second person, ending soon, ended. POST confirms what is ticked."""
    reader = request.reader  # type: ignore[attr-defined]
    if request.method == "POST":
        return _confirm(request, reader)
    tabs = _tabs(reader, timezone.localdate())
    tab = request.GET.get("tab", "") if request.GET.get("tab", "") in tabs else ""
    q, rows = search_of(request), tabs[tab]
    townships = areas_visible_to(reader).filter(kind=Area.Kind.TOWNSHIP).order_by("code")
    township = select_of(request, "township", _("乡镇"), townships.values_list("public_id", "name"))
    busy = select_of(request, "busy", _("带不带孩子"), [("yes", _("正带着孩子的"))])
    if township.value:
        rows = rows.filter(helper__township__public_id=township.value)
    if busy.value:
        rows = rows.filter(helper__in=pairings_visible_to(reader).exclude(state="ENDED").order_by().values("helper_id"))
    if q:
        rows = rows.filter(helper__name_search__contains=q.lower())
    rows = rows.select_related("helper__unit", "helper__township", "recorded_by")
    context = {
        "page": page_of(request, rows.order_by("expires_date", "helper__name_sort", "pk")),
        "tab": tab,
        "tabs": [
            ("", _("等第二个人确认"), tabs[""].count()),
            ("ending", _("60 天内到期"), tabs["ending"].count()),
            ("ended", _("已过期"), tabs["ended"].count()),
        ],
        "keep": {"tab": tab} if tab else {},
        "q": q,
        "selects": [township, busy],
        "is_filtered": bool(q or township.value or busy.value),
        "today": timezone.localdate(),
    }
    return render_list(request, "coordinator/clearances", context)


def _tabs(reader: Reader, today: date) -> dict[str, QuerySet[Clearance]]:
    """Only the latest check of each helper counts as ending or ended."""
    mine = Clearance.objects.filter(helper__in=helpers_visible_to(reader).order_by().values("pk"), result="CLEAR")
    mine = mine.exclude(helper__state="LEFT")
    later = Clearance.objects.filter(
        helper=OuterRef("helper"), result="CLEAR", confirmed_at__isnull=False, expires_date__gt=OuterRef("expires_date")
    )
    latest = mine.filter(~Exists(later), confirmed_at__isnull=False)
    return {
        "": mine.filter(confirmed_at=None, expires_date__gte=today),
        "ending": latest.filter(Q(expires_date__gte=today, expires_date__lte=today + _ENDING)),
        "ended": latest.filter(expires_date__lt=today),
    }


def _confirm(request: HttpRequest, reader: Reader) -> HttpResponse:
    waiting = _tabs(reader, timezone.localdate())[""]
    if request.POST.get("all") == "yes":
        ticked = waiting.exclude(recorded_by_id=request.user.pk).exclude(helper_id=reader.helper_id or 0)
    else:
        ticked = waiting.filter(public_id__in=request.POST.getlist("one"))
    try:
        done = confirm_clearances(clearances=list(ticked), actor=request.user, reader=reader, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已确认 %(n)s 份。") % {"n": f"{done:,}"})
    return redirect("web:clearances")
