"""Addresses for whoever watches over the service; no sign-in, no personal data."""

from django.urls import path

from backend.ops.health import livez, readyz

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
]
