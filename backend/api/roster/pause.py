"""Being away, over the API: the reader's own days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import helpers_visible_to
from backend.roster.models import Helper
from backend.roster.services.pauses import ask_pause, end_pause

if TYPE_CHECKING:
    from rest_framework.request import Request


class PauseRow(serializers.Serializer):
    """Both null: not away, and not going to be."""

    from_date = serializers.DateField(source="paused_from_date", allow_null=True)
    until_date = serializers.DateField(source="paused_until_date", allow_null=True)
    state = serializers.CharField()


class PauseDays(StrictSerializer):
    from_date = serializers.DateField()
    until_date = serializers.DateField(help_text="the last day away")


@extend_schema(tags=["helpers"])
class Pauses(Door):
    """The helper who asks."""

    queryset = Helper.objects.none()
    serializer_class = PauseRow
    pagination_class = None

    @extend_schema(responses=PauseRow)
    def list(self, request: Request) -> Response:
        """One's own days away."""
        return Response(PauseRow(self._me()).data)

    @extend_schema(request=PauseDays, responses=PauseRow)
    @action(detail=False, methods=["post"])
    def ask(self, request: Request) -> Response:
        """Be away from a day to a day: pairings rest, open offers are withdrawn, and all comes back by itself."""
        ask_pause(helper=self._me(), actor=self.actor, now=self.now, **data_of(PauseDays, request))
        return Response(PauseRow(self._me()).data)

    @extend_schema(request=None, responses=PauseRow)
    @action(detail=False, methods=["post"])
    def end(self, request: Request) -> Response:
        """Back at once, or not away after all."""
        end_pause(helper=self._me(), actor=self.actor)
        return Response(PauseRow(self._me()).data)

    def _me(self) -> Any:
        mine = helpers_visible_to(self.reader).first()
        if mine is None:
            raise NotFound
        return mine
