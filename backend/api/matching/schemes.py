"""Schemes over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from backend.api.views import Door
from matching.models import Scheme
from matching.selectors import schemes_visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class SlotRuleRow(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    count = serializers.IntegerField()
    reach = serializers.CharField()
    is_same_sex = serializers.BooleanField()
    weights = serializers.DictField(child=serializers.IntegerField())


class SchemeRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    key = serializers.CharField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    term = serializers.CharField(source="term.name")
    target_levels = serializers.ListField(child=serializers.IntegerField())
    is_bundled = serializers.BooleanField()
    limit_per_helper = serializers.IntegerField(allow_null=True)
    offer_days = serializers.IntegerField()
    is_active = serializers.BooleanField()
    slot_rules = SlotRuleRow(many=True)


@extend_schema(tags=["matching"])
class Schemes(Door):
    """The rule books of the reader's county."""

    queryset = Scheme.objects.none()
    serializer_class = SchemeRow

    def get_queryset(self) -> QuerySet[Scheme]:
        if getattr(self, "swagger_fake_view", False):
            return Scheme.objects.none()
        return schemes_visible_to(self.reader).prefetch_related("slot_rules").order_by("-term__start_date", "pk")

    def list(self, request: Request) -> Response:
        """A page of schemes, the latest term first."""
        return self.paged(self.get_queryset(), lambda page: list(SchemeRow(page, many=True).data))

    @extend_schema(responses=SchemeRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One scheme."""
        return Response(SchemeRow(self.one_of(self.get_queryset(), public_id)).data)
