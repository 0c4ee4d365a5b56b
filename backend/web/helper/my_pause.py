"""请假: being away from a day to a day, said by the helper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import helpers_visible_to
from backend.roster.services.pauses import ask_pause, end_pause
from backend.web.shared.forms import PlainForm, date_field, posted
from matching.selectors import pairings_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class AwayForm(PlainForm):
    from_date = date_field(gettext_lazy("哪天开始"))
    until_date = date_field(gettext_lazy("到哪天"), hint=gettext_lazy("含这一天，第二天自动恢复。"))


def my_pause(request: HttpRequest) -> HttpResponse:
    """What a pause means for the children, and its days; POST asks for it."""
    reader, helper = request.reader, _me(request)  # type: ignore[attr-defined]
    form = AwayForm(posted(request))
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data
        try:
            ask_pause(helper=helper, actor=request.user, now=timezone.now(), **days)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("记下了，协调员会看到。到期自动恢复。"))
            return redirect("web:my-details")
    held = pairings_visible_to(reader).exclude(state="ENDED").count()
    return render(request, "web/helper/my_pause.html", {"form": form, "helper": helper, "held": held})


def my_pause_end(request: HttpRequest) -> HttpResponse:
    """Back earlier, or not away after all."""
    end_pause(helper=_me(request), actor=request.user)
    messages.success(request, _("假期取消了。暂停的孩子到原来那天自动恢复，要早一点请找协调员。"))
    return redirect("web:my-details")


def _me(request: HttpRequest) -> Any:
    mine = helpers_visible_to(request.reader).first()  # type: ignore[attr-defined]
    if mine is None:
        raise Http404
    return mine
