"""Choosing in which role to act, for somebody who holds several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import redirect

from backend.roster.access import SESSION_ROLE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def act_as(request: HttpRequest) -> HttpResponse:
    """Keep the choice for this session and go to the page that role works from; a role not held is no choice."""
    chosen = request.POST.get("role", "")
    if chosen not in request.reader.roles:  # type: ignore[attr-defined]
        raise Http404
    request.session[SESSION_ROLE] = chosen
    return redirect("web:home")
