"""Duties over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from activities.models import Duty
from activities.selectors import duties_visible_to
from activities.services.duties import mark_duty_done, set_duty_time
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class DutyRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    kind = serializers.CharField()
    pairing = serializers.CharField(source="pairing.public_id")
    village = serializers.CharField(source="child.village.name")
    helper = serializers.CharField(source="helper.public_id")
    state = serializers.CharField()
    earliest_date = serializers.DateField()
    latest_date = serializers.DateField()
    shown_date = serializers.DateField()
    start_at = serializers.DateTimeField(allow_null=True)
    end_at = serializers.DateTimeField(allow_null=True)
    sequence = serializers.IntegerField()


class TimeInput(StrictSerializer):
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    is_agreed = serializers.BooleanField(
        default=False, help_text="the helper said yes to a time outside the hours they are free every week"
    )


class DutyFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Duty.State.choices)
    pairing = filters.CharFilter(field_name="pairing__public_id")

    class Meta:
        model = Duty
        fields: list[str] = []


@extend_schema(tags=["duties"])
class Duties(Door):
    """What is owed, and when."""

    queryset = Duty.objects.none()
    serializer_class = DutyRow
    filterset_class = DutyFilter

    def get_queryset(self) -> QuerySet[Duty]:
        if getattr(self, "swagger_fake_view", False):
            return Duty.objects.none()
        return duties_visible_to(self.reader).order_by("latest_date", "pk")

    def list(self, request: Request) -> Response:
        """A page of duties, the most urgent first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: list(DutyRow(page, many=True).data))

    @extend_schema(responses=DutyRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One duty."""
        return Response(self._shown(public_id))

    @extend_schema(request=TimeInput, responses=DutyRow)
    @action(detail=True, methods=["post"], url_path="set-time")
    def set_time(self, request: Request, public_id: str) -> Response:
        """Set or move the time; calendars see it with a higher SEQUENCE."""
        times = data_of(TimeInput, request)
        set_duty_time(duty=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now, **times)
        return Response(self._shown(public_id))

    @extend_schema(request=None, responses=DutyRow)
    @action(detail=True, methods=["post"])
    def done(self, request: Request, public_id: str) -> Response:
        """Close a duty that was carried out."""
        mark_duty_done(duty=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return Response(self._shown(public_id))

    def _shown(self, public_id: str) -> dict[str, Any]:
        body: dict[str, Any] = DutyRow(self.one_of(self.get_queryset(), public_id)).data
        return body
