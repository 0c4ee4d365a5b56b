"""全县设置: what a county decides about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.roster.access import county_of
from backend.roster.services.places import MOST_BY_THEMSELVES, let_helpers_raise, let_townships_publish
from backend.web.shared.forms import PlainForm, posted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class CountyForm(PlainForm):
    is_on = forms.BooleanField(
        label=gettext_lazy("乡镇和学校可以发布自己辖区的方案"),
        required=False,
        help_text=gettext_lazy("关着的时候，乡镇和学校只能看方案，由县里发布。"),
    )
    own_most = forms.IntegerField(
        label=gettext_lazy("帮扶人自己最多可以定到几名"),
        required=False,
        min_value=1,
        max_value=MOST_BY_THEMSELVES,
        help_text=gettext_lazy("调低随时可以；调到这个数以内也不用找协调员。不填就只能自己调低。"),
    )


def county_settings(request: HttpRequest) -> HttpResponse:
    """The switches of the reader's county."""
    county = county_of(request.reader)  # type: ignore[attr-defined]
    if county is None:
        raise Http404
    initial = {"is_on": county.townships_may_publish, "own_most": county.own_limit_most}
    form = CountyForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        let_townships_publish(county=county, is_on=form.cleaned_data["is_on"], actor=request.user)
        let_helpers_raise(county=county, most=form.cleaned_data["own_most"], actor=request.user)
        messages.success(request, _("已保存。"))
        return redirect("web:county-settings")
    return render(request, "web/coordinator/county_settings.html", {"county": county, "form": form})
