"""结对方案: every draft, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from backend.web.shared.listing import page_of, render_list
from matching.draft_counts import sent_places
from matching.models import Proposal
from matching.selectors import proposals_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_STATES = {"OPEN": "DRAFT", "PUBLISHED": "PUBLISHED", "SUPERSEDED": "GONE"}


def badge_of(draft: Proposal, sent: int) -> tuple[str, str]:
    """(state, words; "" = the usual ones) of a draft's badge; `sent`: as `sent_places` counts them."""
    if sent:
        return "PART_SENT", _("部分已发（%(n)s）") % {"n": f"{sent:,}"}
    return _STATES[draft.state], ""


def proposals(request: HttpRequest) -> HttpResponse:
    """A page of drafts with how many places each fills."""
    # Repairs have a page of their own; the hundred drafts of a busy week would hide the county's.
    rows = proposals_visible_to(request.reader).filter(run__is_automatic=False).order_by("-created_at", "-pk")  # type: ignore[attr-defined]
    page = page_of(request, rows)
    counts = _counts([proposal.pk for proposal in page.object_list])
    sent = sent_places(request.reader, page.object_list)  # type: ignore[attr-defined]
    for proposal in page.object_list:
        proposal.places, proposal.open_places = counts.get(proposal.pk, (0, 0))
        proposal.badge, proposal.badge_words = badge_of(proposal, sent.get(proposal.pk, 0))
    return render_list(request, "coordinator/proposals", {"page": page})


def _counts(ids: list[int]) -> dict[int, tuple[int, int]]:
    rows = Proposal.objects.filter(pk__in=ids).annotate(
        n=Count("pairs"), free=Count("pairs", filter=Q(pairs__helper=None))
    )
    return {pk: (n, free) for pk, n, free in rows.values_list("pk", "n", "free")}
