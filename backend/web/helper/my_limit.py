"""改名额: how many children at most, said by the helper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import helpers_visible_to
from backend.roster.services.own_details import given_limit, most_for, set_own_limit
from backend.web.shared.forms import PlainForm, posted
from matching.selectors import pairings_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Helper


class LimitForm(PlainForm):
    limit = forms.IntegerField(
        label=gettext_lazy("最多带几名"),
        min_value=0,
        max_value=200,
        help_text=gettext_lazy("写 0 就是不再带新的孩子。"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


def my_limit(request: HttpRequest) -> HttpResponse:
    """What the number means and how far it may go; POST keeps it."""
    reader = request.reader  # type: ignore[attr-defined]
    helper: Helper | None = helpers_visible_to(reader).select_related("township").first()
    if helper is None:
        raise Http404
    form = LimitForm(posted(request), initial={"limit": helper.total_limit})
    if request.method == "POST" and form.is_valid():
        try:
            set_own_limit(helper=helper, limit=form.cleaned_data["limit"], actor=request.user)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("改好了，协调员会看到。"))
            return redirect("web:my-details")
    context = {
        "form": form,
        "held": pairings_visible_to(reader).exclude(state="ENDED").count(),
        "given": given_limit(helper),
        "most": most_for(helper),
    }
    return render(request, "web/helper/my_limit.html", context)
