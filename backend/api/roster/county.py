"""What a county decides about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import county_of
from backend.roster.models import Area
from backend.roster.services.places import MOST_BY_THEMSELVES, let_helpers_raise, let_townships_publish

if TYPE_CHECKING:
    from rest_framework.request import Request


class County(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    code = serializers.CharField()
    name = serializers.CharField()
    townships_may_publish = serializers.BooleanField()
    own_limit_most = serializers.IntegerField(
        allow_null=True, help_text="up to how many children helpers take on without asking; null: they can only go down"
    )


class PublishingInput(StrictSerializer):
    is_on = serializers.BooleanField()


class OwnLimitInput(StrictSerializer):
    most = serializers.IntegerField(min_value=1, max_value=MOST_BY_THEMSELVES, allow_null=True)


@extend_schema(tags=["county"])
class OwnCounty(Door):
    """The county the reader works in."""

    queryset = Area.objects.none()
    serializer_class = County
    pagination_class = None

    @extend_schema(responses=County)
    def list(self, request: Request) -> Response:
        """The county and its switches."""
        return Response(County(self._county()).data)

    @extend_schema(request=PublishingInput, responses=County)
    @action(detail=False, methods=["post"], url_path="let-townships-publish")
    def let_townships_publish(self, request: Request) -> Response:
        """Say whether townships and schools may publish proposals inside their own scope."""
        county = self._county()
        let_townships_publish(county=county, is_on=data_of(PublishingInput, request)["is_on"], actor=self.actor)
        county.refresh_from_db()
        return Response(County(county).data)

    @extend_schema(request=OwnLimitInput, responses=County)
    @action(detail=False, methods=["post"], url_path="let-helpers-raise")
    def let_helpers_raise(self, request: Request) -> Response:
        """Say up to how many children helpers may take on without asking; null lets them go down only."""
        county = self._county()
        let_helpers_raise(county=county, most=data_of(OwnLimitInput, request)["most"], actor=self.actor)
        county.refresh_from_db()
        return Response(County(county).data)

    def _county(self) -> Area:
        county = county_of(self.reader)
        if county is None:
            raise Http404
        return county
