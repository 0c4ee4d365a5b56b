"""Which frame a page shared by desk and phone stands in; for the inbox, the choice of channels and a child's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.accounts.models import Role

if TYPE_CHECKING:
    from django.http import HttpRequest


def frame_of(request: HttpRequest) -> dict[str, Any]:
    """The template to extend and whether it is the phone's."""
    reader = request.reader  # type: ignore[attr-defined]
    is_phone = reader.is_helper or reader.role == Role.GUARDIAN
    return {"frame": "web/phone.html" if is_phone else "web/desk.html", "is_phone": is_phone}
