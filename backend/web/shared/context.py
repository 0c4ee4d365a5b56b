"""What every page's frame needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Nothing yet for people who are not signed in."""
    return {"reader": getattr(request, "reader", None)}
