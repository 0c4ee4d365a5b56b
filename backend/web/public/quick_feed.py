"""
The answer to a calendar that has everything already, given before sessions, languages and logs are looked at.

Most of what a service like this is asked is "anything new?"; nine of ten times the answer is 304 without a body.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.http import parse_etags

from backend.web.public.feed import unchanged
from notifications.feed_services import is_fresh, note_fetch
from notifications.selectors import live_feed

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

_ADDRESS = re.compile(r"^/ical/([^/]+)/[^/]+\.ics$")


class QuickFeedMiddleware:
    """Answers 304 by ETag; everything else, wrong secrets too, goes the usual way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return _quick(request) or self.get_response(request)


def _quick(request: HttpRequest) -> HttpResponse | None:
    known = request.META.get("HTTP_IF_NONE_MATCH", "")
    address = _ADDRESS.match(request.path) if known and request.method in {"GET", "HEAD"} else None
    if address is None:
        return None
    now = timezone.now()
    found = live_feed(address[1], now=now)
    if found is None:
        return None
    feed, reader = found
    # A weak tag of the same name will do: the bytes are one and the same.
    held = {etag.removeprefix("W/") for etag in parse_etags(known)}
    if f'"{feed.etag}"' not in held or not is_fresh(feed, reader):
        return None
    note_fetch(feed, now=now)
    return unchanged(feed)
