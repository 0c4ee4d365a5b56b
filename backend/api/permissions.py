"""One permission for every operation: the row of the permission table that bears its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils import timezone
from rest_framework.permissions import BasePermission

from backend.accounts.models import ApiToken
from backend.accounts.permission_table import PUBLIC, SIGNED_IN, allowed_roles
from backend.roster.access import Reader, reader_for

if TYPE_CHECKING:
    from rest_framework.request import Request

_READING = {"GET", "HEAD", "OPTIONS"}


def reader_of(request: Request) -> Reader:
    """The reader behind a request, worked out once per request."""
    marked: Any = request
    if not hasattr(marked, "qianshou_reader"):
        marked.qianshou_reader = reader_for(request.user, timezone.now())
    reader: Reader = marked.qianshou_reader
    return reader


def _is_about_children(request: Request) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name.startswith("api:child-")


class OperationAllowed(BasePermission):
    """Refuses whatever has no row, whoever is not named in it, and writing with a read-only token."""

    def has_permission(self, request: Request, view: Any) -> bool:
        match = request.resolver_match
        allowed = allowed_roles(request.method or "GET", match.view_name if match else "")
        if allowed is None:
            return False
        if PUBLIC in allowed:
            return True
        if not request.user.is_authenticated:
            return False
        token = request.auth
        if isinstance(token, ApiToken) and token.scope == ApiToken.Scope.READ and request.method not in _READING:
            return False
        if SIGNED_IN in allowed or reader_of(request).role in allowed:
            return True
        if _is_about_children(request):
            raise Http404  # for whoever reads no child, there is none
        return False
