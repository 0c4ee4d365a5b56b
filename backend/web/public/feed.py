"""The calendar file itself: a secret address that calendars fetch by themselves, without cookies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from backend.web.shared.guesses import wrong_secret
from notifications.feed_services import fresh_feed, note_fetch
from notifications.selectors import live_feed

if TYPE_CHECKING:
    from django.http import HttpRequest

    from notifications.models import Feed


def feed(request: HttpRequest, token: str, name: str) -> HttpResponse:  # noqa: ARG001 - the name only tells a person what it is
    """The calendar, or 304 where the caller has it already; 404 alike for wrong, ended and revoked."""
    now = timezone.now()
    found = live_feed(token, now=now)
    if found is None:
        return wrong_secret(request, token)
    row, reader = found
    fresh = fresh_feed(row, reader, today=timezone.localdate(now), now=now)
    note_fetch(fresh, now=now)
    return _answer(request, fresh)


def _answer(request: HttpRequest, fresh: Feed) -> HttpResponse:
    """The validators are compared first: whoever has these bytes already is answered without reading them."""
    changed = int(fresh.rendered_at.timestamp()) if fresh.rendered_at else None
    etag = f'"{fresh.etag}"'
    answer = get_conditional_response(request, etag=etag, last_modified=changed) or _whole(request, fresh)
    return _marked(answer, fresh)


def unchanged(fresh: Feed) -> HttpResponse:
    """304 for who has these bytes."""
    return _marked(HttpResponse(status=304), fresh)


def _marked(answer: HttpResponse, fresh: Feed) -> HttpResponse:
    answer["ETag"] = f'"{fresh.etag}"'
    if fresh.rendered_at is not None:
        answer["Last-Modified"] = http_date(int(fresh.rendered_at.timestamp()))
    answer["Cache-Control"] = "private, max-age=300"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _whole(request: HttpRequest, fresh: Feed) -> HttpResponse:
    body = bytes(fresh.body)
    response = HttpResponse(b"" if request.method == "HEAD" else body, content_type="text/calendar; charset=utf-8")
    response["Content-Length"] = str(len(body))
    return response
