"""今天: what needs a person, in order of harm to a child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils import timezone

from backend.accounts.models import Role
from backend.reports.answers import answers_of
from backend.reports.burden import burden_of, levels_of
from backend.reports.coverage import coverage_by_township, total_of
from backend.reports.due_by_township import due_by_township
from backend.web.coordinator.due import due_for
from backend.web.coordinator.due_first import scheme_in_hand
from backend.web.coordinator.plots import plot_of
from backend.web.shared.context import keep_due_count

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

_SHOWN_TOWNSHIPS = 8


def today(request: HttpRequest) -> HttpResponse:
    """The list of things due, coverage of the children in greatest need, and how offers are answered."""
    reader = request.reader  # type: ignore[attr-defined]
    now = timezone.now()
    due, answers = due_for(reader, now), answers_of(reader, timezone.localdate(now))
    keep_due_count(reader, len(due))
    context = {
        "now": now,
        "due": due,
        "due_today": sum(1 for item in due if item.is_today),
        "answers": answers,
        "plot": plot_of([(day, (accepted, lost)) for day, accepted, lost in answers.days]),
        "burden": burden_of(reader),
        "levels": levels_of(reader),
        "may_run": reader.role == Role.COUNTY_COORDINATOR,
        **_coverage(reader, now, show_all="all" in request.GET),
    }
    return render(request, "web/coordinator/today.html", context)


def _coverage(reader: Reader, now: Any, *, show_all: bool) -> dict[str, Any]:
    scheme = scheme_in_hand(reader, now)
    if scheme is None:
        return {"scheme": None}
    today = timezone.localdate(now)
    rows, waits = coverage_by_township(reader, scheme, today), due_by_township(reader, now, today)
    shown = rows if show_all or len(rows) <= _SHOWN_TOWNSHIPS else rows[: _SHOWN_TOWNSHIPS - 1]
    return {
        "scheme": scheme,
        "total": total_of(rows),
        "townships": [(row, waits.get(row.place_id)) for row in shown],
        "rest": total_of(rows[len(shown) :]),
        "rest_count": len(rows) - len(shown),
        "township_count": len(rows),
    }
