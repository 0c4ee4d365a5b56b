"""Spreadsheets out over the API: what import takes back, masked by the field matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.files import TYPES, XLSX, file_answer
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.models import ExportRequest
from backend.roster.models.imports import SheetKind
from backend.roster.services.exports import (
    allow_export,
    ask_export,
    export,
    fetch,
    make_link,
    refuse_export,
    requests_visible_to,
)

if TYPE_CHECKING:
    from django.http import HttpResponse
    from rest_framework.request import Request


class ExportInput(StrictSerializer):
    """`filters`: names the kind knows, e.g. {"heart_level": 4}; 400 for any other."""

    kind = serializers.ChoiceField(choices=SheetKind.choices)
    filters = serializers.DictField(child=serializers.CharField(max_length=60), required=False)
    reason = serializers.CharField(max_length=200)


class FileInput(ExportInput):
    form = serializers.ChoiceField(choices=["xlsx", "csv"], default="xlsx")


class ExportRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    kind = serializers.CharField()
    row_count = serializers.IntegerField()
    reason = serializers.CharField()
    state = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class FileTokenInput(StrictSerializer):
    token = serializers.CharField(max_length=43)


class FileToken(serializers.Serializer):
    token = serializers.CharField()


@extend_schema(tags=["exports"])
class Exports(Door):
    """Requests for large exports, the reader's own and those the reader may answer."""

    queryset = ExportRequest.objects.none()
    serializer_class = ExportRow
    secret_actions = frozenset({"link"})

    def list(self, request: Request) -> Response:
        """A page of requests, the latest first."""
        rows = requests_visible_to(self.reader, self.now).order_by("-created_at", "-pk")
        return self.paged(rows, lambda page: list(ExportRow(page, many=True).data))

    @extend_schema(request=ExportInput, responses={201: ExportRow})
    def create(self, request: Request) -> Response:
        """Ask for an export of any size; a second coordinator has to allow it."""
        row = ask_export(**_asked(data_of(ExportInput, request)), actor=self.actor, reader=self.reader, now=self.now)
        return Response(ExportRow(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=FileInput, responses={(200, XLSX): OpenApiTypes.BINARY})
    @action(detail=False, methods=["post"])
    def file(self, request: Request) -> HttpResponse:
        """At most 500 people at once, as a file."""
        facts = data_of(FileInput, request)
        form = facts["form"]
        content = export(**_asked(facts), form=form, actor=self.actor, reader=self.reader, now=self.now)
        return file_answer(f"{facts['kind'].lower()}.{form}", content, TYPES[form])

    @extend_schema(request=None, responses=ExportRow)
    @action(detail=True, methods=["post"])
    def allow(self, request: Request, public_id: str) -> Response:
        """The second coordinator's yes; the file is made in the background and kept a day."""
        allow_export(request=self._request(public_id), actor=self.actor, reader=self.reader, now=self.now)
        return Response(ExportRow(self._request(public_id)).data)

    @extend_schema(request=None, responses=ExportRow)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, public_id: str) -> Response:
        """The second coordinator's no."""
        refuse_export(request=self._request(public_id), actor=self.actor, reader=self.reader, now=self.now)
        return Response(ExportRow(self._request(public_id)).data)

    @extend_schema(request=None, responses=FileToken)
    @action(detail=True, methods=["post"])
    def link(self, request: Request, public_id: str) -> Response:
        """A token for the file, for its asker only; the one before ends."""
        return Response({"token": make_link(request=self._request(public_id), actor=self.actor, now=self.now)})

    @extend_schema(request=FileTokenInput, responses={(200, XLSX): OpenApiTypes.BINARY})
    @action(detail=False, methods=["post"])
    def download(self, request: Request) -> HttpResponse:
        """The file behind a token."""
        name, content = fetch(token=data_of(FileTokenInput, request)["token"], actor=self.actor, now=self.now)
        return file_answer(name, content)

    def _request(self, public_id: str) -> Any:
        return self.one_of(requests_visible_to(self.reader, self.now), public_id)


def _asked(facts: dict[str, Any]) -> dict[str, Any]:
    return {"kind": facts["kind"], "filters": facts.get("filters", {}), "reason": facts["reason"]}
