"""
Lets a page be opened by those the permission table names; everybody else gets the same 404 as for no page.

Used by every page; the API has the same table behind its permission class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from backend.accounts.permission_table import PUBLIC, SIGNED_IN, allowed_roles
from backend.roster.access import SESSION_ROLE, reader_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


def _reader_of(request: HttpRequest) -> Reader:
    reader = reader_for(request.user, timezone.now(), acting=request.session.get(SESSION_ROLE, ""))
    if reader.role:
        request.user.acting_role = reader.role  # type: ignore[union-attr] # a reader with a role has signed in
    return reader


class DoorkeeperMiddleware:
    """Puts the reader on the request and checks the row of the page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.reader = SimpleLazyObject(lambda: _reader_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Refuse before the view runs. The API answers for itself, with its own error bodies."""
        match = request.resolver_match
        if match is None or match.namespace == "api":
            return None
        allowed = allowed_roles(request.method or "GET", match.view_name)
        if allowed is None:
            raise Http404
        if PUBLIC in allowed:
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if SIGNED_IN in allowed or request.reader.role in allowed:  # type: ignore[attr-defined]
            return None
        raise Http404
