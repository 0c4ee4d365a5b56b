"""结对项目: the rule books, to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from backend.web.shared.words import level_words, said_reasons
from matching.models import PlaceRole
from matching.selectors import schemes_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from matching.models import Scheme, SlotRule


def schemes(request: HttpRequest) -> HttpResponse:
    """The schemes of the county, each with its places and what makes a pair good."""
    visible = schemes_visible_to(request.reader).prefetch_related("slot_rules")  # type: ignore[attr-defined]
    books = [_book(scheme) for scheme in visible.order_by("-term__start_date", "pk")]
    return render(request, "web/coordinator/schemes.html", {"books": books})


def _book(scheme: Scheme) -> dict[str, Any]:
    rules = sorted(scheme.slot_rules.all(), key=lambda rule: (rule.position, rule.pk))
    return {"scheme": scheme, "levels": level_words(scheme.target_levels), "places": [_place(rule) for rule in rules]}


def _place(rule: SlotRule) -> dict[str, Any]:
    weights = sorted(rule.weights.items(), key=lambda weight: -weight[1])
    return {
        "rule": rule,
        "who": "、".join(str(PlaceRole(role).label) for role in rule.roles),
        "wishes": said_reasons(weights),
    }
