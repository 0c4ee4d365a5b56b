"""One draft: its places in a table, filtered and paged at the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.web.coordinator.draft_filters import DraftTable, dress
from backend.web.coordinator.draft_page import find, page_of_draft
from backend.web.coordinator.latest_step import latest_step
from backend.web.coordinator.presence import lookers
from backend.web.coordinator.proposals import badge_of
from backend.web.shared.listing import order_of, render_list
from backend.web.shared.sentences import sentence_of
from matching.draft_counts import sent_places
from matching.draft_selectors import objections_visible_to, reviews_visible_to
from matching.models import Objection, Proposal, ProposedPair
from matching.selectors import pairs_visible_to, proposals_visible_to
from matching.services.proposals import may_publish
from matching.services.rerun import match_again
from matching.services.reviews import REVIEWERS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

ORDERS = {
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
    table = DraftTable(request, reader, one)
    sort, order = order_of(request, ORDERS)
    found = find(table, order)
    page = page_of_draft(request, table, found)
    dress(page.object_list, one, is_by_child=sort == "child")
    others = lookers(one, request.user)
    for pair in page.object_list:
        pair.looker = others.get(pair.pk, "")
    context = {
        "proposal": one,
        "badge": badge_of(one, sent_places(reader, [one]).get(one.pk, 0)),
        "table": table,
        "tabs": table.tabs,
        "tab": table.tab,
        "keep": {"tab": table.tab} if table.tab else {},
        "page": page,
        "children": found.children,
        "listed": found.listed if page.has_other_pages() else None,
        "selects": table.selects,
        "q": table.q,
        "sort": sort,
        "is_filtered": table.is_filtered,
        "is_best": one.run.solver_status == "OPTIMAL",
        "may_publish": may_publish(reader) and one.state == Proposal.State.OPEN,
        "may_edit": reader.role == Role.COUNTY_COORDINATOR and one.state == Proposal.State.OPEN,
        "newer": _newer(one, reader),
        "export_url": f"{reverse('web:draft-export', args=[one.public_id])}?{request.GET.urlencode()}",
        "now": timezone.now(),
        **latest_step(one, request),
        **_review_counts(one, reader),
    }
    return render_list(request, "coordinator/proposal", context)


def proposal_news(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """What others have changed in the draft since the page was opened; empty where nothing was."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    since = parse_datetime(request.GET.get("since", "")) or timezone.now()
    others = pairs_visible_to(reader).filter(proposal=one, changed_at__gt=since).exclude(changed_by=request.user.pk)
    latest = others.select_related("changed_by").order_by("-changed_at").first()
    context = {"proposal": one, "n": others.count(), "latest": latest, "is_over": one.state != Proposal.State.OPEN}
    return render(request, "web/coordinator/_proposal_news.html", context)


def draft_again(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """Match once more around what is locked; leads to the run, which then says what differs."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    try:
        started = match_again(draft=one, actor=request.user, reader=reader, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:proposal", proposal_id)
    return redirect("web:run", started.public_id)


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


def _newer(one: Proposal, reader: Reader) -> Proposal | None:
    """The latest of those that may have replaced it: of the same area, and a repair replaces none but repairs."""
    if one.state != Proposal.State.SUPERSEDED:
        return None
    alike = {"run__area": one.run.area_id, "run__is_automatic": one.run.is_automatic}
    later = proposals_visible_to(reader).filter(scheme=one.scheme, number__gt=one.number, **alike)
    return later.order_by("-number").first()
