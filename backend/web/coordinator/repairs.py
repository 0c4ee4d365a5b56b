"""补派: places that became free, whom the repair suggests for each, and why there is nobody for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.web.coordinator.list_export import ListPage, export_listed
from backend.web.shared.listing import Select, page_of, render_list, scheme_select, search_of, select_of
from backend.web.shared.queue_words import told_ahead
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import said_reasons
from matching.draft_selectors import vacancies_visible_to
from matching.models import Vacancy
from matching.models.repairs import OPEN_VACANCIES
from matching.queue_selectors import ahead_of_repairs
from matching.selectors import schemes_visible_to
from matching.services.proposals import may_publish
from matching.services.repair_export import export_vacancies
from matching.services.repairs import accept_suggestions, retry_vacancy

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

_TABS = {
    "": Q(state__in=OPEN_VACANCIES),
    "found": Q(state="FOUND"),
    "nobody": Q(state="NOBODY"),
    "waiting": Q(state="WAITING"),
    "done": Q(state__in=("OFFERED", "CLOSED")),
}


@dataclass(frozen=True)
class Listed:
    """The free places an address means: all that fit the filters, and those of the chosen tab in their order."""

    fitting: QuerySet[Any]
    rows: QuerySet[Any]
    tab: str
    selects: list[Select]
    q: str


def listed_vacancies(request: HttpRequest) -> Listed:
    """Those a person can act on first."""
    reader = request.reader  # type: ignore[attr-defined]
    schemes = schemes_visible_to(reader).order_by("pk")
    selects = [
        select_of(request, "township", _("乡镇"), reader.townships),
        scheme_select(request, schemes),
    ]
    fitting, q = vacancies_visible_to(reader), search_of(request)
    columns = ("slot__child__village__parent__public_id", "slot__rule__scheme__public_id")
    for select, column in zip(selects, columns, strict=True):
        if select.value:
            fitting = fitting.filter(**{column: select.value})
    if q:
        said = q.lower()
        named = Q(slot__child__name_search__contains=said) | Q(pair__helper__name_search__contains=said)
        fitting = fitting.filter(named)
    tab = request.GET.get("tab", "") if request.GET.get("tab", "") in _TABS else ""
    rows = fitting.filter(_TABS[tab]).order_by("-is_half", "slot__child__name_sort", "slot__child_id", "pk")
    return Listed(fitting, rows, tab, selects, q)


def repairs(request: HttpRequest) -> HttpResponse:
    """A page of free places, and what can be done about all of them."""
    reader, listed = request.reader, listed_vacancies(request)  # type: ignore[attr-defined]
    page = page_of(request, listed.rows)
    for one in page.object_list:
        one.why = said_reasons(one.pair.reasons)[:2] if one.pair and one.pair.helper else []
    counts = listed.fitting.order_by().aggregate(**{f"n_{key}": Count("pk", filter=q) for key, q in _TABS.items()})
    context = {
        "page": page,
        "tab": listed.tab,
        "tabs": [(key, words, counts[f"n_{key}"]) for key, words in _words()],
        "keep": {"tab": listed.tab} if listed.tab else {},
        "selects": listed.selects,
        "q": listed.q,
        "is_filtered": bool(listed.q) or any(one.value for one in listed.selects),
        "counts": counts,
        "people": _people(listed.fitting),
        "query": request.GET.urlencode(),
        "may_ask": may_publish(reader),
        "waits": _waits(listed.fitting, reader),
        "export_url": f"{reverse('web:repairs-export')}?{request.GET.urlencode()}",
    }
    return render_list(request, "coordinator/repairs", context)


def repairs_export(request: HttpRequest) -> HttpResponse:
    """The list as a workbook: GET says how many rows, POST what for."""
    rows = listed_vacancies(request).rows
    page = ListPage(
        title=_("导出补派"),
        lead=_("现在列出的 %(n)s 个名额，做成一张 Excel 表。") % {"n": f"{rows.count():,}"},
        back=f"{reverse('web:repairs')}?{request.GET.urlencode()}",
        back_words=_("补派"),
        name="repairs",
        too_many=_("选一个乡镇，一处一处导出。"),
    )
    return export_listed(request, rows, lambda asked: export_vacancies(vacancies=rows, asked=asked), page)


def _words() -> list[tuple[str, str]]:
    return [
        ("", _("还空着")),
        ("found", _("有了人选")),
        ("nobody", _("没有别人了")),
        ("waiting", _("正在找人")),
        ("done", _("已经办了")),
    ]


def _waits(visible: Any, reader: Reader) -> str:
    """What the next repair of the places still looked at stands behind."""
    waiting = visible.filter(state=Vacancy.State.WAITING).order_by()
    schemes = sorted(set(waiting.values_list("slot__rule__scheme_id", flat=True)))
    return told_ahead(ahead_of_repairs(schemes, reader, timezone.now()))


def _people(visible: Any) -> int:
    found = visible.filter(state=Vacancy.State.FOUND).order_by()
    people: int = found.values("pair__helper_id").distinct().count()
    return people


def repair_accept_all(request: HttpRequest) -> HttpResponse:
    """Ask everybody suggested in the reader's scope, or in the part of it the address's filters mean."""
    return _ask(request, listed_vacancies(request).fitting.filter(state=Vacancy.State.FOUND))


def repair_accept(request: HttpRequest, vacancy_id: str) -> HttpResponse:
    """Ask the one suggested for this place."""
    return _ask(request, [_vacancy_of(request, vacancy_id)])


def _ask(request: HttpRequest, vacancies: Any) -> HttpResponse:
    reader = request.reader  # type: ignore[attr-defined]
    try:
        offers = accept_suggestions(vacancies=vacancies, actor=request.user, reader=reader, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        people = len({offer.helper_id for offer in offers})
        messages.success(request, _("已改请 %(n)s 人，邀请马上发出。") % {"n": f"{people:,}"})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """Where the button stood: the board of offers sends its filters along, the list of free places nothing."""
    if "back" not in request.POST:
        return redirect("web:repairs")
    query = QueryDict(request.POST["back"][:500]).urlencode()
    return redirect(reverse("web:offers") + (f"?{query}" if query else ""))


def repair_retry(request: HttpRequest, vacancy_id: str) -> HttpResponse:
    """Look once more, after the ledger has changed."""
    try:
        retry_vacancy(vacancy=_vacancy_of(request, vacancy_id), actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("正在再找一次，一两分钟后看这里。"))
    return redirect("web:repairs")


def _vacancy_of(request: HttpRequest, vacancy_id: str) -> Vacancy:
    one = vacancies_visible_to(request.reader).filter(public_id=vacancy_id).first()  # type: ignore[attr-defined]
    if one is None:
        raise Http404
    found: Vacancy = one
    return found
