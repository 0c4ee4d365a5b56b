"""我的村, for a village's child director: the children, and which of them still lack somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone

from backend.roster.access import areas_visible_to, children_visible_to
from backend.roster.models import Area, CareLink
from backend.roster.presenting import present_list

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def my_village(request: HttpRequest) -> HttpResponse:
    """Every child of the village on one page, the greatest need first."""
    reader = request.reader  # type: ignore[attr-defined]
    visible = children_visible_to(reader).filter(state="ACTIVE").select_related("village", "school", "school_class")
    children = list(visible.order_by("-heart_level", "name_sort", "pk"))
    shown = present_list(reader, children, now=timezone.now())
    links = CareLink.objects.filter(child__in=[child.pk for child in children], ended_at=None)
    helped = set(links.values_list("child_id", flat=True))
    context = {
        "villages": list(
            areas_visible_to(reader).filter(kind=Area.Kind.VILLAGE).order_by("code").values_list("name", flat=True)
        ),
        "rows": [(facts.public_id, facts.values, one.pk in helped) for one, facts in zip(children, shown, strict=True)],
        "alone": sum(1 for one in children if one.pk not in helped),
    }
    return render(request, "web/oversight/my_village.html", context)
