"""Answers at once when there is more to do than can be done: two lanes, each with a number of places."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse, JsonResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

_FEEDS_AND_HEALTH = ("/ical/", "/livez", "/readyz")
_UNGUARDED = ("/static/",)
_RETRY_AFTER_S = 2
_PAGE = (
    '<!doctype html><html lang="zh-Hans"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>请稍候</title>'
    "<p>现在用的人很多，请过几秒再打开这一页，填写的内容请先不要关闭。</p>"
    '<p lang="en">The service is busy. Please open this page again in a few seconds.</p></html>'
)


class GateMiddleware:
    """
    Lets in as many requests as each lane has places and refuses the next at once.

    Pages and API share one lane, calendar feeds and health checks have their own, so neither can starve the other.
    Static files pass: they cost next to nothing, and a page asks for a dozen of them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.people = BoundedSemaphore(settings.WEB_GATES)
        self.machines = BoundedSemaphore(settings.FEED_GATES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(_UNGUARDED):
            return self.get_response(request)
        lane = self.machines if request.path.startswith(_FEEDS_AND_HEALTH) else self.people
        if not lane.acquire(blocking=False):
            return too_busy(request)
        try:
            return self.get_response(request)
        finally:
            lane.release()


def too_busy(request: HttpRequest) -> HttpResponse:
    """503 in the language of the door, with the seconds after which to come back."""
    response: HttpResponse
    if request.path.startswith("/api/"):
        error = {"code": "busy", "detail": "The service is busy; try again soon.", "attr": None}
        response = JsonResponse({"type": "server_error", "errors": [error]}, status=503)
    elif request.path.startswith(_FEEDS_AND_HEALTH):
        response = HttpResponse("busy\n", status=503, content_type="text/plain; charset=utf-8")
    else:
        response = HttpResponse(_PAGE, status=503)
    response["Retry-After"] = str(_RETRY_AFTER_S)
    response["Cache-Control"] = "no-store"
    return response
