"""
Slowing down an address that guesses secrets: different wrong links and feeds are counted by the minute.

Doors look a secret up first and come here only with a wrong one, so a right secret always passes: behind one address
there may be a whole school.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MOST_A_MINUTE = 30
_WINDOW_SECONDS = 60


def wrong_secret(request: HttpRequest, secret: str) -> HttpResponse:
    """The same 404 for every wrong, ended or invented secret; 429 to an address that tried too many of them."""
    now = time.time()
    rest = _WINDOW_SECONDS - int(now % _WINDOW_SECONDS)
    if _wrong_ones(request, secret, window=int(now // _WINDOW_SECONDS), rest=rest) > MOST_A_MINUTE:
        return _too_many(request, rest)
    return _plain(render(request, "web/public/link_bad.html", status=404))


def _too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    response = _plain(render(request, "web/public/link_busy.html", {"seconds": seconds}, status=429))
    response["Retry-After"] = str(seconds)
    return response


def _plain(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _wrong_ones(request: HttpRequest, secret: str, *, window: int, rest: int) -> int:
    """How many different wrong secrets came from this address in this minute, with this one."""
    key = f"guess:{_digest(_address(request))}:{window}"
    seen: list[str] = cache.get(key, [])
    found = _digest(secret)
    # A calendar that was revoked asks again and again: that is no guessing.
    if found not in seen and len(seen) <= MOST_A_MINUTE:
        seen = [*seen, found]
        cache.set(key, seen, timeout=rest)
    return len(seen)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _address(request: HttpRequest) -> str:
    """The caller's address; behind our own proxy the last one it noted."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", 1)[-1].strip()
        if forwarded:
            return forwarded
    return str(request.META.get("REMOTE_ADDR", ""))
