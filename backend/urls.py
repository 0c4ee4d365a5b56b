"""The composition root: which door answers which address."""

from __future__ import annotations

from django.urls import include, path, register_converter

from backend.vault.ids import PublicIdConverter

register_converter(PublicIdConverter, "pid")

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("backend.api.urls")),
    path("", include("backend.ops.urls")),
    path("", include("backend.web.urls")),
]

handler404 = "backend.api.errors.not_found"
