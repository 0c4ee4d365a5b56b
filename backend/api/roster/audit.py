"""The audit over the API, for the auditor: names masked, children nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from backend.api.views import Door
from backend.audit.models import AuditEntry
from backend.audit.selectors import SENSITIVE_READS, entries_in_order
from backend.roster.masking import masked_name

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response


class AuditRow(serializers.Serializer):
    """One act. What it changed stays in the database: it may name people."""

    at = serializers.DateTimeField()
    actor_id = serializers.CharField(help_text="public id of the account; empty for the service itself")
    actor_name = serializers.SerializerMethodField()
    actor_role = serializers.CharField(help_text="the role acted in, where it is known")
    verb = serializers.CharField()
    subject_kind = serializers.CharField()
    subject_id = serializers.CharField()
    field = serializers.SerializerMethodField(help_text="the field that was opened, for child.revealed")
    reason = serializers.CharField()

    def get_actor_name(self, entry: Any) -> str:
        return masked_name(entry.actor_name) if entry.actor_name else ""

    def get_field(self, entry: Any) -> str:
        return str((entry.after or {}).get("field", ""))


class AuditFilter(filters.FilterSet):
    """As the page has them: what about, reads or writes, by whom, on what, on which day."""

    about = filters.CharFilter(method="by_noun", help_text="the first half of a verb, e.g. child")
    verb = filters.CharFilter()
    kind = filters.ChoiceFilter(choices=[("read", "sensitive reads"), ("write", "changes")], method="by_kind")
    actor = filters.CharFilter(field_name="actor_id")
    subject = filters.CharFilter(field_name="subject_id")
    day = filters.DateFilter(field_name="at", lookup_expr="date")

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def by_noun(self, queryset: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        return queryset.filter(verb__startswith=f"{value}.")

    def by_kind(self, queryset: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        reads = Q(verb__in=SENSITIVE_READS)
        return queryset.filter(reads if value == "read" else ~reads)


@extend_schema(tags=["audit"])
class AuditEntries(Door):
    """What was done, and which files were opened."""

    queryset = AuditEntry.objects.none()
    serializer_class = AuditRow
    filterset_class = AuditFilter

    def get_queryset(self) -> QuerySet[AuditEntry]:
        if getattr(self, "swagger_fake_view", False):
            return AuditEntry.objects.none()
        return entries_in_order()

    def list(self, request: Request) -> Response:
        """A page of entries, the latest first."""
        return self.paged(self.filter_queryset(self.get_queryset()), lambda page: list(AuditRow(page, many=True).data))
