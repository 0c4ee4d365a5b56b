"""帮扶人: find, filter, open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import HELPERS, Role
from backend.roster.access import helpers_visible_to, organisations_visible_to
from backend.roster.models import Helper
from backend.roster.presenting_helpers import present_helper
from backend.web.coordinator.children import export_url
from backend.web.shared.listing import page_of, render_list, search_of, select_of
from matching.models import Pairing

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from backend.web.shared.listing import Select


def helpers(request: HttpRequest) -> HttpResponse:
    """A page of helpers, by pinyin."""
    reader = request.reader  # type: ignore[attr-defined]
    selects = _selects(request, reader)
    q = search_of(request)
    chosen = {select.name: select.value for select in selects if select.value}
    rows = filtered_helpers(reader, chosen, q).select_related("unit", "township", "village")
    page = page_of(request, rows.prefetch_related("roles", "clearances").order_by("name_sort", "pk"))
    context = {
        "page": page,
        "rows": _rows(reader, list(page.object_list)),
        "selects": selects,
        "q": q,
        "is_filtered": bool(q) or bool(chosen),
        "export_url": export_url("HELPERS", chosen, q),
    }
    return render_list(request, "coordinator/helpers", context)


def filtered_helpers(reader: Reader, wanted: dict[str, str], q: str = "") -> QuerySet[Helper]:
    """The helpers a list or an export is about; those who left only when asked for."""
    rows = helpers_visible_to(reader)
    rows = rows.filter(state=wanted["state"]) if wanted.get("state") else rows.exclude(state=Helper.State.LEFT)
    for name, column in (("township", "township__public_id"), ("unit", "unit__public_id"), ("role", "roles__role")):
        if wanted.get(name):
            rows = rows.filter(**{column: wanted[name]})
    return (rows.filter(name_search__contains=q.lower()) if q else rows).distinct()


def _selects(request: HttpRequest, reader: Reader) -> list[Select]:
    units = organisations_visible_to(reader).order_by("name", "pk").values_list("public_id", "name")
    return [
        select_of(request, "role", _("身份"), [(role.value, role.label) for role in Role if role in HELPERS]),
        select_of(request, "township", _("乡镇"), reader.townships),
        select_of(request, "unit", _("单位"), units),
        select_of(request, "state", _("状态"), Helper.State.choices),
    ]


def _rows(reader: Reader, page: list[Helper]) -> list[tuple[Helper, dict[str, Any], list[str], int]]:
    """(helper, facts, roles in words, how many children) of one page."""
    now = timezone.now()
    held = Pairing.objects.filter(helper__in=[helper.pk for helper in page], state__in=("ACTIVE", "SUSPENDED"))
    counts = dict(held.order_by().values_list("helper_id").annotate(n=Count("pk")))
    shown = [(helper, present_helper(reader, helper, now=now)) for helper in page]
    return [
        (helper, facts, [str(Role(role).label) for role in facts["roles"]], counts.get(helper.pk, 0))
        for helper, facts in shown
    ]
