"""学期小结: what each helper did in a term, by person and by unit, one page each; and the list for the wall."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import Role
from backend.audit.services import record
from backend.reports.term_summary import (
    Work,
    children_per_helper,
    helpers_at_work,
    pairings_on_paper,
    work_by_unit,
    work_of,
)
from backend.roster.access import children_visible_to, helpers_visible_to
from backend.roster.services.exports import MOST_ROWS
from backend.roster.sheets.workbook import table_xlsx
from backend.web.coordinator.list_export import list_answer
from backend.web.shared.child_names import names_for
from backend.web.shared.listing import Select, page_of, render_list, search_of, select_of
from backend.web.shared.places import place_selects
from matching.statement_selectors import term_in_hand, terms_visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Helper
    from matching.models import Term

HEADINGS = (
    gettext_lazy("结对"), gettext_lazy("现在带着"), gettext_lazy("应家访"), gettext_lazy("已家访"),
    gettext_lazy("过期没访"), gettext_lazy("完成职责"), gettext_lazy("应谈心"), gettext_lazy("已谈心"),
    gettext_lazy("主持活动"), gettext_lazy("替班"),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    term: Term
    selects: list[Select]
    q: str
    helpers: QuerySet[Helper]

    @property
    def is_filtered(self) -> bool:
        return bool(self.q) or any(one.value for one in self.selects[1:])

    @property
    def at_work(self) -> QuerySet[Helper]:
        return helpers_at_work(self.helpers, self.term).order_by("name_sort", "pk")


def asked_for(request: HttpRequest) -> Asked | None:
    """The term and the helpers of the reader's scope an address means; None where there is no term yet."""
    reader = request.reader  # type: ignore[attr-defined]
    terms = terms_visible_to(reader)
    first = select_of(request, "term", _("学期"), terms.values_list("public_id", "name"))
    selects, q = [first, *place_selects(request, reader)], search_of(request)
    chosen = terms.filter(public_id=first.value).first() if first.value else None
    term = chosen or term_in_hand(reader, timezone.localdate())
    if term is None:
        return None
    helpers = helpers_visible_to(reader)
    for select, column in zip(selects[1:], ("township__public_id", "unit__public_id"), strict=True):
        helpers = helpers.filter(**{column: select.value}) if select.value else helpers
    return Asked(term, selects, q, helpers.filter(name_search__contains=q.lower()) if q else helpers)


def summaries(request: HttpRequest) -> HttpResponse:
    """A page of helpers with their numbers, or `?by=unit` a line for each unit, with the sum of all."""
    asked = asked_for(request)
    if asked is None:
        return render_list(request, "coordinator/summaries", {"term": None})
    by_unit = request.GET.get("by") == "unit"
    today = timezone.localdate()
    units = work_by_unit(asked.helpers, asked.term, today)
    page = page_of(request, units if by_unit else asked.at_work.select_related("unit", "township"))
    work = {} if by_unit else work_of(page.object_list, asked.term, today)
    rows = [(one, _labelled(one.work if by_unit else work[one.pk])) for one in page.object_list]
    context = {
        "term": asked.term,
        "page": page,
        "rows": rows,
        "by_unit": by_unit,
        "tabs": [("", _("按人"), sum(one.helpers for one in units)), ("unit", _("按单位"), len(units))],
        "tab": "unit" if by_unit else "",
        "keep": {"by": "unit"} if by_unit else {},
        "headings": HEADINGS,
        "total": sum((one.work for one in units), start=Work()),
        "selects": asked.selects,
        "q": asked.q,
        "is_filtered": asked.is_filtered,
        "people": sum(one.helpers for one in units),
        "most": MOST_ROWS,
        "query": request.GET.urlencode(),
    }
    return render_list(request, "coordinator/summaries", context)


def summaries_print(request: HttpRequest) -> HttpResponse:
    """A page for each helper with their numbers and children, for the school's file. The printing is noted."""
    asked = _asked_or_404(request)
    reader, now = request.reader, timezone.now()  # type: ignore[attr-defined]
    people = list(asked.at_work.select_related("unit", "township").prefetch_related("roles")[: MOST_ROWS + 1])
    if len(people) > MOST_ROWS:
        return _too_many(request, "web:summaries")
    held = pairings_on_paper(people, asked.term, children_visible_to(reader))
    names = names_for(reader, [one.child for rows in held.values() for one in rows], now=now)
    work = work_of(people, asked.term, timezone.localdate(now))
    after = {"term": asked.term.public_id, "rows": len(people), "children": len(names)}
    record(actor=request.user, verb="summary.printed", subject=asked.term, after=after)
    context = {
        "term": asked.term,
        "papers": [(one, _roles(one), _labelled(work[one.pk]), _named(held[one.pk], names)) for one in people],
        "printed_at": now,
        "back": f"{reverse('web:summaries')}?{request.GET.urlencode()}",
    }
    return render(request, "web/coordinator/summaries_print.html", context)


