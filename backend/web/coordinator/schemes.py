"""结对项目: the rule books of the county, the present term's first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from activities.selectors import talk_plans_visible_to
from backend.accounts.models import Role
from backend.web.coordinator.scheme_words import told
from matching.selectors import schemes_visible_to
from matching.services.scheme_edits import built_in_book, changed_from_preset

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def schemes(request: HttpRequest) -> HttpResponse:
    """One row a scheme: whom it is for, who comes, whether it is in use and what was changed."""
    reader = request.reader  # type: ignore[attr-defined]
    visible = list(
        schemes_visible_to(reader).prefetch_related("slot_rules").order_by("-term__start_date", "-is_active", "pk")
    )
    for one in visible:
        one.told = told(one)  # type: ignore[attr-defined]
        one.is_changed = bool(changed_from_preset(one))  # type: ignore[attr-defined]
        one.is_own = built_in_book(one) is None  # type: ignore[attr-defined]
    context = {
        "schemes": visible,
        "in_use": sum(one.is_active for one in visible),
        "talks": talk_plans_visible_to(reader).values("school_class").distinct().count(),
        "may_edit": reader.role == Role.COUNTY_COORDINATOR,
    }
    return render(request, "web/coordinator/schemes.html", context)
