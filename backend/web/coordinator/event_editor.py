"""Dragging the plan of a day: rows of groups, hosts or places over time. The page without a script is the day's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from activities.event_picture import picture
from activities.event_posts import placed_view
from activities.event_words import rule_lines, time_words
from backend.web.coordinator.event import event_of
from backend.web.shared.day_words import proof_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.event_picture import Block, Lane
    from activities.models import EventDay


def event_editor(request: HttpRequest, event_id: str) -> HttpResponse:
    """The frame; what stands in it is fetched."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    if not one.plan:
        return redirect("web:event", event_id)
    rows = "places" if request.GET.get("rows") == "places" else "groups"
    return render(request, "web/coordinator/event_editor.html", {"event": one, "rows": rows, "proof": proof_of(one)})


def event_timeline(request: HttpRequest, event_id: str) -> HttpResponse:
    """Rows and boxes as the timeline takes them, with the version to send back."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    faults = rule_lines(one, one.plan)
    shown = picture(one.draft, one.plan, faults)
    lanes: list[tuple[str, Lane]] = []
    if shown is not None and request.GET.get("rows") == "places":
        lanes = [("place", lane) for lane in shown.places]
    elif shown is not None:
        lanes = [("group", lane) for lane in shown.groups] + [("host", lane) for lane in shown.hosts]
    boxes = [box for kind, lane in lanes for box in _boxes(one, kind, lane, [other for k, other in lanes if k == kind])]
    return JsonResponse(
        {
            "version": one.draft_version,
            "date": one.date.isoformat(),
            "begin": time_words(shown.begin) if shown else "00:00",
            "end": time_words(shown.end) if shown else "24:00",
            "rows": [{"id": f"{kind}:{lane.key}", "title": lane.name} for kind, lane in lanes],
            "boxes": boxes,
            "blockers": sum(line.level != "warn" for line in faults),
        }
    )


def _boxes(one: EventDay, kind: str, lane: Lane, lanes: list[Lane]) -> list[dict[str, Any]]:
    """Boxes of one row; one that reaches over several rows stands in each of them."""
    first = lanes.index(lane)
    reaching = [
        block
        for number, other in enumerate(lanes[: first + 1])
        for block in other.blocks
        if number + block.lanes > first
    ]
    return [_box(one, kind, lane, block, number) for number, block in enumerate(reaching)]


def _box(one: EventDay, kind: str, lane: Lane, block: Block, number: int) -> dict[str, Any]:
    placed = placed_view(one.draft, one.plan, block.segment) if block.segment else None
    is_free = placed is not None and not block.is_locked and one.state != "CANCELLED"
    is_whole = placed is not None and (placed.start, placed.minutes) == (block.start, block.end - block.start)
    return {
        "id": f"{kind}:{lane.key}:{number}",
        "row": f"{kind}:{lane.key}",
        "start": time_words(block.start),
        "end": time_words(block.end),
        "title": ("🔒" if block.is_locked else "") + (block.title or _("不在")),
        "note": block.note,
        "look": block.look,
        "shade": block.shade,
        "segment": block.segment,
        "starts": placed.start if placed else 0,
        "may_move": is_free,
        "may_stretch": is_free and is_whole,
        "page": reverse("web:event-place", args=[one.public_id, block.segment]) if placed else "",
    }
