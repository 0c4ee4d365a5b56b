"""Calendar feeds and API tokens over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.accounts.models import ApiToken
from backend.accounts.services import make_api_token, revoke_api_token
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from notifications.feed_services import create_feed, renew_feed, revoke_feed
from notifications.models import Feed
from notifications.selectors import feed_subject, feeds_visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class FeedInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=Feed.Kind.choices, default=Feed.Kind.MINE)
    about = serializers.CharField(max_length=16, required=False, help_text="id of the school, village or scheme")
    label = serializers.CharField(max_length=60)
    has_alarms = serializers.BooleanField(default=False)


class FeedRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    kind = serializers.CharField()
    about = serializers.CharField(source="about_name", help_text="name of what it is about; empty for one's own")
    label = serializers.CharField()
    has_alarms = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    fetched_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewFeed(FeedRow):
    url = serializers.CharField()


@extend_schema(tags=["calendar"])
class Feeds(Door):
    """One's own private calendars."""

    queryset = Feed.objects.none()
    serializer_class = FeedRow
    secret_actions = frozenset({"create", "renew"})

    def get_queryset(self) -> QuerySet[Feed]:
        if getattr(self, "swagger_fake_view", False):
            return Feed.objects.none()
        return feeds_visible_to(self.reader).order_by("-created_at", "pk")

    def list(self, request: Request) -> Response:
        """Feeds without their addresses: those are shown once, when made."""
        return self.paged(self.get_queryset(), lambda page: list(FeedRow(page, many=True).data))

    @extend_schema(request=FeedInput, responses={201: NewFeed})
    def create(self, request: Request) -> Response:
        """Make a feed; its address is answered this once."""
        wanted = data_of(FeedInput, request)
        about = feed_subject(self.reader, wanted["kind"], wanted.pop("about", ""))
        feed, url = create_feed(reader=self.reader, about=about, now=self.now, **wanted)
        return Response(FeedRow(feed).data | {"url": url}, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=NewFeed)
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, public_id: str) -> Response:
        """Give a feed a new address, answered this once; the old one ends at once."""
        feed = self.one_of(self.get_queryset(), public_id)
        url = renew_feed(feed=feed, actor=self.actor, now=self.now)
        feed.refresh_from_db()
        return Response(FeedRow(feed).data | {"url": url})

    @extend_schema(request=None, responses=FeedRow)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, public_id: str) -> Response:
        """End a feed at once."""
        feed = self.one_of(self.get_queryset(), public_id)
        revoke_feed(feed=feed, actor=self.actor, now=self.now)
        feed.refresh_from_db()
        return Response(FeedRow(feed).data)


class TokenInput(StrictSerializer):
    label = serializers.CharField(max_length=60)
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices, default=ApiToken.Scope.READ)
    days = serializers.IntegerField(min_value=1, max_value=400, default=90)


class TokenRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    label = serializers.CharField()
    scope = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewToken(TokenRow):
    secret = serializers.CharField()


@extend_schema(tags=["me"])
class Tokens(Door):
    """One's own API tokens."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenRow
    secret_actions = frozenset({"create"})

    def get_queryset(self) -> QuerySet[ApiToken]:
        if getattr(self, "swagger_fake_view", False):
            return ApiToken.objects.none()
        return ApiToken.objects.filter(user=self.actor).order_by("-created_at", "pk")

    def list(self, request: Request) -> Response:
        """Tokens without their secrets."""
        return self.paged(self.get_queryset(), lambda page: list(TokenRow(page, many=True).data))

    @extend_schema(request=TokenInput, responses={201: NewToken})
    def create(self, request: Request) -> Response:
        """Make a token; its secret is answered this once. One made with a token ends no later than that one."""
        wanted = data_of(TokenInput, request)
        if isinstance(request.auth, ApiToken):
            wanted["days"] = min(wanted["days"], max(1, (request.auth.expires_at - self.now).days))
        token, secret = make_api_token(user=self.actor, now=self.now, **wanted)
        return Response(TokenRow(token).data | {"secret": secret}, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=TokenRow)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, public_id: str) -> Response:
        """End a token at once."""
        token = self.one_of(self.get_queryset(), public_id)
        revoke_api_token(token=token, actor=self.actor, now=self.now)
        token.refresh_from_db()
        return Response(TokenRow(token).data)
