"""One's own inbox over the API. Reading is said by a POST; a GET marks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.views import Door
from matching.services.offers import mark_seen
from notifications.inbox import letters_of, read_letters
from notifications.models import Message
from notifications.selectors import inbox_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from rest_framework.request import Request


class LetterRow(serializers.Serializer):
    id = serializers.CharField(source="message.public_id")
    kind = serializers.CharField(source="message.kind")
    subject = serializers.CharField()
    body = serializers.CharField()
    url = serializers.CharField(help_text="the page about it; empty when it is over")
    created_at = serializers.DateTimeField(source="message.created_at")
    read_at = serializers.DateTimeField(source="message.read_at", allow_null=True)


class ReadCount(serializers.Serializer):
    read = serializers.IntegerField()


@extend_schema(tags=["messages"])
class Inbox(Door):
    """What the service told the reader, in their language."""

    queryset = Message.objects.none()
    serializer_class = LetterRow

    def get_queryset(self) -> QuerySet[Message]:
        if getattr(self, "swagger_fake_view", False):
            return Message.objects.none()
        return inbox_of(self.reader).order_by("-created_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of messages, the latest first."""
        return self.paged(self.get_queryset(), self._said)

    def retrieve(self, request: Request, public_id: str) -> Response:
        """One message."""
        return Response(self._said([self.one_of(self.get_queryset(), public_id)])[0])

    @extend_schema(request=None, responses=LetterRow)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, public_id: str) -> Response:
        """Mark one as read; an offer asked about in it is seen."""
        one = self.one_of(self.get_queryset(), public_id)
        for offer in read_letters(self.get_queryset().filter(pk=one.pk), now=self.now):
            mark_seen(offer, now=self.now)
        one.refresh_from_db()
        return Response(self._said([one])[0])

    @extend_schema(request=None, responses=ReadCount)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark everything as read."""
        unread = self.get_queryset().filter(read_at=None)
        count = unread.count()
        read_letters(unread, now=self.now)
        return Response({"read": count})

    def _said(self, messages: Sequence[Message]) -> Sequence[Any]:
        letters = letters_of(messages, language=get_language() or "zh-hans", now=self.now)
        return [LetterRow(letter).data for letter in letters]
