"""结对: who looks after whom, and ending it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to
from backend.roster.models import Area
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.listing import page_of, render_list, search_of, select_of
from matching.models import Pairing, Vacancy
from matching.models.repairs import OPEN_VACANCIES
from matching.selectors import pairings_visible_to, people_named
from matching.services.pairings import end_pairing

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class EndForm(PlainForm):
    reason = forms.CharField(
        label=gettext_lazy("为什么结束"), max_length=200, help_text=gettext_lazy("写在结对记录里。")
    )


def pairings(request: HttpRequest) -> HttpResponse:
    """A page of pairings, by the child's pinyin; the running ones unless asked otherwise."""
    reader = request.reader  # type: ignore[attr-defined]
    townships = (
        areas_visible_to(reader).filter(kind=Area.Kind.TOWNSHIP).order_by("code").values_list("public_id", "name")
    )
    selects = [
        select_of(request, "township", _("乡镇"), townships),
        select_of(request, "state", _("状态"), Pairing.State.choices),
    ]
    # The child of a running pairing may still wait for somebody in another place.
    missing = Vacancy.objects.filter(
        slot__child=OuterRef("child"), slot__rule__scheme=OuterRef("slot__rule__scheme"), state__in=OPEN_VACANCIES
    )
    visible = pairings_visible_to(reader).annotate(is_half=Exists(missing))
    rows = visible.filter(state=selects[1].value) if selects[1].value else visible.exclude(state="ENDED")
    if selects[0].value:
        rows = rows.filter(child__village__parent__public_id=selects[0].value)
    q = search_of(request)
    if q:
        rows = rows.filter(people_named(q))
    context = {
        "page": page_of(request, rows.order_by("child__name_sort", "child_id", "pk")),
        "selects": selects,
        "q": q,
        "is_filtered": bool(q) or any(one.value for one in selects),
    }
    return render_list(request, "coordinator/pairings", context)


def pairing_end(request: HttpRequest, pairing_id: str) -> HttpResponse:
    """The page that says what ending means; POST ends it."""
    one: Any = pairings_visible_to(request.reader).filter(public_id=pairing_id).first()  # type: ignore[attr-defined]
    if one is None:
        raise Http404
    form = EndForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            end_pairing(pairing=one, reason=form.cleaned_data["reason"], actor=request.user, now=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已结束这一对，名额空出来了，对方不再看得到孩子的资料。"))
            return redirect("web:pairings")
    return render(request, "web/coordinator/pairing_end.html", {"pairing": one, "form": form})
