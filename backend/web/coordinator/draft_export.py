"""导出方案: the table of a draft with the filters that are set, once it is said what for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from backend.web.coordinator.draft_filters import DraftTable
from backend.web.coordinator.list_export import ListPage, export_listed
from backend.web.coordinator.proposal import ORDERS, proposal_of
from backend.web.shared.listing import order_of
from matching.plain_names import plain_name
from matching.services.draft_export import export_draft
from matching.services.draft_words import draft_name

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def draft_export(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """The places the workspace lists, as a workbook: GET says how many, POST what for."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    rows = DraftTable(request, reader, one).rows().order_by(*order_of(request, ORDERS)[1])
    page = ListPage(
        title=_("导出方案"),
        lead=_("%(scheme)s%(draft)s现在列出的 %(rows)s 个名额，做成一张 Excel 表。")
        % {"scheme": plain_name(one.scheme.name), "draft": draft_name(one), "rows": f"{rows.count():,}"},
        back=f"{reverse('web:proposal', args=[one.public_id])}?{request.GET.urlencode()}",
        back_words=_("结对方案"),
        name=f"draft-{one.number}",
        too_many=_("按乡镇、学校或“空缺”筛到 500 行以内，一处一处导出；每次都会记下来。"),
    )
    return export_listed(request, rows, lambda asked: export_draft(draft=one, pairs=rows, asked=asked), page)
