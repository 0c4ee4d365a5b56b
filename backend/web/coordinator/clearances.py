"""背景核查: confirming as the second person, and what ends soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.roster.access import helpers_visible_to
from backend.roster.models import Clearance
from backend.roster.selectors import CHECK_ENDS_SOON
from backend.roster.services.clearance_export import export_clearances
from backend.roster.services.clearances import confirm_clearances
from backend.web.coordinator.list_export import ListPage, export_listed
from backend.web.shared.listing import Select, page_of, render_list, search_of, select_of
from backend.web.shared.sentences import sentence_of
from matching.selectors import pairings_visible_to

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


@dataclass(frozen=True)
class Listed:
    """The checks an address means, in their order."""

    rows: QuerySet[Clearance]
    tab: str
    selects: list[Select]
    q: str


def listed_clearances(request: HttpRequest) -> Listed:
    """Those of the chosen tab, or of the first that has any, that fit the filters; the first to end first."""
    reader = request.reader  # type: ignore[attr-defined]
    tabs = _tabs(reader, timezone.localdate())
    tab = request.GET.get("tab", "none")
    if tab not in tabs:
        tab = next((key for key, rows in tabs.items() if rows.exists()), "")
    q, rows = search_of(request), tabs[tab]
    township = select_of(request, "township", _("乡镇"), reader.townships)
    busy = select_of(request, "busy", _("带不带孩子"), [("yes", _("正带着孩子的"))])
    if township.value:
        rows = rows.filter(helper__township__public_id=township.value)
    if busy.value:
        rows = rows.filter(helper__in=pairings_visible_to(reader).exclude(state="ENDED").order_by().values("helper_id"))
    if q:
        rows = rows.filter(helper__name_search__contains=q.lower())
    rows = rows.select_related("helper__unit", "helper__township", "recorded_by", "confirmed_by")
    return Listed(rows.order_by("expires_date", "helper__name_sort", "pk"), tab, [township, busy], q)


def clearances(request: HttpRequest) -> HttpResponse:
    """Three tabs: waiting for the second person, ending soon, ended. POST confirms what is ticked."""
    reader = request.reader  # type: ignore[attr-defined]
    if request.method == "POST":
        return _confirm(request, reader)
    tabs, listed = _tabs(reader, timezone.localdate()), listed_clearances(request)
    context = {
        "page": page_of(request, listed.rows),
        "tab": listed.tab,
        "tabs": [
            ("", _("等第二个人确认"), tabs[""].count()),
            ("ending", _("60 天内到期"), tabs["ending"].count()),
            ("ended", _("已过期"), tabs["ended"].count()),
        ],
        "keep": {"tab": listed.tab},
        "keep_query": f"?tab={listed.tab}",
        "q": listed.q,
        "selects": listed.selects,
        "is_filtered": bool(listed.q) or any(one.value for one in listed.selects),
        "today": timezone.localdate(),
        "export_url": f"{reverse('web:clearances-export')}?{_address(request, listed)}",
    }
    return render_list(request, "coordinator/clearances", context)


def _address(request: HttpRequest, listed: Listed) -> str:
    """The list's own address, with the tab that was opened."""
    query = request.GET.copy()
    query["tab"] = listed.tab
    return query.urlencode()


def clearances_export(request: HttpRequest) -> HttpResponse:
    """The list as a workbook: GET says how many rows, POST what for."""
    rows = listed_clearances(request).rows
    page = ListPage(
        title=_("导出背景核查"),
        lead=_("现在列出的 %(n)s 份，做成一张 Excel 表。") % {"n": f"{rows.count():,}"},
        back=f"{reverse('web:clearances')}?{request.GET.urlencode()}",
        back_words=_("背景核查"),
        name="clearances",
        too_many=_("选一个乡镇，一处一处导出。"),
    )
    return export_listed(request, rows, lambda asked: export_clearances(clearances=rows, asked=asked), page)


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
        "ending": latest.filter(Q(expires_date__gte=today, expires_date__lte=today + CHECK_ENDS_SOON)),
        "ended": latest.filter(expires_date__lt=today),
    }


def _confirm(request: HttpRequest, reader: Reader) -> HttpResponse:
    waiting = _tabs(reader, timezone.localdate())[""]
    if request.POST.get("all") == "yes":
        ticked = waiting.exclude(recorded_by_id=request.user.pk).exclude(helper_id=reader.helper_id or 0)
    else:
        named = [one for one in request.POST.getlist("one") if one.isalnum()]
        ticked = waiting.filter(public_id__in=named)
    try:
        done = confirm_clearances(clearances=list(ticked), actor=request.user, reader=reader, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已确认 %(n)s 份。") % {"n": f"{done:,}"})
    return redirect("web:clearances")
