"""Lower heart levels that wait for the named second person, who answers from a login of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.models import PendingAssessment
from backend.roster.services.assessments import confirm_lower, pending_visible_to, refuse_lower

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class PendingRow(serializers.Serializer):
    """A lower level asked for. `is_yours`: whether the reader is the second person."""

    id = serializers.CharField()
    child = serializers.CharField()
    assessed_date = serializers.DateField()
    level_before = serializers.IntegerField()
    heart_level = serializers.IntegerField()
    reason = serializers.CharField()
    state = serializers.CharField()
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    is_yours = serializers.BooleanField()


class RefuseInput(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class PendingFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=PendingAssessment.State.choices)
    child = filters.CharFilter(field_name="child__public_id")

    class Meta:
        model = PendingAssessment
        fields: list[str] = []


@extend_schema(tags=["children"])
class PendingAssessments(Door):
    """Lower levels asked for children the reader answers for."""

    queryset = PendingAssessment.objects.none()
    serializer_class = PendingRow
    filterset_class = PendingFilter

    def get_queryset(self) -> QuerySet[PendingAssessment]:
        if getattr(self, "swagger_fake_view", False):
            return PendingAssessment.objects.none()
        return pending_visible_to(self.reader).order_by("-asked_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of them, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: [pending_row(row, self.actor) for row in page])

    @extend_schema(request=None, responses=PendingRow)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, public_id: str) -> Response:
        """The second person's yes: the lower level counts from now on."""
        pending = self.one_of(self.get_queryset(), public_id)
        confirm_lower(pending=pending, actor=self.actor, reader=self.reader, now=self.now)
        return self._answer(public_id)

    @extend_schema(request=RefuseInput, responses=PendingRow)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, public_id: str) -> Response:
        """The second person's no, with the reason: the old level stands."""
        reason = data_of(RefuseInput, request)["reason"]
        pending = self.one_of(self.get_queryset(), public_id)
        refuse_lower(pending=pending, reason=reason, actor=self.actor, reader=self.reader, now=self.now)
        return self._answer(public_id)

    def _answer(self, public_id: str) -> Response:
        return Response(pending_row(self.one_of(self.get_queryset(), public_id), self.actor))


def pending_row(row: PendingAssessment, reader: Any) -> dict[str, Any]:
    """One row as an answer."""
    return {
        "id": row.public_id,
        "child": row.child.public_id,
        "assessed_date": row.assessed_date,
        "level_before": row.level_before,
        "heart_level": row.heart_level,
        "reason": row.reason,
        "state": row.state,
        "asked_at": row.asked_at,
        "answered_at": row.answered_at,
        "is_yours": row.second_id == reader.pk,
    }
