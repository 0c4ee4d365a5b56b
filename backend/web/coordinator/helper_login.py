"""Where a helper's sign-in codes go, and changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import helpers_visible_to
from backend.roster.services.logins import change_login
from backend.web.shared.forms import PlainForm, posted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.accounts.models import User


class HelperLoginForm(PlainForm):
    email = forms.EmailField(label=gettext_lazy("邮箱"), required=False)
    phone = forms.CharField(
        label=gettext_lazy("手机"), max_length=20, required=False, help_text=gettext_lazy("邮箱和手机至少填一个。")
    )


def helper_login(request: HttpRequest, helper_id: str) -> HttpResponse:
    """What the codes go to now; POST changes it, in the ledger too."""
    reader = request.reader  # type: ignore[attr-defined]
    one = helpers_visible_to(reader).select_related("user").filter(public_id=helper_id).first()
    if one is None:
        raise Http404
    form = HelperLoginForm(posted(request), initial={"email": one.email, "phone": one.phone})
    if request.method == "POST" and form.is_valid():
        try:
            change_login(
                helper=one, actor=cast("User", request.user), reader=reader, now=timezone.now(), **form.cleaned_data
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已改。以后验证码发到这里，原来的登录都失效了。"))
            return redirect("web:helper", one.public_id)
    return render(request, "web/coordinator/helper_login.html", {"helper": one, "form": form})
