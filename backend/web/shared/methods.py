"""Which methods a page answers, said beside its address; others get 405. A test compares with the permission table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_http_methods

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """Only looked at."""
    return _declared(view, "GET")


def act(view: View) -> View:
    """Only done."""
    return _declared(view, "POST")


def form(view: View) -> View:
    """Looked at and sent back."""
    return _declared(view, "GET", "POST")


def _declared(view: View, *methods: str) -> View:
    answered = [*methods, "HEAD"] if "GET" in methods else list(methods)
    checked: View = require_http_methods(answered)(view)
    checked.allowed_methods = frozenset(methods)  # type: ignore[attr-defined]
    return checked
