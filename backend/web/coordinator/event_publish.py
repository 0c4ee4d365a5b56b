"""Publishing a day: who is told what, the versions before, and calling it off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.event_picture import picture
from activities.event_selectors import latest_version
from activities.event_sheets import run_sheet
from activities.services import event_publishing, event_solves
from backend.kernel.errors import DomainError
from backend.web.coordinator.event import event_of
from backend.web.shared.day_words import drawn, said, said_line
from backend.web.shared.forms import PlainForm, posted, version_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.services.event_publishing import Telling


def event_publish(request: HttpRequest, event_id: str) -> HttpResponse:
    """GET shows what would change and for whom, and changes nothing; POST publishes."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    problem = ""
    if request.method == "POST":
        version = version_of(request)
        try:
            made = event_publishing.publish_day(event=one, version=version, actor=request.user, now=timezone.now())
        except DomainError as error:
            problem = sentence_of(error)
        else:
            messages.success(request, _("第 %(n)s 版发布了。") % {"n": made.number})
            return redirect("web:event-version", event_id, made.number)
    try:
        told = event_publishing.preview(one)
    except DomainError as error:
        return render(request, "web/coordinator/event_publish.html", {"event": one, "problem": sentence_of(error)})
    context = {
        "event": one,
        "told": told,
        "problem": problem,
        "blockers": [said(line) for line in told.blockers],
        "changes": [said(line) for line in told.changes],
        "hosts": [
            (told.helpers.get(row.helper_id or 0, ""), row.kind, [said(line) for line in row.lines])
            for row in told.hosts
        ],
        "families": _families(told.children, [group.get("name") or group["key"] for group in one.draft["groups"]]),
        "children_n": len(told.children),
        "is_published": not told.is_news,
        "unreached": told.unreached,
        "ungrouped": told.ungrouped,
        "busy": told.busy,
        "unfree": told.unfree,
        "uncleared": told.uncleared,
        "taken": [sentence_of(one) for one in told.taken],
        "is_planning": event_solves.open_solve(one) is not None,
    }
    return render(request, "web/coordinator/event_publish.html", context)


def _families(children: list[Telling], groups: list[str]) -> list[tuple[str, str, int, list[str]]]:
    """Children of one group are told the same: (group, kind, how many, lines), in the order of the day's groups."""
    same: dict[tuple[str, str, tuple[Any, ...]], int] = {}
    for one in children:
        key = (one.group, one.kind, one.lines)
        same[key] = same.get(key, 0) + 1
    order = {name: number for number, name in enumerate(groups)}
    rows = sorted(same.items(), key=lambda row: order.get(row[0][0], len(order)))
    return [(group, kind, n, [said(line) for line in lines]) for (group, kind, lines), n in rows]


def event_versions(request: HttpRequest, event_id: str) -> HttpResponse:
    """Every published version, the latest first, with what each changed."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    rows = one.versions.select_related("published_by").prefetch_related("notices").order_by("-number")
    versions = [
        (row, [said_line(line) for line in row.changes], sum(n.helper_id is not None for n in row.notices.all()),
         sum(n.child_id is not None for n in row.notices.all()))
        for row in rows
    ]  # fmt: skip
    return render(request, "web/coordinator/event_versions.html", {"event": one, "versions": versions})


def event_version(request: HttpRequest, event_id: str, number: int) -> HttpResponse:
    """One version as it was published, and who was told what. It cannot be changed."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    version = one.versions.filter(number=number).select_related("published_by").first()
    if version is None:
        raise Http404
    shown = picture(version.day, version.plan)
    notices = version.notices.select_related("helper").order_by("is_cancellation", "helper__name_sort", "pk")
    context = {
        "event": one,
        "version": version,
        "is_latest": number == one.latest_number,
        "picture": drawn(shown) if shown else "",
        "lines": run_sheet(version.day, version.plan),
        "changes": [said_line(line) for line in version.changes],
        "hosts": [(n, [said_line(line) for line in n.lines]) for n in notices if n.helper_id],
        "children_n": sum(n.child_id is not None and not n.is_cancellation for n in notices),
        "has_rain": version.rain_plan is not None,
    }
    return render(request, "web/coordinator/event_version.html", context)


class CallOffForm(PlainForm):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("为什么取消"),
        min_length=4,
        max_length=120,
        help_text=gettext_lazy("只记在审计里，不发给别人。"),
    )


def event_call_off(request: HttpRequest, event_id: str) -> HttpResponse:
    """Whom it would be told to; POST calls the day off."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    if latest_version(one) is None or one.state != "PUBLISHED":
        raise Http404
    form = CallOffForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            event_publishing.call_off(
                event=one, reason=form.cleaned_data["reason"], actor=request.user, now=timezone.now()
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("活动取消了，日历里会标明，有安排的人都会收到通知。"))
            return redirect("web:event", event_id)
    hosts, children = event_publishing.told_if_called_off(one)
    context = {"event": one, "form": form, "hosts": hosts, "children": children}
    return render(request, "web/coordinator/event_call_off.html", context)