def _labelled(work: Work) -> list[tuple[Any, int]]:
    return list(zip(HEADINGS, astuple(work), strict=True))


def _named(rows: list[Any], names: dict[int, str]) -> list[tuple[Any, str]]:
    return [(one, names[one.child_id]) for one in rows]


def _roles(helper: Helper) -> str:
    return _("、").join(str(Role(row.role).label) for row in helper.roles.all())


def summaries_file(request: HttpRequest) -> HttpResponse:
    """The numbers as a workbook, by person or by unit; no child stands in it."""
    asked, today = _asked_or_404(request), timezone.localdate()
    if request.GET.get("by") == "unit":
        units = work_by_unit(asked.helpers, asked.term, today)
        headings = [_("单位"), _("乡镇"), _("帮扶人"), *map(str, HEADINGS)]
        rows = [[one.name, one.place, str(one.helpers), *map(str, astuple(one.work))] for one in units]
    else:
        people = list(asked.at_work.select_related("unit", "township")[: MOST_ROWS + 1])
        work = work_of(people, asked.term, today)
        headings = [_("姓名"), _("单位"), _("乡镇"), *map(str, HEADINGS)]
        rows = [
            [one.name, one.unit.name if one.unit else "", one.township.name, *map(str, astuple(work[one.pk]))]
            for one in people
        ]
    return _handed_out(request, asked, "summary", _("学期小结"), headings, rows)


def wall(request: HttpRequest) -> HttpResponse:
    """Who looks after how many children, for the notice board: no child, no scheme, no place in one."""
    asked = asked_for(request)
    lines: dict[str, list[tuple[Helper, str, int]]] = {}
    for one, count in children_per_helper(asked.helpers, asked.term) if asked is not None else []:
        unit = one.unit.name if one.unit else one.township.name
        lines.setdefault(unit, []).append((one, _roles(one), count))
    context = {
        "term": asked.term if asked else None,
        "units": list(lines.items()),
        "people": sum(map(len, lines.values())),
        "selects": asked.selects if asked else [],
        "is_filtered": bool(asked and asked.is_filtered),
        "printed_on": timezone.localdate(),
        "query": request.GET.urlencode(),
    }
    return render_list(request, "coordinator/wall", context)


def wall_file(request: HttpRequest) -> HttpResponse:
    """The list for the wall as a workbook."""
    asked = _asked_or_404(request)
    headings = [_("单位"), _("姓名"), _("身份"), _("结对孩子（名）")]
    rows = [
        [one.unit.name if one.unit else one.township.name, one.name, _roles(one), str(count)]
        for one, count in children_per_helper(asked.helpers, asked.term)
    ]
    return _handed_out(request, asked, "wall", _("结对公示"), headings, rows)


def _asked_or_404(request: HttpRequest) -> Asked:
    asked = asked_for(request)
    if asked is None:
        raise Http404
    return asked


def _handed_out(
    request: HttpRequest, asked: Asked, name: str, title: str, headings: list[str], rows: list[list[str]]
) -> HttpResponse:
    if len(rows) > MOST_ROWS:
        return _too_many(request, "web:wall" if name == "wall" else "web:summaries")
    after = {"list": name, "rows": len(rows)}
    record(actor=request.user, verb="summary.exported", subject=asked.term, after=after)
    note = _("%(who)s %(when)s 导出") % {
        "who": request.user.display_name, "when": f"{timezone.localtime():%Y-%m-%d %H:%M}",  # type: ignore[union-attr]
    }  # fmt: skip
    return list_answer(table_xlsx(f"{title} {asked.term.name}", headings, rows, note), name)


def _too_many(request: HttpRequest, back: str) -> HttpResponse:
    messages.warning(request, _("一次最多 %(n)s 位，请先选一个乡镇或学校。") % {"n": MOST_ROWS})
    return redirect(f"{reverse(back)}?{request.GET.urlencode()}")
