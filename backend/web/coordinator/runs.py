"""匹配运行: every run, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.roster.access import children_visible_to, helpers_visible_to
from backend.web.shared.listing import page_of, render_list, scheme_select, select_of
from matching.models import MatchingRun
from matching.selectors import runs_visible_to, schemes_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def runs(request: HttpRequest) -> HttpResponse:
    """A page of runs."""
    reader = request.reader  # type: ignore[attr-defined]
    rows = runs_visible_to(reader).filter(is_automatic=False).order_by("-created_at", "-pk")
    schemes = schemes_visible_to(reader).order_by("pk")
    selects = [
        scheme_select(request, schemes),
        select_of(request, "state", _("状态"), MatchingRun.State.choices),
    ]
    if selects[0].value:
        rows = rows.filter(scheme__public_id=selects[0].value)
    if selects[1].value:
        rows = rows.filter(state=selects[1].value)
    context: dict[str, Any] = {
        "page": page_of(request, rows),
        "selects": selects,
        "is_filtered": any(one.value for one in selects),
        "may_start": reader.role == Role.COUNTY_COORDINATOR,
    }
    if not context["page"].object_list:
        context["has_people"] = children_visible_to(reader).exists() and helpers_visible_to(reader).exists()
    return render_list(request, "coordinator/runs", context)
