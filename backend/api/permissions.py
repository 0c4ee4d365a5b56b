"""One permission for every operation: the row of the permission table that bears its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils import timezone
from rest_framework.permissions import BasePermission

from backend.accounts.models import ApiToken, Role
from backend.accounts.permission_table import PUBLIC, SIGNED_IN, allowed_roles
from backend.kernel.errors import DomainError
from backend.roster.access import SESSION_ROLE, Reader, reader_for

if TYPE_CHECKING:
    from rest_framework.request import Request

ACTING_ROLE_HEADER = "X-Acting-Role"
_READING = {"GET", "HEAD", "OPTIONS"}


class ActingRoleUnknown(DomainError):
    code = "acting_role.unknown"
    status = 400
    message = "X-Acting-Role takes the name of a role."


class ActingRoleNotHeld(DomainError):
    code = "acting_role.not_held"
    status = 403
    message = "You do not hold the role that X-Acting-Role names."


def reader_of(request: Request) -> Reader:
    """
    The reader behind a request, worked out once per request.

    Raises:
        ActingRoleUnknown, ActingRoleNotHeld: the header asks for a role there is not, or not for this person.
    """
    marked: Any = request
    if not hasattr(marked, "qianshou_reader"):
        marked.qianshou_reader = _reader(request)
    reader: Reader = marked.qianshou_reader
    return reader


def _reader(request: Request) -> Reader:
    asked = request.headers.get(ACTING_ROLE_HEADER, "")
    if asked and asked not in Role.values:
        raise ActingRoleUnknown
    reader = reader_for(request.user, timezone.now(), acting=asked or _chosen_on_pages(request))
    if asked and reader.role != asked:
        raise ActingRoleNotHeld
    if reader.role:
        request.user.acting_role = reader.role  # type: ignore[union-attr] # a reader with a role has signed in
    return reader


def _chosen_on_pages(request: Request) -> str:
    """Who comes with a page's session acts as they do on the pages; a token knows no session."""
    return "" if request.auth is not None else str(request.session.get(SESSION_ROLE, ""))


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
        reader_of(request)  # a header that asks for a wrong role is refused whatever is asked
        token = request.auth
        if isinstance(token, ApiToken) and token.scope == ApiToken.Scope.READ and request.method not in _READING:
            return False
        if SIGNED_IN in allowed or reader_of(request).role in allowed:
            return True
        if _is_about_children(request):
            raise Http404  # for whoever reads no child, there is none
        return False
