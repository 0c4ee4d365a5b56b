"""怎样配对: the way a pairing comes about, for the people who are asked. Anybody may read it; it knows nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import get_language, override

from backend.web.shared.frames import frame_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_LANGUAGES = {"en": "en", "zh": "zh-hans"}


def how(request: HttpRequest) -> HttpResponse:
    """
    One page of words. `?lang=` chooses the language for this page alone: whoever comes from a personal link has no
    cookie that could remember it, and gets none. Somebody signed in keeps the menu.
    """
    with override(_LANGUAGES.get(request.GET.get("lang", ""), get_language() or "zh-hans")):
        if request.user.is_authenticated:
            return render(request, "web/public/how_inside.html", frame_of(request))
        return render(request, "web/public/how.html")
