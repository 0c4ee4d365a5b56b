"""The sign-in forms: one field takes an e-mail address or, where texts can be sent, a mobile number."""

from __future__ import annotations

from typing import Any

from allauth.account.app_settings import LoginMethod
from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.phones import phone_key

EMAIL_OR_PHONE = gettext_lazy("邮箱或手机号")


class PhoneField(forms.CharField):
    """A mobile number; its cleaned value is the key that stands for it, see `accounts.phones`."""

    def clean(self, value: Any) -> str:
        """
        Raises:
            ValidationError: no mobile number.
        """
        text = super().clean(value)
        key = phone_key(text)
        if text and not key:
            raise ValidationError(_("这不是手机号。"))
        return key


class CodeForm(RequestLoginCodeForm):
    """Asks for a code. The field is called `email` whatever is written into it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.takes_phone: bool = self._has_phone
        if self._has_phone:
            del self.fields["phone"]
            widget = forms.TextInput(attrs={"autocomplete": "username"})
            self.fields["email"] = forms.CharField(label=EMAIL_OR_PHONE, max_length=254, widget=widget)

    def clean_email(self) -> str:
        """A number moves over to `phone`; both ways are limited alike."""
        text = self.cleaned_data["email"].strip()
        if not self._has_phone or "@" in text:
            validate_email(text)
            return str(super().clean_email())
        key = phone_key(text)
        if not key:
            raise ValidationError(_("这不是邮箱，也不是手机号。"))
        self.cleaned_data["phone"] = key
        self.clean_phone()
        return ""


class ConfirmForm(ConfirmLoginCodeForm):
    """Takes the code: digits, which a phone may fill in from the message."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("验证码")
        self.fields["code"].widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric"}


class SignInForm(LoginForm):
    """Password sign-in, by the same two."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["login"]
        self.takes_phone = not isinstance(field, forms.EmailField)
        if self.takes_phone:
            field.label = EMAIL_OR_PHONE
            field.widget.attrs = {"autocomplete": "username"}

    def user_credentials(self) -> dict[str, Any]:
        """Never by user name: those are ids nobody signs in with."""
        credentials: dict[str, Any] = super().user_credentials()
        if LoginMethod.USERNAME in credentials:
            credentials["email"] = credentials.pop(LoginMethod.USERNAME)
        return credentials
