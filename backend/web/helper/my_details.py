"""我的: what the ledger holds about the reader as a helper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone

from backend.accounts.models import Role
from backend.roster.access import helpers_visible_to
from backend.roster.presenting_helpers import present_helper
from backend.web.shared.hours import said_hours
from matching.selectors import pairings_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def my_details(request: HttpRequest) -> HttpResponse:
    """Roles, hours, limit and clearance; changes go through the coordinator."""
    reader = request.reader  # type: ignore[attr-defined]
    mine = helpers_visible_to(reader).select_related("unit", "township", "village")
    helper = mine.prefetch_related("roles", "clearances", "weekly_hours").first()
    if helper is None:
        raise Http404
    facts = present_helper(reader, helper, now=timezone.now())
    context = {
        "facts": facts,
        "helper": helper,
        "roles": [str(Role(role).label) for role in facts["roles"]],
        "hours": said_hours(helper.weekly_hours.all()),
        "held": pairings_visible_to(reader).exclude(state="ENDED").count(),
    }
    return render(request, "web/helper/my_details.html", context)
