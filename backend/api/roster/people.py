"""Areas, organisations and who I am."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from backend.accounts.models import COORDINATORS
from backend.api.views import Door
from backend.roster.access import areas_visible_to, county_of, organisations_visible_to
from backend.roster.models import Area, Helper, Organisation

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class AreaRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    parent = serializers.CharField(source="parent.public_id", default=None, allow_null=True)


class AreaFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=Area.Kind.choices)
    parent = filters.CharFilter(field_name="parent__public_id")

    class Meta:
        model = Area
        fields: list[str] = []


@extend_schema(tags=["places"])
class Areas(Door):
    """Counties, townships and villages inside the reader's scope."""

    queryset = Area.objects.none()
    serializer_class = AreaRow
    filterset_class = AreaFilter

    def get_queryset(self) -> QuerySet[Area]:
        if getattr(self, "swagger_fake_view", False):
            return Area.objects.none()
        return areas_visible_to(self.reader).select_related("parent").order_by("code")

    def list(self, request: Request) -> Response:
        """A page of areas, by division code."""
        return self.paged(self.filter_queryset(self.get_queryset()), lambda page: list(AreaRow(page, many=True).data))


class OrganisationRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    kind = serializers.CharField()
    area = serializers.CharField(source="area.public_id")


class OrganisationFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=Organisation.Kind.choices)
    area = filters.CharFilter(field_name="area__public_id")

    class Meta:
        model = Organisation
        fields: list[str] = []


@extend_schema(tags=["places"])
class Organisations(Door):
    """Schools, offices and associations inside the reader's scope."""

    queryset = Organisation.objects.none()
    serializer_class = OrganisationRow
    filterset_class = OrganisationFilter

    def get_queryset(self) -> QuerySet[Organisation]:
        if getattr(self, "swagger_fake_view", False):
            return Organisation.objects.none()
        return organisations_visible_to(self.reader).select_related("area").order_by("name", "pk")

    def list(self, request: Request) -> Response:
        """A page of organisations, by name."""
        return self.paged(
            self.filter_queryset(self.get_queryset()), lambda page: list(OrganisationRow(page, many=True).data)
        )


class Me(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField(allow_null=True)
    county = AreaRow(allow_null=True)
    helper_id = serializers.CharField(allow_null=True)
    is_coordinator = serializers.BooleanField()
    roles = serializers.ListField(child=serializers.CharField(), help_text="every role held now, the strongest first")


@extend_schema(tags=["me"])
class WhoAmI(Door):
    """The reader behind the request."""

    queryset = Area.objects.none()
    serializer_class = Me
    pagination_class = None

    @extend_schema(responses=Me)
    def list(self, request: Request) -> Response:
        """Who I am here, and over which county."""
        return Response(_me(request.user, self.reader))


def _me(user: Any, reader: Any) -> dict[str, Any]:
    county = county_of(reader)
    helper = Helper.objects.filter(pk=reader.helper_id).first() if reader.helper_id else None
    return {
        "id": user.public_id,
        "name": user.display_name,
        "role": reader.role,
        "county": AreaRow(county).data if county is not None else None,
        "helper_id": helper.public_id if helper is not None else None,
        "is_coordinator": reader.role in COORDINATORS,
        "roles": list(reader.roles),
    }
