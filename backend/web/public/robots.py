"""What search engines are told: pages that must stay out say so themselves, which they can only if they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse

if TYPE_CHECKING:
    from django.http import HttpRequest


def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Nothing is disallowed: an address that is disallowed can still be listed, one that says noindex cannot."""
    return HttpResponse("User-agent: *\nAllow: /\n", content_type="text/plain; charset=utf-8")
