"""责任书: the three responsibility statements of a term, made for whoever has none, printed, and noted as signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.roster.access import county_of
from backend.roster.services.exports import MOST_ROWS
from backend.web.coordinator.list_export import ListPage, export_listed
from backend.web.shared.forms import PlainForm, date_field
from backend.web.shared.listing import Select, page_of, render_list, search_of, select_of
from backend.web.shared.places import place_selects
from backend.web.shared.sentences import sentence_of
from matching.models import Statement, StatementKind
from matching.services.statement_export import export_statements
from matching.services.statement_texts import finished, statement_text_in_use
from matching.services.statements import make_statements, print_statements, sign_statements, unsign_statements
from matching.statement_selectors import (
    counts_by_state,
    facts_of_statements,
    in_school,
    in_township,
    missing_statements,
    statement_named,
    statements_visible_to,
    term_in_hand,
    terms_visible_to,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from matching.models import Term

_JUST_SIGNED = "statements_just_signed"


class SignForm(PlainForm):
    signed_date = date_field(gettext_lazy("哪天签的"))


@dataclass(frozen=True)
class Listed:
    """What the address asks for: the kind, the term and everything that narrows the list."""

    kind: str
    term: Term | None
    selects: list[Select]
    q: str
    visible: QuerySet[Any]
    rows: QuerySet[Any]

    @property
    def township(self) -> str:
        return self.selects[1].value

    @property
    def school(self) -> str:
        return self.selects[2].value


def listed_statements(request: HttpRequest) -> Listed:
    """The statements a request's address means, by name."""
    reader = request.reader  # type: ignore[attr-defined]
    kind = request.GET.get("kind", StatementKind.GUARDIAN)
    if kind not in StatementKind.values:
        raise Http404
    terms = terms_visible_to(reader)
    selects = [
        select_of(request, "term", _("学期"), terms.values_list("public_id", "name")),
        *place_selects(request, reader),
    ]
    selects.append(select_of(request, "state", _("状态"), Statement.State.choices))
    chosen = terms.filter(public_id=selects[0].value).first() if selects[0].value else None
    term = chosen or term_in_hand(reader, timezone.localdate())
    visible = statements_visible_to(reader).filter(term=term)
    rows, q = _narrowed(visible.filter(kind=kind), selects), search_of(request)
    rows = rows.filter(statement_named(q)) if q else rows
    return Listed(kind, term, selects, q, visible, rows.order_by("name", "pk"))


def _narrowed(rows: QuerySet[Any], selects: list[Select]) -> QuerySet[Any]:
    _term, township, school, state = (one.value for one in selects)
    rows = rows.filter(in_township(township)) if township else rows
    rows = rows.filter(in_school(school)) if school else rows
    return rows.filter(state=state) if state else rows


def statements(request: HttpRequest) -> HttpResponse:
    """One kind of statement of one term: how many are signed, what is missing, and a page of them."""
    reader = request.reader  # type: ignore[attr-defined]
    listed = listed_statements(request)
    page = page_of(request, listed.rows)
    facts = facts_of_statements(page.object_list)
    for one in page.object_list:
        one.facts = facts[one.pk]
    all_of_kind = listed.visible.filter(kind=listed.kind)
    context = {
        "page": page,
        "kind": listed.kind,
        "kind_words": StatementKind(listed.kind).label,
        "tabs": _tabs(listed),
        "term": listed.term,
        "selects": listed.selects,
        "q": listed.q,
        "keep": {"kind": listed.kind},
        "keep_query": f"?kind={listed.kind}",
        "is_filtered": bool(listed.q) or any(one.value for one in listed.selects[1:]),
        "counts": counts_by_state(all_of_kind),
        "missing": _missing(reader, listed),
        "sign_form": SignForm(initial={"signed_date": timezone.localdate()}),
        "just_signed": len(request.session.get(_JUST_SIGNED, [])),
        "most": MOST_ROWS,
        "may_word": reader.role == Role.COUNTY_COORDINATOR,
        "query": request.GET.urlencode(),
        "export_url": f"{reverse('web:statements-export')}?{request.GET.urlencode()}",
    }
    return render_list(request, "coordinator/statements", context)


def _tabs(listed: Listed) -> list[tuple[str, Any, int]]:
    counts = {kind: listed.visible.filter(kind=kind).count() for kind in StatementKind.values}
    return [(kind, words, counts[kind]) for kind, words in StatementKind.choices]


