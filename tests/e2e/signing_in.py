"""A browser that is somebody already, without a password."""

from __future__ import annotations

from django.conf import settings
from django.test import Client


def signed_in(context, server, user, language="zh-hans"):
    """Give a browser somebody's session and language; None is nobody."""
    cookies = [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": server.url}]
    if user is not None:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookies.append({"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url})
    context.add_cookies(cookies)
