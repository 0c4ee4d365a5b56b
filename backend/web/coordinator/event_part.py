"""One thing of a day on a form of its own: a segment, group, place, person, supply, vehicle, trip or budget line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.services import event_days, event_edits
from backend.kernel.errors import DomainError
from backend.web.coordinator.event import event_of
from backend.web.coordinator.event_part_forms import FORMS, WORDS, HeadForm
from backend.web.coordinator.helpers import filtered_helpers
from backend.web.shared.forms import posted, version_of
from backend.web.shared.listing import search_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.models import EventDay
    from backend.roster.models import Helper

NEW = "new"
_MOST_HELPERS = 50


def event_part(request: HttpRequest, event_id: str, part: str, key: str) -> HttpResponse:
    """The form of one thing, filled in; `new` for one more. POST puts it into the draft."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    before = event_edits.found_part(one, part, key)
    if part not in FORMS or (before is None and key != NEW):
        raise Http404
    helpers = _helpers(request) if part == "people" else {}
    extra = _of_person(one, key, helpers) if part == "people" else {}
    form = FORMS[part](posted(request), draft=one.draft, before=before, **extra)
    if request.method == "POST" and form.is_valid():
        real = key if before is not None else event_edits.key_for(one, part)
        try:
            _put(request, one, part, real, form, helpers)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("存好了。时间还没有重新排。") if one.plan else _("存好了。"))
            return redirect("web:event", event_id)
    context = {
        "event": one, "part": part, "key": key, "words": WORDS[part], "form": form, "before": before,
        "q": search_of(request), "most": _MOST_HELPERS,
    }  # fmt: skip
    return render(request, "web/coordinator/event_part.html", context)


def _helpers(request: HttpRequest) -> dict[str, Helper]:
    """The first of those who were looked for, and whoever was chosen."""
    rows = filtered_helpers(request.reader, {"state": "ACTIVE"}).select_related("unit")  # type: ignore[attr-defined]
    q = search_of(request)
    looked_for = rows.filter(Q(name_search__contains=q.lower()) | Q(unit__name__contains=q)) if q else rows
    chosen = rows.filter(public_id=request.POST.get("helper", ""))
    found = [*chosen, *looked_for.order_by("name_sort", "pk")[:_MOST_HELPERS]]
    return {one.public_id: one for one in found}


def _of_person(one: EventDay, key: str, helpers: dict[str, Helper]) -> dict[str, Any]:
    """Choices of helpers on file, and who this person is now, also where the reader does not otherwise see them."""
    host = one.hosts.filter(key=key).select_related("helper__unit").first()
    if host is not None:
        helpers.setdefault(host.helper.public_id, host.helper)
    choices = [(pid, f"{row.name}（{row.unit.name}）" if row.unit else row.name) for pid, row in helpers.items()]
    return {"helpers": choices, "helper": host.helper.public_id if host is not None else ""}


def _put(request: HttpRequest, one: EventDay, part: str, key: str, form: Any, helpers: dict[str, Helper]) -> None:
    common: dict[str, Any] = {"version": version_of(request), "actor": request.user, "now": timezone.now()}
    value = form.value(key)
    if part == "people":
        helper = helpers.get(form.cleaned_data["helper"])
        event_edits.put_person(event=one, value=value, helper=helper, **common)
        return
    event_edits.put(event=one, part=part, value=value, **common)


def event_part_remove(request: HttpRequest, event_id: str, part: str, key: str) -> HttpResponse:
    """Take one thing out of the draft."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    if event_edits.found_part(one, part, key) is None:
        raise Http404
    version = version_of(request)
    try:
        event_edits.remove(event=one, version=version, part=part, key=key, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("去掉了。点“撤销”可以拿回来。"))
    return redirect("web:event", event_id)


def event_head(request: HttpRequest, event_id: str) -> HttpResponse:
    """Title, date, bounds, organisers, notes, equipment, ways; POST changes them."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    initial = {"title": one.title, "date": one.date, "is_public": one.is_public}
    form = HeadForm(posted(request), draft=one.draft, initial=initial)
    if request.method == "POST" and form.is_valid():
        told, now = form.cleaned_data, timezone.now()
        version = version_of(request)
        try:
            event_edits.put_bounds(
                event=one, version=version, values=form.values(), date=told["date"], actor=request.user, now=now
            )
            event_days.show_to_everybody(event=one, is_public=told["is_public"], actor=request.user, now=now)
        except event_days.DateOff as error:
            form.add_error("date", sentence_of(error))
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("存好了。时间还没有重新排。") if one.plan else _("存好了。"))
            return redirect("web:event", event_id)
    return render(request, "web/coordinator/event_head.html", {"event": one, "form": form})
