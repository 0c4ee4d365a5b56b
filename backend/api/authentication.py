"""Signing in as a program: `Authorization: Token <secret>`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from backend.accounts.services import user_of_token

if TYPE_CHECKING:
    from rest_framework.request import Request

_SECRET_LENGTH = 43


class ApiTokenAuthentication(BaseAuthentication):
    """Finds the live token behind the header. All wrong tokens answer alike."""

    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"token":
            return None
        secret = parts[1].decode("latin-1") if len(parts) == 2 else ""  # noqa: PLR2004 - keyword and secret
        token = user_of_token(secret, now=timezone.now()) if len(secret) == _SECRET_LENGTH else None
        if token is None:
            raise AuthenticationFailed("This token is not known, has ended or was revoked.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class ApiTokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes the header."""

    target_class = "backend.api.authentication.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token <secret>"}
