"""The second factor's forms: a field that says what is wanted, and an error that tells a used code from a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.mfa.utils import decrypt
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from backend.accounts.models import User

CODE_LABEL = gettext_lazy("验证器上的六位数字，或一个备用码")


class _ForACode:
    """What both forms have: the label, and the second look at a code that was refused."""

    fields: dict[str, Any]
    cleaned_data: dict[str, Any]
    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = CODE_LABEL
        field.widget.attrs = {"autocomplete": "one-time-code", "autofocus": True}

    def clean_code(self) -> str:
        """
        Raises:
            ValidationError: a wrong code, too many tries, or the right code for the second time.
        """
        try:
            return str(super().clean_code())  # type: ignore[misc] # allauth's form stands behind this one
        except ValidationError as error:
            # Asked only after the tries were counted; a used code opens nothing, so saying so gives nothing away.
            if error.code == "incorrect_code" and is_of_this_moment(self.user, self.cleaned_data["code"]):
                raise ValidationError(_("这个数字刚才用过了。请等验证器换下一个（最多半分钟），再填一次。")) from error
            raise


def is_of_this_moment(user: User, code: str) -> bool:
    """Whether the code is the one the person's authenticator shows now: refused all the same, it was used before."""
    mine = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    return any(validate_totp_code(decrypt(one.data["secret"]), code) for one in mine)


class SecondFactorForm(_ForACode, AuthenticateForm):
    """When signing in."""


class SecondFactorAgainForm(_ForACode, ReauthenticateForm):
    """Before something that asks for the second factor once more."""
