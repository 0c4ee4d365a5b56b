"""One draft: its places in a table, filtered and paged at the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.http import Http404
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.roster.access import areas_visible_to, organisations_visible_to
from backend.roster.models import Area, Organisation
from backend.web.coordinator.proposals import STATES
from backend.web.shared.listing import order_of, page_of, render_list, search_of, select_of
from matching.draft_selectors import objections_visible_to, reviews_visible_to
from matching.models import Objection, Proposal, ProposedPair
from matching.selectors import pairs_visible_to, proposals_visible_to
from matching.services.proposals import may_publish
from matching.services.reviews import REVIEWERS

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

_ORDERS = {
    "child": ("child__name_sort", "child_id", "pk"),
    "fit": ("fit", "child__name_sort", "pk"),
    "-fit": ("-fit", "child__name_sort", "pk"),
    "helper": ("helper__name_sort", "helper_id", "pk"),
}


def proposal_of(reader: Reader, public_id: str) -> Proposal:
    """The draft, or 404 where it is not the reader's to see."""
    one = proposals_visible_to(reader).filter(public_id=public_id).first()
    if one is None:
        raise Http404
    return one


def proposal(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """Places of a draft: tabs, filters, one page of rows."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    everything = pairs_visible_to(reader).filter(proposal=one)
    tabs, tab = _tabs(request, everything)
    rows, selects, q = _filtered(request, reader, one, _of_tab(everything, tab))
    sort, order = order_of(request, _ORDERS)
    page = page_of(request, rows.order_by(*order))
    _dress(page.object_list, one, is_by_child=sort == "child")
    context = {
        "proposal": one,
        "badge": STATES[one.state],
        "tabs": tabs,
        "tab": tab,
        "keep": {"tab": tab} if tab else {},
        "page": page,
        "selects": selects,
        "q": q,
        "sort": sort,
        "is_filtered": bool(q) or any(select.value for select in selects),
        "is_best": one.run.solver_status == "OPTIMAL",
        "may_publish": may_publish(reader) and one.state == Proposal.State.OPEN,
        "newer": _newer(one, reader),
        **_review_counts(one, reader),
    }
    return render_list(request, "coordinator/proposal", context)


def _review_counts(one: Proposal, reader: Reader) -> dict[str, Any]:
    """How many parts were looked through and how many objections wait, for the line above the table."""
    waiting = objections_visible_to(reader).filter(pair__proposal=one, state=Objection.State.OPEN)
    return {
        "reviewed": reviews_visible_to(reader, one).count(),
        "objections": waiting.count(),
        "may_review": reader.role in REVIEWERS and one.state == Proposal.State.OPEN,
        "has_locks": one.pairs.filter(is_locked=True).exclude(origin=ProposedPair.Origin.KEPT).exists(),
        "may_run": reader.role == Role.COUNTY_COORDINATOR and one.state == Proposal.State.OPEN,
    }


def _tabs(request: HttpRequest, pairs: QuerySet[ProposedPair]) -> tuple[list[tuple[str, str, int]], str]:
    counts = pairs.order_by().aggregate(
        n=Count("pk"),
        free=Count("pk", filter=Q(helper=None)),
        held=Count("pk", filter=Q(is_locked=True)),
        hand=Count("pk", filter=Q(origin="HAND")),
    )
    tabs = [
        ("", _("全部名额"), counts["n"]),
        ("open", _("空缺"), counts["free"]),
        ("held", _("保持不变"), counts["held"]),
    ]
    if counts["hand"]:
        tabs.append(("hand", _("手改"), counts["hand"]))
    wanted = request.GET.get("tab", "")
    return tabs, wanted if wanted in {"open", "held", "hand"} else ""


def _of_tab(pairs: QuerySet[ProposedPair], tab: str) -> QuerySet[ProposedPair]:
    if tab == "open":
        return pairs.filter(helper=None)
    if tab == "hand":
        return pairs.filter(origin=ProposedPair.Origin.HAND)
    return pairs.filter(is_locked=True) if tab == "held" else pairs


def _filtered(
    request: HttpRequest, reader: Reader, one: Proposal, rows: QuerySet[ProposedPair]
) -> tuple[QuerySet[ProposedPair], list[Any], str]:
    townships = (
        areas_visible_to(reader).filter(kind=Area.Kind.TOWNSHIP).order_by("code").values_list("public_id", "name")
    )
    schools = organisations_visible_to(reader).filter(kind=Organisation.Kind.SCHOOL)
    places = one.scheme.slot_rules.order_by("position", "pk").values_list("key", "name")
    selects = [
        select_of(request, "township", _("乡镇"), townships),
        select_of(request, "school", _("学校"), schools.order_by("name", "pk").values_list("public_id", "name")),
        select_of(request, "place", _("名额"), places),
    ]
    columns = ("child__village__parent__public_id", "child__school__public_id", "slot__rule__key")
    for select, column in zip(selects, columns, strict=True):
        if select.value:
            rows = rows.filter(**{column: select.value})
    q = search_of(request)
    if q:
        rows = rows.filter(Q(child__name_search__contains=q.lower()) | Q(helper__name_search__contains=q.lower()))
    return rows, selects, q


def _dress(pairs: Any, one: Proposal, *, is_by_child: bool) -> None:
    """Each helper's load in this draft, and which rows repeat the child of the row above."""
    ids = {pair.helper_id for pair in pairs if pair.helper_id}
    held = ProposedPair.objects.filter(proposal=one, helper_id__in=ids).values_list("helper_id")
    loads = dict(held.annotate(n=Count("pk")).order_by())
    waiting = Objection.objects.filter(pair__in=[pair.pk for pair in pairs], state=Objection.State.OPEN)
    objected = set(waiting.values_list("pair_id", flat=True))
    before = None
    for pair in pairs:
        pair.is_objected = pair.pk in objected
        pair.load = loads.get(pair.helper_id, 0)
        pair.is_repeat = is_by_child and pair.child_id == before
        before = pair.child_id


def _newer(one: Proposal, reader: Reader) -> Proposal | None:
    if one.state != Proposal.State.SUPERSEDED:
        return None
    later = proposals_visible_to(reader).filter(scheme=one.scheme, number__gt=one.number)
    return later.order_by("-number").first()