def _missing(reader: Reader, listed: Listed) -> int:
    if listed.term is None:
        return 0
    place = {"township": listed.township, "school": listed.school}
    return len(missing_statements(reader, listed.term, listed.kind, **place))


def statements_make(request: HttpRequest) -> HttpResponse:
    """Make what is missing in the places the list shows."""
    listed = listed_statements(request)
    if listed.term is None:
        raise Http404
    count = make_statements(
        kind=listed.kind, term=listed.term, actor=request.user, reader=request.reader,  # type: ignore[attr-defined]
        now=timezone.now(), township=listed.township, school=listed.school,
    )  # fmt: skip
    messages.success(request, _("做好了 %(n)s 份，可以打印了。") % {"n": f"{count:,}"})
    return _back(request)


def statements_print(request: HttpRequest) -> HttpResponse:
    """The chosen papers, one to a page. Printing is noted, so it is asked for by a button."""
    try:
        rows = print_statements(statements=_chosen(request), actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return _back(request)
    county = county_of(request.reader)  # type: ignore[attr-defined]
    if not rows or county is None:
        messages.warning(request, _("没有可以打印的：先勾选，孩子已离册和结对已结束的不打印。"))
        return _back(request)
    facts = facts_of_statements(rows)
    words = {kind: statement_text_in_use(county, kind)[0] for kind in {row.kind for row in rows}}
    context = {
        "papers": [(row, finished(words[row.kind], facts[row.pk]), facts[row.pk]) for row in rows],
        "back": _back_url(request),
        "printed_at": timezone.now(),
    }
    return render(request, "web/coordinator/statements_print.html", context)


def statements_act(request: HttpRequest) -> HttpResponse:
    """Note the chosen papers as signed on a day, or take that back."""
    what, now = request.POST.get("what", ""), timezone.now()
    try:
        if what == "sign":
            _sign(request, now)
        elif what in ("unsign", "undo"):
            rows = _just_signed(request) if what == "undo" else _chosen(request)
            count = unsign_statements(statements=rows, actor=request.user)
            request.session.pop(_JUST_SIGNED, None)
            messages.success(request, _("撤回了 %(n)s 份的签字记录。") % {"n": count})
        else:
            raise Http404
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    return _back(request)


def _sign(request: HttpRequest, now: Any) -> None:
    form = SignForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("请写明哪天签的。"))
        return
    rows = _chosen(request).exclude(state=Statement.State.SIGNED)
    ids = list(rows.values_list("public_id", flat=True)[: MOST_ROWS + 1])
    day = form.cleaned_data["signed_date"]
    count = sign_statements(statements=rows, signed_date=day, actor=request.user, now=now)
    request.session[_JUST_SIGNED] = ids
    messages.success(request, _("记下了：%(n)s 份已签。") % {"n": count})


def _chosen(request: HttpRequest) -> QuerySet[Any]:
    """The ticked papers, or all that the list finds."""
    listed = listed_statements(request)
    if request.POST.get("all"):
        return listed.rows
    picked = [one for one in request.POST.getlist("statements") if one.isalnum()]
    return listed.rows.filter(public_id__in=picked[: MOST_ROWS + 1])


def _just_signed(request: HttpRequest) -> QuerySet[Any]:
    mine = statements_visible_to(request.reader)  # type: ignore[attr-defined]
    return mine.filter(public_id__in=request.session.get(_JUST_SIGNED, [])).order_by("pk")


def _back_url(request: HttpRequest) -> str:
    return f"{reverse('web:statements')}?{request.GET.urlencode()}"


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(_back_url(request))


def statements_export(request: HttpRequest) -> HttpResponse:
    """The list as a workbook: GET says how many rows, POST what for."""
    listed = listed_statements(request)
    page = ListPage(
        title=_("导出责任书清单"),
        lead=_("现在列出的 %(n)s 份，做成一张 Excel 表。") % {"n": f"{listed.rows.count():,}"},
        back=_back_url(request),
        back_words=_("责任书"),
        name="statements",
        too_many=_("选一个乡镇或学校，一处一处导出。"),
    )
    rows = listed.rows
    return export_listed(request, rows, lambda asked: export_statements(statements=rows, asked=asked), page)
