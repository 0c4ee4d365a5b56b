"""Applications over the API: put forward, checked by two bodies, withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.matching.offers import child_name_for
from backend.api.views import Door, data_of
from backend.roster.access import children_visible_to
from matching.models import Application, ApplicationCheck, Scheme
from matching.selectors import applications_visible_to
from matching.services.applications import apply_for, check_application, withdraw_application

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class CheckRow(serializers.Serializer):
    body = serializers.CharField()
    is_fine = serializers.BooleanField()
    note = serializers.CharField()
    who = serializers.CharField()
    at = serializers.DateTimeField()


class ApplicationRow(serializers.Serializer):
    id = serializers.CharField()
    child = serializers.CharField()
    child_name = serializers.CharField()
    scheme = serializers.CharField()
    reason = serializers.CharField()
    state = serializers.CharField()
    applied_by = serializers.CharField()
    applied_at = serializers.DateTimeField()
    checks = CheckRow(many=True)


class ApplicationInput(StrictSerializer):
    child = serializers.CharField(max_length=16)
    scheme = serializers.CharField(max_length=16)
    reason = serializers.CharField(max_length=200, min_length=4)


class CheckInput(StrictSerializer):
    body = serializers.ChoiceField(choices=ApplicationCheck.Body.choices)
    is_fine = serializers.BooleanField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ApplicationFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Application.State.choices)
    scheme = filters.CharFilter(field_name="scheme__public_id")
    child = filters.CharFilter(field_name="child__public_id")

    class Meta:
        model = Application
        fields: list[str] = []


@extend_schema(tags=["matching"])
class Applications(Door):
    """Children put forward for schemes that assign after a joint check, in the reader's scope."""

    queryset = Application.objects.none()
    serializer_class = ApplicationRow
    filterset_class = ApplicationFilter

    def get_queryset(self) -> QuerySet[Application]:
        if getattr(self, "swagger_fake_view", False):
            return Application.objects.none()
        return applications_visible_to(self.reader).order_by("-applied_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of applications, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: [_application(one, self.reader.role) for one in page])

    @extend_schema(responses=ApplicationRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One application with its checks."""
        return Response(_application(self.one_of(self.get_queryset(), public_id), self.reader.role))

    @extend_schema(request=ApplicationInput, responses={201: ApplicationRow})
    def create(self, request: Request) -> Response:
        """Put a child of one's own village, school or township forward."""
        wanted = data_of(ApplicationInput, request)
        child = self.one_of(children_visible_to(self.reader).select_related("village"), wanted["child"])
        schemes = Scheme.objects.filter(county__code=child.village.code[:6]).select_related("county")
        made = apply_for(
            child=child,
            scheme=self.one_of(schemes, wanted["scheme"]),
            reason=wanted["reason"],
            actor=self.actor,
            reader=self.reader,
            now=self.now,
        )
        shown = _application(self.get_queryset().get(pk=made.pk), self.reader.role)
        return Response(shown, status=status.HTTP_201_CREATED)

    @extend_schema(request=CheckInput, responses=ApplicationRow)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, public_id: str) -> Response:
        """Yes or no on behalf of one body; by two people, neither of whom applied."""
        said = data_of(CheckInput, request)
        application = self.one_of(self.get_queryset(), public_id)
        note = said.get("note", "")
        check_application(
            application=application, body=said["body"], is_fine=said["is_fine"], note=note,
            actor=self.actor, reader=self.reader, now=self.now,
        )  # fmt: skip
        return self.retrieve(request, public_id)

    @extend_schema(request=None, responses=ApplicationRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, public_id: str) -> Response:
        """Take it back before somebody is assigned."""
        application = self.one_of(self.get_queryset(), public_id)
        withdraw_application(application=application, actor=self.actor, reader=self.reader, now=self.now)
        return self.retrieve(request, public_id)


def _application(one: Application, role: str | None) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "child": one.child.public_id,
        "child_name": child_name_for(one.child, role),
        "scheme": one.scheme.public_id,
        "reason": one.reason,
        "state": one.state,
        "applied_by": one.applied_by.display_name,
        "applied_at": one.applied_at.isoformat(),
        "checks": [
            {
                "body": check.body,
                "is_fine": check.is_fine,
                "note": check.note,
                "who": check.checked_by.display_name,
                "at": check.checked_at.isoformat(),
            }
            for check in sorted(one.checks.all(), key=lambda check: check.pk)
        ],
    }
