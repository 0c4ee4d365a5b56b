"""Two promises about sessions: who must show a second factor does, and a session left alone ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.shortcuts import redirect
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_OPEN_PREFIXES = ("/accounts/", "/static/", "/livez", "/readyz", "/i18n/")


class SecondFactorMiddleware:
    """Sends a person whose role asks for a second factor to its set-up page until it is there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if (
            user.is_authenticated
            and user.needs_second_factor
            and not request.path.startswith(_OPEN_PREFIXES)
            and not is_mfa_enabled(user)
        ):
            return redirect(reverse("mfa_activate_totp"))
        return self.get_response(request)


class SessionAgeMiddleware:
    """Ends a session after half an hour without a request, and after twelve hours in any case."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._check_age(request)
        return self.get_response(request)

    def _check_age(self, request: HttpRequest) -> None:
        now = int(time.time())
        session = request.session
        began, seen = session.get("began", now), session.get("seen", now)
        if now - began > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_SECONDS:
            logout(request)
            return
        # One write a minute is enough to know when somebody was last here.
        if "began" not in session or now - seen >= 60:  # noqa: PLR2004 - a minute
            session["began"], session["seen"] = began, now
