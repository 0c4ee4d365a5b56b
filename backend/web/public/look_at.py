"""Choosing a township to look at, for somebody who sees several."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.http import Http404, QueryDict
from django.shortcuts import redirect
from django.urls import is_valid_path, resolve
from django.utils.http import url_has_allowed_host_and_scheme

from backend.web.shared.area_choice import SESSION_AREA, choosable_areas

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def look_at(request: HttpRequest) -> HttpResponse:
    """Keep the choice for this session and go back; a list that was open shows the township at once."""
    chosen = request.POST.get("area", "")
    areas = dict(choosable_areas(request.reader))  # type: ignore[attr-defined]
    if not areas or (chosen and chosen not in areas):
        raise Http404
    request.session[SESSION_AREA] = chosen
    return redirect(_back(request.POST.get("next", ""), chosen))


def _back(said: str, chosen: str) -> str:
    """
    The page the choice was made on; a list with its other filters, the township in the place of the one it had. A page
    that answered what was sent (a question for a reason) cannot be opened again: the one it belongs to is.
    """
    parts = urlsplit(said)
    if not url_has_allowed_host_and_scheme(said, allowed_hosts=None) or not is_valid_path(parts.path):
        return "/"
    if not _can_be_opened(parts.path):
        return _back(parts.path.rstrip("/").rpartition("/")[0] + "/", chosen)
    if not getattr(resolve(parts.path).func, "is_list_of_area", False):
        return said
    asked = QueryDict(parts.query, mutable=True)
    for name in ("township", "school", "page"):
        asked.pop(name, None)
    if chosen:
        asked["township"] = chosen
    return parts.path + (f"?{asked.urlencode()}" if asked else "")


def _can_be_opened(path: str) -> bool:
    return "GET" in getattr(resolve(path).func, "allowed_methods", {"GET"})
