"""Roles over the API: grants that stand, and proposals that wait for a second administrator."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.accounts.models import Role
from backend.accounts.services import open_account
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import (
    areas_visible_to,
    grant_proposals_visible_to,
    grants_visible_to,
    organisations_visible_to,
)
from backend.roster.models import CheckingBody, GrantProposal, Membership
from backend.roster.services.grants import confirm_grant, propose_grant, refuse_grant, revoke_membership
from backend.roster.services.memberships import PLACES

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_ROLES = [(role.value, role.label) for role in Role if role in PLACES]


class GrantFields(serializers.Serializer):
    """What a grant and a proposal both say."""

    id = serializers.CharField(source="public_id")
    user_id = serializers.CharField(source="user.public_id")
    user_name = serializers.CharField(source="user.display_name")
    email = serializers.CharField(source="user.email", allow_null=True)
    role = serializers.CharField()
    area = serializers.CharField(source="area.public_id", default=None, allow_null=True)
    organisation = serializers.CharField(source="organisation.public_id", default=None, allow_null=True)
    body = serializers.CharField(help_text="in whose name applications are checked; empty for none")
    reason = serializers.CharField()
    starts_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class MembershipRow(GrantFields):
    granted_by = serializers.CharField(source="granted_by.public_id", default=None, allow_null=True)
    confirmed_by = serializers.CharField(source="confirmed_by.public_id", default=None, allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoke_reason = serializers.CharField()


class GrantProposalRow(GrantFields):
    state = serializers.CharField()
    proposed_by = serializers.CharField(source="proposed_by.public_id")
    proposed_at = serializers.DateTimeField()
    answered_by = serializers.CharField(source="answered_by.public_id", default=None, allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    answer_reason = serializers.CharField()
    membership = serializers.CharField(source="membership.public_id", default=None, allow_null=True)


class GrantReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class GrantProposalInput(StrictSerializer):
    """`area` and `organisation`: public ids, as the role asks for; neither for administrators and auditors."""

    email = serializers.EmailField()
    name = serializers.CharField(max_length=60, required=False, default="", help_text="for an account not yet there")
    role = serializers.ChoiceField(choices=_ROLES)
    area = serializers.CharField(max_length=16, required=False, default="")
    organisation = serializers.CharField(max_length=16, required=False, default="")
    body = serializers.ChoiceField(
        choices=CheckingBody.choices, required=False, default="", help_text="for coordinators of a county only"
    )
    reason = serializers.CharField(max_length=200)
    expires_at = serializers.DateTimeField(help_text="at most 366 days after its beginning")


class MembershipFilter(filters.FilterSet):
    role = filters.ChoiceFilter(choices=_ROLES)
    area = filters.CharFilter(field_name="area__public_id")
    organisation = filters.CharFilter(field_name="organisation__public_id")
    user = filters.CharFilter(field_name="user__public_id")
    which = filters.ChoiceFilter(choices=[("standing", "valid or to come"), ("over", "ended")], method="by_time")
    ending_within_days = filters.NumberFilter(min_value=0, max_value=400, method="by_end")

    class Meta:
        model = Membership
        fields: list[str] = []

    def by_time(self, queryset: QuerySet[Membership], _name: str, value: str) -> QuerySet[Membership]:
        over = Q(expires_at__lte=timezone.now()) | Q(revoked_at__isnull=False)
        return queryset.filter(over) if value == "over" else queryset.exclude(over)

    def by_end(self, queryset: QuerySet[Membership], _name: str, value: Any) -> QuerySet[Membership]:
        now = timezone.now()
        return queryset.filter(expires_at__gt=now, expires_at__lte=now + timedelta(days=int(value)), revoked_at=None)


@extend_schema(tags=["memberships"])
class Memberships(Door):
    """Who holds which role where; for administrators."""

    queryset = Membership.objects.none()
    serializer_class = MembershipRow
    filterset_class = MembershipFilter

    def get_queryset(self) -> QuerySet[Membership]:
        if getattr(self, "swagger_fake_view", False):
            return Membership.objects.none()
        return grants_visible_to(self.reader).order_by("expires_at", "pk")

    def list(self, request: Request) -> Response:
        """A page of grants, the next to end first; ended ones too, unless `which` says otherwise."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: list(MembershipRow(page, many=True).data))

    @extend_schema(responses=MembershipRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One grant."""
        return Response(MembershipRow(self.one_of(self.get_queryset(), public_id)).data)

    @extend_schema(request=GrantReasonInput, responses=MembershipRow)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, public_id: str) -> Response:
        """End a grant at once; one administrator is enough. The last administrator's stays."""
        row = self.one_of(self.get_queryset(), public_id)
        reason = data_of(GrantReasonInput, request)["reason"]
        revoke_membership(membership=row, reason=reason, actor=self.actor, reader=self.reader, now=self.now)
        return Response(MembershipRow(row).data)


class GrantProposalFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=GrantProposal.State.choices)
    role = filters.ChoiceFilter(choices=_ROLES)

    class Meta:
        model = GrantProposal
        fields: list[str] = []


@extend_schema(tags=["memberships"])
class GrantProposals(Door):
    """Roles one administrator proposed and another confirms or refuses."""

    queryset = GrantProposal.objects.none()
    serializer_class = GrantProposalRow
    filterset_class = GrantProposalFilter

    def get_queryset(self) -> QuerySet[GrantProposal]:
        if getattr(self, "swagger_fake_view", False):
            return GrantProposal.objects.none()
        return grant_proposals_visible_to(self.reader).select_related("membership").order_by("-proposed_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of proposals, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: list(GrantProposalRow(page, many=True).data))

    @extend_schema(request=GrantProposalInput, responses={201: GrantProposalRow})
    def create(self, request: Request) -> Response:
        """
        Propose a role for the account with this address, opened where there is none.

        Where the person holds the role there already, the new grant begins when the old one ends.
        """
        facts = data_of(GrantProposalInput, request)
        places = {
            "area": self._place(areas_visible_to(self.reader), "area", facts),
            "organisation": self._place(organisations_visible_to(self.reader), "organisation", facts),
        }
        with transaction.atomic():
            row = propose_grant(
                user=open_account(email=facts["email"], display_name=facts["name"], actor=self.actor),
                role=facts["role"], body=facts["body"], reason=facts["reason"], expires_at=facts["expires_at"],
                actor=self.actor, reader=self.reader, now=self.now, **places,
            )  # fmt: skip
        return Response(GrantProposalRow(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=GrantProposalRow)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, public_id: str) -> Response:
        """The second administrator's yes; 403 for whoever proposed it or would receive it."""
        row = self.one_of(self.get_queryset(), public_id)
        confirm_grant(proposal=row, actor=self.actor, reader=self.reader, now=self.now)
        return Response(GrantProposalRow(row).data)

    @extend_schema(request=GrantReasonInput, responses=GrantProposalRow)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, public_id: str) -> Response:
        """An administrator's no; whoever proposed it takes it back the same way."""
        row = self.one_of(self.get_queryset(), public_id)
        reason = data_of(GrantReasonInput, request)["reason"]
        refuse_grant(proposal=row, reason=reason, actor=self.actor, reader=self.reader, now=self.now)
        return Response(GrantProposalRow(row).data)

    def _place(self, visible: QuerySet[Any], name: str, facts: dict[str, Any]) -> Any:
        """A place by its public id; an unknown one is the caller's mistake, not a missing page."""
        if not facts[name]:
            return None
        place = visible.filter(public_id=facts[name]).first()
        if place is None:
            raise serializers.ValidationError({name: ["There is no such place."]})
        return place
