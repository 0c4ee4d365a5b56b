"""点名: who is there, ticked on a phone by who plans the day or leads a part of it. Given names only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.event_selectors import (
    DAYS_AFTER,
    event_days_on_hand,
    event_days_visible_to,
    seats_taken_back,
    seats_without_photos,
)
from activities.event_words import called_on_the_spot
from activities.models import DaySeat
from activities.services import event_ticks as ticks
from backend.kernel.errors import DomainError
from backend.web.shared.day_seats import by_group

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.models import EventDay
    from backend.roster.access import Reader


def event_ticks(request: HttpRequest, event_id: str) -> HttpResponse:
    """The names by group; POST keeps ticks: a form's without script, a device's list as JSON with it."""
    one = _day_of(request.reader, event_id)  # type: ignore[attr-defined]
    now = timezone.now()
    if request.method == "POST":
        return _keep(request, one, now)
    placed = one.seats.filter(state=DaySeat.State.PLACE).exclude(pk__in=seats_taken_back(one))
    seats = list(placed.select_related("child", "school").order_by("child__name_sort", "pk"))
    without_photos = seats_without_photos(one)
    called = called_on_the_spot(seats, now=now)
    present = ticks.presence_of(one)
    for seat in seats:
        seat.name = called[seat.pk]  # type: ignore[attr-defined]
        seat.is_there = present.get(seat.pk, False)  # type: ignore[attr-defined]
        seat.is_without_photos = seat.pk in without_photos  # type: ignore[attr-defined]
    there = sum(seat.is_there for seat in seats)  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "until": one.shown_date + DAYS_AFTER,
        "event": one,
        "groups": by_group(one.draft, seats),
        "there": there,
        "all": len(seats),
    }
    return render(request, "web/people/event_ticks.html", context)


def _day_of(reader: Reader, event_id: str) -> EventDay:
    today = timezone.localdate()
    days = event_days_visible_to(reader) if reader.is_coordinator else event_days_on_hand(reader, today)
    one: EventDay | None = days.filter(public_id=event_id).exclude(state="CANCELLED").first()
    if one is None:
        raise Http404
    return one


def _keep(request: HttpRequest, one: EventDay, now: Any) -> HttpResponse:
    if request.content_type == "application/json":
        try:
            kept = ticks.keep_ticks(
                event=one, ticks=ticks.read_ticks(json.loads(request.body)), actor=request.user, now=now
            )
        except (ValueError, RecursionError, DomainError):
            return JsonResponse({"kept": []}, status=400)
        return JsonResponse({"kept": kept})
    present, shown, before = (set(request.POST.getlist(name)) for name in ("there", "shown", "before"))
    number = ticks.tick_by_form(event=one, present=present, shown=shown, before=before, actor=request.user, now=now)
    messages.success(request, _("存好了，改了 %(n)s 个。") % {"n": number})
    return redirect("web:event-ticks", one.public_id)
