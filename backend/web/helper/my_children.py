"""我的孩子: those looked after now, and offers that wait for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone

from backend.roster.access import children_visible_to
from backend.roster.presenting import present_list
from backend.web.helper.week import open_offers
from matching.draft_selectors import stand_ins_for
from matching.plain_names import plain_name
from matching.selectors import pairings_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def my_children(request: HttpRequest) -> HttpResponse:
    """Names in the form the role allows; a child's own page is one tap further and is noted."""
    reader = request.reader  # type: ignore[attr-defined]
    now = timezone.now()
    children = (
        children_visible_to(reader).select_related("village", "school", "school_class").order_by("name_sort", "pk")
    )
    shown = present_list(reader, children, now=now)
    places = dict(
        pairings_visible_to(reader).filter(state="ACTIVE").values_list("child__public_id", "slot__rule__name")
    )
    context = {
        "children": [(one.public_id, one.values, plain_name(places.get(one.public_id, ""))) for one in shown],
        "covered": stand_ins_for(reader.helper_id) if reader.helper_id else [],
        "offers": open_offers(reader, now),
    }
    return render(request, "web/helper/my_children.html", context)
