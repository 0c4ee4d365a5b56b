"""某人不做了: what one helper holds, ended in one step, each place looked after at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import helpers_visible_to
from backend.roster.models import Helper
from backend.roster.services.by_hand import edit_helper
from backend.roster.sheets.words import HELPER_STATES
from backend.web.shared.counted import CountedForm
from backend.web.shared.forms import posted
from matching.models.pairings import OPEN_STATES
from matching.selectors import pairings_visible_to
from matching.services.handovers import release_helper

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class ReleaseForm(CountedForm):
    reason = forms.CharField(
        label=gettext_lazy("为什么结束"), max_length=200, help_text=gettext_lazy("写在结对记录里。")
    )
    is_gone = forms.BooleanField(
        label=gettext_lazy("这个人离开了，以后不再请"),
        required=False,
        help_text=gettext_lazy("不勾就还在任：没答复的邀请照样有效，以后还会被请。勾了，没答复的邀请一并撤回。"),
    )


def helper_release(request: HttpRequest, helper_id: str) -> HttpResponse:
    """Every open pairing of theirs in the reader's scope; POST ends all of them and has others looked for."""
    reader = request.reader  # type: ignore[attr-defined]
    helper: Any = helpers_visible_to(reader).filter(public_id=helper_id).first()
    if helper is None:
        raise Http404
    mine = pairings_visible_to(reader).filter(Q(helper=helper) | Q(leader=helper), state__in=OPEN_STATES)
    rows = list(mine.order_by("child__name_sort", "child_id", "pk"))
    form = ReleaseForm(posted(request), initial={"seen": len(rows)}, people=len(rows))
    if request.method == "POST" and rows and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            if form.cleaned_data["is_gone"]:
                _let_go(request, helper, reason)
            done = release_helper(pairings=rows, reason=reason, actor=request.user, now=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("结束了 %(n)s 对，名额正在另找人，在“补派”里看。") % {"n": done})
            return redirect("web:helper", helper_id)
    context = {"helper": helper, "rows": rows, "form": form}
    return render(request, "web/coordinator/helper_release.html", context)


def _let_go(request: HttpRequest, helper: Any, reason: str) -> None:
    """Whoever has left is asked for nobody any more."""
    who: dict[str, Any] = {"actor": request.user, "reader": request.reader, "now": timezone.now()}  # type: ignore[attr-defined]
    left = next(word for word, state in HELPER_STATES.items() if state == Helper.State.LEFT)
    edit_helper(helper=helper, cells={"state": left}, version=helper.version, reason=reason, **who)
