"""The township somebody looks at for a while: chosen in the top bar, kept for the session and part of the address."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from django.shortcuts import redirect

from backend.accounts.models import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

SESSION_AREA = "area"
_CHOOSERS = frozenset({Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR})


def choosable_areas(reader: Reader) -> tuple[tuple[str, str], ...]:
    """(public id, name) of the townships somebody may look at one by one; none where there is no choice."""
    return reader.townships if reader.role in _CHOOSERS and len(reader.townships) > 1 else ()


def chosen_area(request: HttpRequest) -> str:
    """Public id of the township looked at, "" for all; what the role acted in does not see is no choice."""
    chosen = request.session.get(SESSION_AREA, "")
    # Whoever chose nothing, which is nearly everybody, costs no query.
    return chosen if chosen and chosen in dict(choosable_areas(request.reader)) else ""  # type: ignore[attr-defined]


def list_of_area(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    A list that opens with the township looked at as its filter. Only where nothing is asked for: an address with a
    filter, such as one that was sent by somebody else, shows what it says.
    """

    @wraps(view)
    def opened(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        chosen = chosen_area(request) if request.method == "GET" and not request.GET else ""
        return redirect(f"{request.path}?township={chosen}") if chosen else view(request, *args, **kwargs)

    opened.is_list_of_area = True  # type: ignore[attr-defined] # so that a choice made on it shows at once
    return opened
