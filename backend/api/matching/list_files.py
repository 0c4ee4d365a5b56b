"""Lists of matching as spreadsheets: what the list's own filters find, at most 500 rows, once it is said what for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from backend.api.files import TYPES, file_answer
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.services.list_export import Asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from rest_framework.request import Request


class ListFileInput(StrictSerializer):
    """What the list is for; it is written down."""

    reason = serializers.CharField(max_length=200)
    form = serializers.ChoiceField(choices=["xlsx", "csv"], default="xlsx")


class ListFiles(Door):
    """A list that may leave as a file."""

    def list_file(self, request: Request, name: str, make: Callable[[Asked], bytes]) -> HttpResponse:
        """The file `make` writes for whoever asks, named and typed as its form wants it."""
        facts = data_of(ListFileInput, request)
        asked = Asked(self.actor, facts["reason"], self.now, _noted(request), facts["form"])
        return file_answer(f"{name}.{facts['form']}", make(asked), TYPES[facts["form"]])


def _noted(request: Request) -> dict[str, Any]:
    """What narrows the list, for the audit. What was searched for may be a child's name: only that it was is said."""
    said: dict[str, Any] = {name: value for name, value in request.query_params.items() if value and name != "q"}
    return said | ({"searched": True} if request.query_params.get("q") else {})
