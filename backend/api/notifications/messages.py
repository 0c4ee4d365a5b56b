"""What was told to whom, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.views import Door
from notifications.contacts import send_again
from notifications.models import Message
from notifications.selectors import messages_visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class MessageRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    kind = serializers.CharField()
    channel = serializers.CharField()
    helper = serializers.CharField(source="helper.public_id", allow_null=True, default=None)
    guardian = serializers.CharField(source="guardian.public_id", allow_null=True, default=None)
    offer = serializers.CharField(source="offer.public_id", allow_null=True, default=None)
    state = serializers.CharField()
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField()


class MessageFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Message.State.choices)
    channel = filters.ChoiceFilter(choices=Message.Channel.choices)

    class Meta:
        model = Message
        fields: list[str] = []


@extend_schema(tags=["messages"])
class Messages(Door):
    """What was told to whom, over which channel, and whether it arrived."""

    queryset = Message.objects.none()
    serializer_class = MessageRow
    filterset_class = MessageFilter

    def get_queryset(self) -> QuerySet[Message]:
        if getattr(self, "swagger_fake_view", False):
            return Message.objects.none()
        return messages_visible_to(self.reader).order_by("-created_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of messages, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: list(MessageRow(page, many=True).data))

    @extend_schema(request=None, responses=MessageRow)
    @action(detail=True, methods=["post"], url_path="send-again")
    def send_again(self, request: Request, public_id: str) -> Response:
        """Put a message that did not arrive on its way once more."""
        one = self.one_of(self.get_queryset(), public_id)
        send_again(message=one, actor=self.actor, now=self.now)
        one.refresh_from_db()
        return Response(MessageRow(one).data)
