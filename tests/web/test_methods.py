"""A page answers the methods it declares, whatever the permission table lets through."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.views.decorators.csrf import csrf_exempt

from backend.web.shared.methods import act, form, page

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def view(_request):
    """A view."""
    return HttpResponse("done")


@pytest.mark.parametrize(
    ("kind", "declared", "answered"),
    [
        (page, {"GET"}, {"GET", "HEAD"}),
        (act, {"POST"}, {"POST"}),
        (form, {"GET", "POST"}, {"GET", "HEAD", "POST"}),
    ],
)
def test_what_is_declared_is_answered_and_the_rest_is_405(kind, declared, answered):
    made = kind(view)
    statuses = {method: made(RequestFactory().generic(method, "/")).status_code for method in METHODS}
    assert made.allowed_methods == declared
    assert statuses == {method: 200 if method in answered else 405 for method in METHODS}


def test_a_view_keeps_its_name_and_its_exemption():
    made = act(csrf_exempt(view))
    assert (made.__name__, made.csrf_exempt) == ("view", True)
