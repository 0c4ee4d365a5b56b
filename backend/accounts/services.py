"""Making logins and API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from backend.accounts.models import ApiToken, User
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.vault.hashes import new_token, token_hash

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_TOKEN_DAYS = 400


class WrongAddress(DomainError):
    code = "user.wrong_address"
    status = 400
    message = "This is no e-mail address."


class TokenTooLong(DomainError):
    code = "token.too_long"
    status = 400
    message = "A token lives at most %(days)s days."


def make_api_token(*, user: User, label: str, scope: str, days: int, now: datetime) -> tuple[ApiToken, str]:
    """
    Make a token and answer it once with its secret.

    Raises:
        TokenTooLong: more than 400 days asked for.
    """
    if not 0 < days <= LONGEST_TOKEN_DAYS:
        raise TokenTooLong(days=LONGEST_TOKEN_DAYS)
    secret = new_token()
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            label=label,
            scope=scope,
            token_hash=token_hash(secret),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        record(actor=user, verb="token.made", subject=token)
    return token, secret


def revoke_api_token(*, token: ApiToken, actor: User, now: datetime) -> None:
    """End a token at once; ending it twice changes nothing."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            record(actor=actor, verb="token.revoked", subject=token)


def user_of_token(secret: str, *, now: datetime) -> ApiToken | None:
    """The live token behind a secret, or None; the last use is noted at most once an hour."""
    token = ApiToken.objects.select_related("user").filter(token_hash=token_hash(secret)).first()
    if token is None or not token.is_live(now):
        return None
    if token.used_at is None or now - token.used_at > timedelta(hours=1):
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
    return token


def open_account(*, email: str, display_name: str, actor: User | None) -> User:
    """
    The account with this address, made where there is none: without a password, opened by a code sent by mail.

    Raises:
        WrongAddress: no e-mail address.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise WrongAddress from error
    with transaction.atomic():
        there = User.objects.filter(email__iexact=address).first()
        if there is not None:
            return there
        made = User.objects.create(email=address, display_name=display_name[:60], password=make_password(None))
        record(actor=actor, verb="user.made", subject=made)
    return made


def disable_user(*, user: User, actor: User) -> None:
    """Close an account: sessions, tokens, links and feeds all ask `is_active` at their next request."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            record(actor=actor, verb="user.disabled", subject=user)
