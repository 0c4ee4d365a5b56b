"""Slowing down an address that guesses secrets: wrong links and wrong feeds are counted by the minute."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MOST_A_MINUTE = 30
_WINDOW_SECONDS = 60


def wrong_secret(request: HttpRequest) -> HttpResponse:
    """The same 404 for every wrong, ended or invented secret; 429 to an address that tried too many."""
    if _count_one(request) > MOST_A_MINUTE:
        return too_many(request)
    return _plain(render(request, "web/public/link_bad.html", status=404))


def is_slowed(request: HttpRequest) -> bool:
    """Whether this address has used up its guesses of the minute."""
    return cache.get(_key(request), 0) > MOST_A_MINUTE


def too_many(request: HttpRequest) -> HttpResponse:
    """What an address that guesses gets, even for a right secret, until the minute is over."""
    response = _plain(render(request, "web/public/link_busy.html", {"seconds": _WINDOW_SECONDS}, status=429))
    response["Retry-After"] = str(_WINDOW_SECONDS)
    return response


def _plain(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _count_one(request: HttpRequest) -> int:
    key = _key(request)
    cache.add(key, 0, timeout=_WINDOW_SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:
        # The window ended between the two steps.
        return 1


def _key(request: HttpRequest) -> str:
    return "guess:" + hashlib.sha256(_address(request).encode()).hexdigest()[:32]


def _address(request: HttpRequest) -> str:
    """The caller's address; behind our own proxy the last one it noted."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", 1)[-1].strip()
        if forwarded:
            return forwarded
    return str(request.META.get("REMOTE_ADDR", ""))
