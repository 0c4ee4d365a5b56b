"""What allauth may do here: sign people in. Accounts are made by coordinators and imports, never by signing up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.utils.translation import gettext as _

from backend.accounts.codes import send_code, send_mail
from backend.accounts.forms import PhoneField
from backend.accounts.phones import user_with_phone

if TYPE_CHECKING:
    from django.http import HttpRequest

    from backend.accounts.models import User


def name_of(user: User) -> str:
    """What a person is called on screen; their user name is an id nobody knows."""
    return user.display_name or user.email or ""


class AccountAdapter(DefaultAccountAdapter):
    """
    Closed sign-up, and codes by text message.

    Where allauth says `phone`, it holds the key of a number rather than the number (see `accounts.phones`).
    """

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False

    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        return PhoneField(**kwargs)

    def get_user_by_phone(self, phone: str) -> User | None:
        return user_with_phone(phone)

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, True) if user.phone else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:  # noqa: FBT001 - allauth's signature
        """
        Never: a coordinator changes the number of a login, its owner does not.

        Raises:
            NotImplementedError
        """
        raise NotImplementedError

    def set_phone_verified(self, user: Any, phone: str) -> None:
        """Nothing to note: the number came from the ledger, and the code has just proved that it arrives."""

    def generate_phone_verification_code(self, *, user: Any, phone: str) -> str:  # noqa: ARG002 - allauth's signature
        return str(self.generate_login_code())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """As allauth's, but a mail server in trouble breaks no page and holds none up."""
        request = allauth_context.request
        facts = {"request": request, "email": email, "current_site": get_current_site(request)} | context
        send_mail(self.render_mail(template_prefix, email, facts))

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **_kwargs: Any) -> None:  # noqa: ARG002
        """To the number on the account: `phone` is only its key."""
        minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
        text = _("【牵手】验证码 %(code)s，%(minutes)s 分钟内有效。不是您本人在登录，就不用理会，也不要告诉别人。")
        send_code(user.phone, text % {"code": code, "minutes": minutes})
