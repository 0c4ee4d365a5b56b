"""Mandatory reports over the API: made by whoever looks after children, taken up and recorded by coordinators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import children_visible_to
from backend.roster.models import Concern, Situation
from backend.roster.services.concerns import (
    LONGEST_NOTE,
    close_concern,
    concerns_visible_to,
    note_concern,
    raise_concern,
    read_concern,
    take_concern,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from backend.roster.access import Reader
    from backend.roster.models import ConcernStep


class ConcernRow(serializers.Serializer):
    """A report. `child` where the reader may see that child."""

    id = serializers.CharField()
    situation = serializers.CharField()
    child = serializers.CharField(allow_null=True)
    area = serializers.CharField()
    reporter = serializers.CharField()
    pressed_at = serializers.DateTimeField()
    raised_at = serializers.DateTimeField()
    state = serializers.CharField()
    taken_by = serializers.CharField()
    taken_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class StepRow(serializers.Serializer):
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    note = serializers.CharField()


class ConcernFile(ConcernRow):
    steps = StepRow(many=True)


class ConcernInput(StrictSerializer):
    """Nothing but the situation is needed. `key` makes a report sent again the same report."""

    situation = serializers.ChoiceField(choices=Situation.choices)
    child = serializers.CharField(max_length=16, required=False, allow_blank=True)
    key = serializers.CharField(max_length=40, required=False, allow_blank=True)
    pressed_at = serializers.DateTimeField(required=False)


class ConcernReceipt(serializers.Serializer):
    id = serializers.CharField()
    raised_at = serializers.DateTimeField()


class ConcernNoteInput(StrictSerializer):
    note = serializers.CharField(max_length=LONGEST_NOTE)


class ConcernFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Concern.State.choices)

    class Meta:
        model = Concern
        fields: list[str] = []


@extend_schema(tags=["concerns"])
class Concerns(Door):
    """Reports from the places a coordinator answers for. None can be deleted."""

    queryset = Concern.objects.none()
    serializer_class = ConcernRow
    filterset_class = ConcernFilter
    secret_actions = frozenset({"note", "close"})  # their answers hold the history

    def get_queryset(self) -> QuerySet[Concern]:
        if getattr(self, "swagger_fake_view", False):
            return Concern.objects.none()
        return concerns_visible_to(self.reader).order_by("-raised_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of them, the latest first."""
        return self.paged(self.filter_queryset(self.get_queryset()), lambda page: _rows(self.reader, page))

    @extend_schema(responses=ConcernFile)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One report with its history. That it was opened is noted."""
        return self._file(public_id)

    @extend_schema(request=ConcernInput, responses={201: ConcernReceipt})
    def create(self, request: Request) -> Response:
        """Report what was seen. A child of somebody else is left out of the report, which still goes through."""
        wanted = data_of(ConcernInput, request)
        children = children_visible_to(self.reader).filter(state="ACTIVE").select_related("village")
        concern = raise_concern(
            situation=wanted["situation"], child=children.filter(public_id=wanted.get("child", "")).first(),
            actor=self.actor, reader=self.reader, now=self.now, key=wanted.get("key", ""),
            pressed_at=wanted.get("pressed_at"),
        )  # fmt: skip
        shown = {"id": concern.public_id, "raised_at": concern.raised_at}
        return Response(ConcernReceipt(shown).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ConcernRow)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, public_id: str) -> Response:
        """Say that one has it and acts on it; the second who says so is refused."""
        take_concern(concern=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return Response(_rows(self.reader, [self.one_of(self.get_queryset(), public_id)])[0])

    @extend_schema(request=ConcernNoteInput, responses=ConcernFile)
    @action(detail=True, methods=["post"])
    def note(self, request: Request, public_id: str) -> Response:
        """Add a line to the history."""
        said = data_of(ConcernNoteInput, request)["note"]
        note_concern(concern=self.one_of(self.get_queryset(), public_id), note=said, actor=self.actor, now=self.now)
        return self._file(public_id)

    @extend_schema(request=ConcernNoteInput, responses=ConcernFile)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, public_id: str) -> Response:
        """Write down what was done."""
        said = data_of(ConcernNoteInput, request)["note"]
        close_concern(concern=self.one_of(self.get_queryset(), public_id), note=said, actor=self.actor, now=self.now)
        return self._file(public_id)

    def _file(self, public_id: str) -> Response:
        one = self.one_of(self.get_queryset(), public_id)
        steps = read_concern(concern=one, actor=self.actor)
        return Response(_rows(self.reader, [one])[0] | {"steps": [_step(step) for step in steps]})


def _rows(reader: Reader, page: list[Any]) -> list[dict[str, Any]]:
    about = [one.child_id for one in page if one.child_id]
    mine = dict(children_visible_to(reader).filter(pk__in=about).values_list("pk", "public_id"))
    return [_row(one, mine.get(one.child_id)) for one in page]


def _row(one: Any, child: str | None) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "situation": one.situation,
        "child": child,
        "area": one.area.public_id,
        "reporter": one.reporter_name,
        "pressed_at": one.pressed_at,
        "raised_at": one.raised_at,
        "state": one.state,
        "taken_by": one.taken_by.display_name if one.taken_by else "",
        "taken_at": one.taken_at,
        "closed_at": one.closed_at,
    }


def _step(step: ConcernStep) -> dict[str, Any]:
    return {"kind": step.kind, "at": step.at, "by": step.by_name, "note": step.note}
