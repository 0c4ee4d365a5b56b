"""查找: children, helpers and places by a piece of their name, from the bar above every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils import timezone

from backend.roster.access import organisations_visible_to
from backend.roster.models import Organisation
from backend.roster.names import name_keys
from backend.roster.presenting import present_list
from backend.web.coordinator.children import filtered_children
from backend.web.coordinator.helpers import filtered_helpers
from backend.web.shared.listing import search_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

_MOST = 8


def find(request: HttpRequest) -> HttpResponse:
    """The first few of each kind, in the reader's scope. Opens nobody's file, so it leaves no trace."""
    reader, q = request.reader, search_of(request)  # type: ignore[attr-defined]
    context: dict[str, Any] = {"q": q}
    if q:
        children, helpers = filtered_children(reader, {}, q), filtered_helpers(reader, {}, q)
        some = list(children.select_related("village", "school", "school_class").order_by("name_sort", "pk")[:_MOST])
        shown = present_list(reader, some, now=timezone.now())
        context |= {
            "children": [(one, facts.values) for one, facts in zip(some, shown, strict=True)],
            "children_count": children.count(),
            "helpers": list(helpers.select_related("unit").order_by("name_sort", "pk")[:_MOST]),
            "helpers_count": helpers.count(),
            "schools": _schools(reader, q)[:_MOST],
            "townships": _townships(reader, q)[:_MOST],
        }
    return render(request, "web/coordinator/find.html", context)


def _is_named(name: str, said: str) -> bool:
    _sort, search = name_keys(name)
    return said in name.lower() or said in search


def _schools(reader: Reader, q: str) -> list[Organisation]:
    schools = organisations_visible_to(reader).filter(kind=Organisation.Kind.SCHOOL).order_by("name", "pk")
    return [one for one in schools if _is_named(one.name, q.lower())]


def _townships(reader: Reader, q: str) -> list[tuple[str, str]]:
    return [one for one in reader.townships if _is_named(one[1], q.lower())]
