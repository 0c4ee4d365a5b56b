"""手改: taking several off at once where something speaks against it asks why, like a swap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from backend.web.coordinator.listed_edits import back_query
from backend.web.shared.words import HINT_WORDS
from matching.services.hand_edits import LEAST_REASON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from matching.models import Proposal, ProposedPair
    from matching.services.hand_edits import ReasonNeeded


def ask_why_off(
    request: HttpRequest, draft: Proposal, pairs: Sequence[ProposedPair], facts: dict[str, Any], needed: ReasonNeeded
) -> HttpResponse:
    """A page that names the places something speaks against; with a reason all that were ticked are taken off."""
    against = needed.facts["places"]
    context = {
        "proposal": draft,
        "rows": [
            {"pair": pair, "remarks": [HINT_WORDS[code] for code in against[pair.public_id]]}
            for pair in pairs
            if pair.public_id in against
        ],
        "places": len(pairs),
        "pairs": [f"{public_id}:{version}" for public_id, version in facts["pairs"]],
        "back": back_query(request),
        "said": facts["reason"],
        "least": LEAST_REASON,
    }
    return render(request, "web/coordinator/take_off_reason.html", context, status=needed.status)
