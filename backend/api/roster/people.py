"""Helpers, areas, organisations and who I am."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.accounts.models import COORDINATORS, Role
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import (
    areas_visible_to,
    county_of,
    helpers_visible_to,
    organisations_visible_to,
)
from backend.roster.models import Area, Helper, Organisation
from backend.roster.presenting_helpers import present_helper
from backend.roster.services.logins import change_login

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class HelperRow(serializers.Serializer):
    """A helper as the reader may see them."""

    id = serializers.CharField()
    name = serializers.CharField()
    sex = serializers.CharField(required=False)
    roles = serializers.ListField(child=serializers.CharField())
    unit = serializers.CharField()
    township = serializers.CharField()
    village = serializers.CharField()
    skills = serializers.ListField(child=serializers.CharField())
    total_limit = serializers.IntegerField()
    state = serializers.CharField()
    cleared_until = serializers.DateField(allow_null=True)
    email = serializers.CharField(required=False)
    phone = serializers.CharField(required=False)


class LoginInput(StrictSerializer):
    """Both as they are to be; an empty one is taken away."""

    email = serializers.CharField(max_length=254, allow_blank=True)
    phone = serializers.CharField(max_length=20, allow_blank=True)


class HelperFilter(filters.FilterSet):
    search = filters.CharFilter(method="by_name")
    role = filters.CharFilter(field_name="roles__role")
    township = filters.CharFilter(field_name="township__public_id")
    unit = filters.CharFilter(field_name="unit__public_id")
    state = filters.ChoiceFilter(choices=Helper.State.choices)

    class Meta:
        model = Helper
        fields: list[str] = []

    def by_name(self, queryset: QuerySet[Helper], _name: str, value: str) -> QuerySet[Helper]:
        if getattr(self.request, "door_role", None) == Role.AUDITOR:
            return queryset.none()  # who sees masked names cannot search the plain ones
        return queryset.filter(name_search__contains=value.strip().lower())


@extend_schema(tags=["helpers"])
class Helpers(Door):
    """Helpers the reader may know of."""

    queryset = Helper.objects.none()
    serializer_class = HelperRow
    filterset_class = HelperFilter

    def get_queryset(self) -> QuerySet[Helper]:
        if getattr(self, "swagger_fake_view", False):
            return Helper.objects.none()
        asked: Any = self.request
        asked.door_role = self.reader.role
        visible = helpers_visible_to(self.reader).select_related("unit", "township", "village")
        return visible.prefetch_related("roles", "clearances").distinct().order_by("name_sort", "pk")

    def list(self, request: Request) -> Response:
        """A page of helpers, ordered by pinyin."""
        return self.paged(
            self.filter_queryset(self.get_queryset()),
            lambda page: [present_helper(self.reader, helper, now=self.now) for helper in page],
        )

    @extend_schema(responses=HelperRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One helper."""
        helper = self.one_of(self.get_queryset(), public_id)
        return Response(present_helper(self.reader, helper, now=self.now))

    @extend_schema(request=LoginInput, responses=HelperRow)
    @action(detail=True, methods=["post"], url_path="change-login")
    def change_login(self, request: Request, public_id: str) -> Response:
        """
        Let the helper's sign-in codes go to another address or number; what the old ones opened ends.

        403 `login.guarded` where the account has rights beside the helper's.
        """
        helper = self.one_of(self.get_queryset(), public_id)
        change_login(helper=helper, actor=self.actor, reader=self.reader, now=self.now, **data_of(LoginInput, request))
        return Response(present_helper(self.reader, self.one_of(self.get_queryset(), public_id), now=self.now))


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
