"""The first address: each role is sent to the page it works from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render

from backend.accounts.models import COORDINATORS, HELPERS, Role

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_LANDS_ON = {
    **dict.fromkeys(COORDINATORS, "web:today"),
    **dict.fromkeys(HELPERS, "web:week"),
    Role.VILLAGE_DIRECTOR: "web:my-village",
    Role.GUARDIAN: "web:my-child",
    Role.AUDITOR: "web:audit",
    Role.ADMIN: "web:system",
}


def home(request: HttpRequest) -> HttpResponse:
    """Send the reader on; whoever has no role is told what to do."""
    page = _LANDS_ON.get(request.reader.role)  # type: ignore[attr-defined]
    return redirect(page) if page else render(request, "web/public/no_role.html")
