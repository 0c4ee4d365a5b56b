"""Spreadsheets in over the API: upload, look, mend, decide, confirm, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.response import Response

from backend.api.files import XLSX
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import helpers_visible_to
from backend.roster.models import Clearance, ImportBatch, ImportRow
from backend.roster.models.imports import SheetKind
from backend.roster.services.clearances import confirm_clearances
from backend.roster.services.confirming import confirm
from backend.roster.services.imports import batches_visible_to, cancel, upload
from backend.roster.services.mending import decide, mend_cell
from backend.roster.services.undoing import undo
from backend.roster.sheets.problems import spoken
from backend.roster.sheets.template import template

if TYPE_CHECKING:
    from rest_framework.request import Request


class UploadInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=SheetKind.choices)
    file = serializers.FileField(max_length=200)


class BatchRow(serializers.Serializer):
    """One upload; `counts` says how many rows are new, changed, unchanged, wrong, or look like somebody on file."""

    id = serializers.CharField(source="public_id")
    kind = serializers.CharField()
    file_name = serializers.CharField()
    state = serializers.CharField()
    problem = serializers.SerializerMethodField()
    counts = serializers.DictField(child=serializers.IntegerField())
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)

    def get_problem(self, batch: ImportBatch) -> str:
        return gettext(batch.problem) if batch.problem else ""


class CellRow(serializers.Serializer):
    """A wrong cell: where, what, and how to mend it."""

    column = serializers.CharField()
    cell = serializers.CharField()
    problem = serializers.CharField()
    mend = serializers.CharField()
    suggest = serializers.CharField(allow_blank=True)


class StagedRow(serializers.Serializer):
    number = serializers.IntegerField()
    outcome = serializers.CharField()
    label = serializers.CharField()
    decision = serializers.CharField()
    problems = CellRow(many=True)


class MendInput(StrictSerializer):
    number = serializers.IntegerField(min_value=1)
    column = serializers.CharField(max_length=40)
    value = serializers.CharField(max_length=500, allow_blank=True)


class DecideInput(StrictSerializer):
    number = serializers.IntegerField(min_value=1)
    decision = serializers.ChoiceField(choices=["SAME", "NEW", "SKIP"])


class ConfirmInput(StrictSerializer):
    skip_wrong = serializers.BooleanField(default=False)


class ConfirmedClearances(serializers.Serializer):
    confirmed = serializers.IntegerField()


class RowFilter(filters.FilterSet):
    outcome = filters.ChoiceFilter(choices=ImportRow.Outcome.choices)

    class Meta:
        model = ImportRow
        fields: list[str] = []


@extend_schema(tags=["imports"])
class Imports(Door):
    """Uploads the reader may touch."""

    queryset = ImportBatch.objects.none()
    serializer_class = BatchRow
    long_actions = frozenset({"create", "confirm", "undo"})

    def list(self, request: Request) -> Response:
        """A page of uploads, the latest first."""
        visible = batches_visible_to(self.reader, self.now).order_by("-created_at", "-pk")
        return self.paged(visible, lambda page: list(BatchRow(page, many=True).data))

    @extend_schema(request={"multipart/form-data": UploadInput}, responses={201: BatchRow})
    def create(self, request: Request) -> Response:
        """Upload a spreadsheet; it is read in the background, nothing of the ledger changes."""
        facts = data_of(UploadInput, request)
        batch = upload(
            kind=facts["kind"],
            file_name=facts["file"].name,
            content=facts["file"].read(),
            actor=self.actor,
            reader=self.reader,
            now=self.now,
        )
        return Response(BatchRow(batch).data, status=status.HTTP_201_CREATED)

    def get_parsers(self) -> Any:
        """Files arrive as a form; everything else is JSON."""
        return (
            [MultiPartParser(), JSONParser()]
            if getattr(self, "action_map", {}).get("post") == "create"
            else [JSONParser()]
        )

    @extend_schema(responses=BatchRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One upload: READING, READY to confirm, CONFIRMED, REFUSED, CANCELLED or UNDONE."""
        return Response(BatchRow(self._batch(public_id)).data)

    @extend_schema(responses=StagedRow(many=True))
    @action(detail=True, methods=["get"], filterset_class=RowFilter, queryset=ImportRow.objects.none())
    def rows(self, request: Request, public_id: str) -> Response:
        """The rows of an upload, as the spreadsheet numbers them."""
        rows = self._batch(public_id).rows.order_by("number")
        return self.paged(self.filter_queryset(rows), lambda page: [_staged(row) for row in page])

    @extend_schema(request=MendInput, responses=StagedRow)
    @action(detail=True, methods=["post"])
    def mend(self, request: Request, public_id: str) -> Response:
        """Write another text into one cell; the row is checked again."""
        facts = data_of(MendInput, request)
        row = mend_cell(
            row=self._row(public_id, facts["number"]),
            column=facts["column"],
            value=facts["value"],
            actor=self.actor,
            reader=self.reader,
            now=self.now,
        )
        return Response(_staged(row))

    @extend_schema(request=DecideInput, responses=StagedRow)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, public_id: str) -> Response:
        """Say whether a row is the person on file whom it resembles."""
        facts = data_of(DecideInput, request)
        row = decide(
            row=self._row(public_id, facts["number"]),
            decision=facts["decision"],
            actor=self.actor,
            reader=self.reader,
            now=self.now,
        )
        return Response(_staged(row))

    @extend_schema(request=ConfirmInput, responses=BatchRow)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, public_id: str) -> Response:
        """Write the rows into the ledger, all or nothing; wrong ones are left out only when `skip_wrong` says so."""
        skip = data_of(ConfirmInput, request)["skip_wrong"]
        batch = confirm(
            batch=self._batch(public_id), skip_wrong=skip, actor=self.actor, reader=self.reader, now=self.now
        )
        return Response(BatchRow(batch).data)

    @extend_schema(request=None, responses=BatchRow)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, public_id: str) -> Response:
        """Give an upload up."""
        cancel(batch=self._batch(public_id), actor=self.actor, reader=self.reader, now=self.now)
        return Response(BatchRow(self._batch(public_id)).data)

    @extend_schema(request=None, responses=BatchRow)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, public_id: str) -> Response:
        """Take a confirmed upload back; refused, naming them, where a person has changed since or has an offer."""
        undo(batch=self._batch(public_id), actor=self.actor, reader=self.reader, now=self.now)
        return Response(BatchRow(self._batch(public_id)).data)

    @extend_schema(request=None, responses=ConfirmedClearances)
    @action(detail=False, methods=["post"], url_path="confirm-clearances")
    def confirm_clearances(self, request: Request) -> Response:
        """Confirm, as a second person, every background check in scope that somebody else recorded."""
        waiting = Clearance.objects.filter(confirmed_at=None, helper__in=helpers_visible_to(self.reader))
        others = waiting.exclude(recorded_by=self.actor).exclude(helper_id=self.reader.helper_id or 0).order_by("pk")
        done = confirm_clearances(clearances=others, actor=self.actor, reader=self.reader, now=self.now)
        return Response({"confirmed": done})

    @extend_schema(
        parameters=[OpenApiParameter("kind", enum=SheetKind.values, required=True)],
        responses={(200, XLSX): OpenApiTypes.BINARY},
    )
    @action(detail=False, methods=["get"])
    def template(self, request: Request) -> HttpResponse:
        """An empty spreadsheet with the headings, lists to choose from, and a sample row."""
        kind = request.query_params.get("kind", "")
        if kind not in SheetKind.values:
            raise Http404
        name = "children" if kind == SheetKind.CHILDREN else "helpers"
        return HttpResponse(
            template(kind),
            content_type=XLSX,
            headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'},
        )

    def _batch(self, public_id: str) -> ImportBatch:
        batch: ImportBatch = self.one_of(batches_visible_to(self.reader, self.now), public_id)
        return batch

    def _row(self, public_id: str, number: int) -> ImportRow:
        row = ImportRow.objects.filter(batch=self._batch(public_id), number=number).select_related("batch").first()
        if row is None:
            raise Http404
        return row


def _staged(row: ImportRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "outcome": row.outcome,
        "label": row.label,
        "decision": row.decision,
        "problems": [spoken(note) for note in row.problems],
    }
