"""Changing where a helper's sign-in codes go: a coordinator does, never the helper alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F

from backend.accounts.models import COORDINATORS, ApiToken, User
from backend.accounts.phones import mobile_in, phone_hash
from backend.accounts.services import WrongAddress
from backend.audit.services import record
from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.access import helpers_visible_to
from backend.roster.models import Helper
from backend.vault.hashes import lookup_hash

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader


class WrongPhone(DomainError):
    code = "login.wrong_phone"
    status = 400
    message = "This is no mobile number."


class LoginUnreachable(DomainError):
    code = "login.unreachable"
    status = 400
    message = "A login needs an e-mail address or a mobile number."


class LoginTaken(DomainError):
    code = "login.taken"
    message = "Another account signs in with this address or number."


class LoginGuarded(DomainError):
    code = "login.guarded"
    status = 403
    message = "This login has other rights too; whoever grants those rights changes it."


class NoLogin(DomainError):
    code = "login.none"
    message = "This helper has no account."


def change_login(*, helper: Helper, email: str, phone: str, actor: User, reader: Reader, now: datetime) -> User:
    """
    Write another address and number into the ledger and let codes go there from now on.

    What the old ones opened ends: sessions, the password, API tokens.

    Raises:
        WrongAddress, WrongPhone: cannot be one. LoginUnreachable: both empty.
        LoginTaken: it opens another account. LoginGuarded: the account has rights beside the helper's.
        NoLogin: there is no account. NotAllowed: no coordinator over this helper.
    """
    reader.may(*COORDINATORS)
    if not helpers_visible_to(reader).filter(pk=helper.pk).exists():
        raise NotAllowed
    address, mobile = _checked(email, phone)
    if helper.user_id is None:
        raise NoLogin
    try:
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=helper.user_id)
            if user.memberships.exists() or user.grant_proposals.filter(state="PROPOSED").exists():
                raise LoginGuarded
            _write(helper, user, address, mobile, now)
            _note(actor, user, helper, address, mobile)
    except IntegrityError as error:
        raise LoginTaken from error
    helper.refresh_from_db()
    return user


def _checked(email: str, phone: str) -> tuple[str, str]:
    address, mobile = email.strip().lower(), mobile_in(phone)
    if phone.strip() and not mobile:
        raise WrongPhone
    if not address and not mobile:
        raise LoginUnreachable
    try:
        if address:
            validate_email(address)
    except ValidationError as error:
        raise WrongAddress from error
    return address, mobile


def _write(helper: Helper, user: User, address: str, mobile: str, now: datetime) -> None:
    Helper.objects.filter(pk=helper.pk).update(
        email=address,
        phone=mobile,
        phone_hash=lookup_hash(mobile, "helper.phone"),
        version=F("version") + 1,
        changed_at=now,
    )
    # A new unusable password ends every session at its next request.
    User.objects.filter(pk=user.pk).update(
        email=address or None, phone=mobile, phone_hash=phone_hash(mobile), password=make_password(None)
    )
    EmailAddress.objects.filter(user=user).delete()
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)


def _note(actor: User, user: User, helper: Helper, address: str, mobile: str) -> None:
    """From which address to which; of the number only that it changed. `user` and `helper` are as they were."""
    about: dict[str, Any] = {"actor": actor, "subject": user}
    if (user.email or "") != address:
        record(**about, verb="user.email_changed", before={"email": user.email or ""}, after={"email": address})
    if user.phone != mobile:
        record(**about, verb="user.phone_changed", before={"is_set": bool(user.phone)}, after={"is_set": bool(mobile)})
    record(actor=actor, verb="helper.changed", subject=helper, after={"also_changed": ["email", "phone"]})
