"""Invitations by mail over the API: one's own, and whether one wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import helpers_visible_to
from notifications.invitations import choose_calendar_mail
from notifications.models import Invitation
from notifications.selectors import invitations_visible_to, wants_calendar_mail

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class ChoiceInput(StrictSerializer):
    is_on = serializers.BooleanField()


class Choice(serializers.Serializer):
    is_on = serializers.BooleanField()


class InvitationRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    duty = serializers.CharField(source="duty.public_id")
    method = serializers.CharField()
    sequence = serializers.IntegerField()
    state = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField(allow_blank=True)
    answered_at = serializers.DateTimeField(allow_null=True)


@extend_schema(tags=["calendar"])
class Invitations(Door):
    """What was told by mail, and what was answered."""

    queryset = Invitation.objects.none()
    serializer_class = InvitationRow

    def get_queryset(self) -> QuerySet[Invitation]:
        if getattr(self, "swagger_fake_view", False):
            return Invitation.objects.none()
        return invitations_visible_to(self.reader).order_by("-created_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of one's own invitations, the latest first."""
        return self.paged(self.get_queryset(), lambda page: list(InvitationRow(page, many=True).data))

    @extend_schema(request=ChoiceInput, responses=Choice)
    @action(detail=False, methods=["post"])
    def choose(self, request: Request) -> Response:
        """Have what has a time sent by mail as an invitation, or not any more."""
        is_on = data_of(ChoiceInput, request)["is_on"]
        helper = helpers_visible_to(self.reader).get()
        choose_calendar_mail(helper=helper, is_on=is_on, actor=self.actor, now=self.now)
        return Response({"is_on": wants_calendar_mail(helper.pk)})
