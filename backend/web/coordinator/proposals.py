"""结对方案: every draft, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q

from backend.web.shared.listing import page_of, render_list
from matching.models import Proposal
from matching.selectors import proposals_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

STATES = {"OPEN": "DRAFT", "PUBLISHED": "PUBLISHED", "SUPERSEDED": "GONE"}


def proposals(request: HttpRequest) -> HttpResponse:
    """A page of drafts with how many places each fills."""
    # Repairs have a page of their own; the hundred drafts of a busy week would hide the county's.
    rows = proposals_visible_to(request.reader).filter(run__is_automatic=False).order_by("-created_at", "-pk")  # type: ignore[attr-defined]
    page = page_of(request, rows)
    counts = _counts([proposal.pk for proposal in page.object_list])
    for proposal in page.object_list:
        proposal.places, proposal.open_places = counts.get(proposal.pk, (0, 0))
        proposal.badge = STATES[proposal.state]
    return render_list(request, "coordinator/proposals", {"page": page})


def _counts(ids: list[int]) -> dict[int, tuple[int, int]]:
    rows = Proposal.objects.filter(pk__in=ids).annotate(
        n=Count("pairs"), free=Count("pairs", filter=Q(pairs__helper=None))
    )
    return {pk: (n, free) for pk, n, free in rows.values_list("pk", "n", "free")}
