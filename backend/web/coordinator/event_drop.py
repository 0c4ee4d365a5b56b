"""Deleting a draft: a page that says first what goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from activities.event_selectors import latest_version
from activities.models import DayConsent, DaySeat
from activities.services.event_days import drop_event_day
from backend.kernel.errors import DomainError
from backend.web.coordinator.event import event_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def event_drop(request: HttpRequest, event_id: str) -> HttpResponse:
    """GET says how many children and consents go; POST deletes. What was published is called off instead."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    if latest_version(one) is not None:
        raise Http404
    if request.method == "POST":
        try:
            drop_event_day(event=one, actor=request.user)
        except DomainError as error:
            messages.warning(request, sentence_of(error))
            return redirect("web:event", event_id)
        messages.success(request, _("草稿已删除。"))
        return redirect("web:events")
    context = {
        "event": one,
        "children": one.seats.exclude(state=DaySeat.State.GONE).count(),
        "consents": DayConsent.objects.filter(seat__event=one).count(),
    }
    return render(request, "web/coordinator/event_drop.html", context)
