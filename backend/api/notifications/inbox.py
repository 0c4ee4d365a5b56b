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
from notifications.inbox import letter_of, read_letters
from notifications.models import Message
from notifications.selectors import inbox_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from notifications.inbox import Letter


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
        return self.paged(self.get_queryset(), lambda page: [LetterRow(self._letter(one)).data for one in page])

    def retrieve(self, request: Request, public_id: str) -> Response:
        """One message."""
        return Response(self._said(self.one_of(self.get_queryset(), public_id)))

    @extend_schema(request=None, responses=LetterRow)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, public_id: str) -> Response:
        """Mark one as read; an offer asked about in it is seen."""
        one = self.one_of(self.get_queryset(), public_id)
        for offer in read_letters(self.get_queryset().filter(pk=one.pk), now=self.now):
            mark_seen(offer, now=self.now)
        one.refresh_from_db()
        return Response(self._said(one))

    @extend_schema(request=None, responses=ReadCount)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark everything as read."""
        unread = self.get_queryset().filter(read_at=None)
        count = unread.count()
        read_letters(unread, now=self.now)
        return Response({"read": count})

    def _said(self, message: Message) -> Any:
        return LetterRow(self._letter(message)).data

    def _letter(self, message: Message) -> Letter:
        return letter_of(message, language=get_language() or "zh-hans", now=self.now)
