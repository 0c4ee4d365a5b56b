"""结对: who looks after whom, and ending it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import organisations_visible_to
from backend.roster.levels import LEVEL_WORDS
from backend.roster.models import Organisation
from backend.web.coordinator.list_export import ListPage, export_listed
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.listing import Select, order_of, page_of, render_list, scheme_select, search_of, select_of
from matching.models import Pairing, Vacancy
from matching.models.repairs import OPEN_VACANCIES
from matching.selectors import pairings_visible_to, people_named, schemes_visible_to
from matching.services.pairing_export import export_pairings
from matching.services.pairings import end_pairing

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


ORDERS = {
    "child": ("child__name_sort", "child_id", "pk"),
    "helper": ("helper__name_sort", "helper_id", "child__name_sort", "pk"),
    "-from": ("-started_at", "pk"),
}


class EndForm(PlainForm):
    reason = forms.CharField(
        label=gettext_lazy("为什么结束"), max_length=200, help_text=gettext_lazy("写在结对记录里。")
    )


@dataclass(frozen=True)
class Listed:
    """The pairings an address means, with what narrows them."""

    rows: QuerySet[Any]
    selects: list[Select]
    q: str
    sort: str

    @property
    def is_filtered(self) -> bool:
        return bool(self.q) or any(one.value for one in self.selects)


_COLUMNS = (
    "child__village__parent__public_id", "child__school__public_id", "slot__rule__scheme__public_id",
    "child__heart_level",
)  # fmt: skip
"""What the first filters look at, in their order; the last one asks for a state."""


def listed_pairings(request: HttpRequest) -> Listed:
    """The running ones unless asked otherwise, by the child's pinyin or as the address says."""
    reader = request.reader  # type: ignore[attr-defined]
    selects, q, (sort, order) = _selects(request, reader), search_of(request), order_of(request, ORDERS)
    # The child of a running pairing may still wait for somebody in another place.
    missing = Vacancy.objects.filter(
        slot__child=OuterRef("child"), slot__rule__scheme=OuterRef("slot__rule__scheme"), state__in=OPEN_VACANCIES
    )
    visible = pairings_visible_to(reader).annotate(is_half=Exists(missing))
    state = selects[-1].value
    rows = visible.filter(state=state) if state else visible.exclude(state="ENDED")
    for select, column in zip(selects, _COLUMNS, strict=False):
        if select.value:
            rows = rows.filter(**{column: select.value})
    if q:
        rows = rows.filter(people_named(q))
    return Listed(rows.order_by(*order), selects, q, sort)


def _selects(request: HttpRequest, reader: Reader) -> list[Select]:
    schools = organisations_visible_to(reader).filter(kind=Organisation.Kind.SCHOOL).order_by("name", "pk")
    schemes = schemes_visible_to(reader).order_by("-term__start_date", "pk")
    levels = list(LEVEL_WORDS.items())
    return [
        select_of(request, "township", _("乡镇"), reader.townships),
        select_of(request, "school", _("学校"), schools.values_list("public_id", "name")),
        scheme_select(request, schemes),
        select_of(request, "level", _("心级"), levels),
        select_of(request, "state", _("状态"), Pairing.State.choices),
    ]


def pairings(request: HttpRequest) -> HttpResponse:
    """A page of pairings."""
    listed = listed_pairings(request)
    context = {
        "page": page_of(request, listed.rows),
        "selects": listed.selects,
        "q": listed.q,
        "sort": listed.sort,
        "is_filtered": listed.is_filtered,
        "export_url": f"{reverse('web:pairings-export')}?{request.GET.urlencode()}",
    }
    return render_list(request, "coordinator/pairings", context)


def pairings_export(request: HttpRequest) -> HttpResponse:
    """The list as a workbook: GET says how many rows, POST what for."""
    rows = listed_pairings(request).rows
    page = ListPage(
        title=_("导出结对"),
        lead=_("现在列出的 %(n)s 对，做成一张 Excel 表。") % {"n": f"{rows.count():,}"},
        back=f"{reverse('web:pairings')}?{request.GET.urlencode()}",
        back_words=_("结对"),
        name="pairings",
        too_many=_("选一个乡镇或学校，一处一处导出。"),
    )
    return export_listed(request, rows, lambda asked: export_pairings(pairings=rows, asked=asked), page)


def pairing_end(request: HttpRequest, pairing_id: str) -> HttpResponse:
    """The page that says what ending means; POST ends it."""
    one: Any = pairings_visible_to(request.reader).filter(public_id=pairing_id).first()  # type: ignore[attr-defined]
    if one is None:
        raise Http404
    form = EndForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            end_pairing(pairing=one, reason=form.cleaned_data["reason"], actor=request.user, now=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已结束这一对，名额空出来了，对方不再看得到孩子的资料。"))
            return redirect("web:pairings")
    return render(request, "web/coordinator/pairing_end.html", {"pairing": one, "form": form})
