"""Stand-ins over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import helpers_visible_to
from matching.models import StandIn
from matching.selectors import pairings_visible_to, stand_ins_visible_to
from matching.services.stand_ins import cancel_stand_in, plan_stand_in

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class StandInRow(serializers.Serializer):
    """Somebody who looks after a child in another's stead, both days counted."""

    id = serializers.CharField(source="public_id")
    pairing = serializers.CharField(source="pairing.public_id")
    helper = serializers.CharField(source="helper.public_id")
    helper_name = serializers.CharField(source="helper.name")
    from_date = serializers.DateField()
    until_date = serializers.DateField()
    note = serializers.CharField()
    state = serializers.CharField()


class StandInInput(StrictSerializer):
    pairing = serializers.CharField()
    helper = serializers.CharField()
    from_date = serializers.DateField()
    until_date = serializers.DateField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class StandInFilter(filters.FilterSet):
    pairing = filters.CharFilter(field_name="pairing__public_id")
    state = filters.ChoiceFilter(choices=StandIn.State.choices)

    class Meta:
        model = StandIn
        fields: list[str] = []


@extend_schema(tags=["pairings"])
class StandIns(Door):
    """Who looks after children for a while, in a coordinator's scope."""

    queryset = StandIn.objects.none()
    serializer_class = StandInRow
    filterset_class = StandInFilter

    def get_queryset(self) -> QuerySet[StandIn]:
        if getattr(self, "swagger_fake_view", False):
            return StandIn.objects.none()
        return stand_ins_visible_to(self.reader).order_by("-from_date", "-pk")

    def list(self, request: Request) -> Response:
        """A page of stand-ins, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: list(StandInRow(page, many=True).data))

    @extend_schema(request=StandInInput, responses={201: StandInRow})
    def create(self, request: Request) -> Response:
        """Have somebody stand in; what begins today begins at once."""
        wanted = data_of(StandInInput, request)
        pairing: Any = self.one_of(pairings_visible_to(self.reader), wanted.pop("pairing"))
        helper: Any = self.one_of(helpers_visible_to(self.reader), wanted.pop("helper"))
        made = plan_stand_in(pairing=pairing, helper=helper, actor=self.actor, now=self.now, **wanted)
        row = self.get_queryset().get(pk=made.pk)
        return Response(StandInRow(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=StandInRow)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, public_id: str) -> Response:
        """Call one off, or end a running one at once."""
        cancel_stand_in(stand_in=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return Response(StandInRow(self.one_of(self.get_queryset(), public_id)).data)
