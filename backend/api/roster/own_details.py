"""What helpers change in their own file, over the API: how many children at most, and when they are free."""

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
from backend.roster.services.own_details import MOST_SPANS, given_limit, most_for, set_own_hours, set_own_limit

if TYPE_CHECKING:
    from rest_framework.request import Request

_MOST_LIMIT = 200
_DAY_MINUTES = 1440


class OwnSpan(StrictSerializer):
    """A free time of an ordinary week, minutes from midnight, the end not included."""

    weekday = serializers.IntegerField(min_value=1, max_value=7, help_text="1 Monday .. 7 Sunday")
    start_minute = serializers.IntegerField(min_value=0, max_value=_DAY_MINUTES - 1)
    end_minute = serializers.IntegerField(min_value=1, max_value=_DAY_MINUTES)


class OwnDetailRow(serializers.Serializer):
    total_limit = serializers.IntegerField(help_text="how many children at most")
    given_limit = serializers.IntegerField(help_text="what a coordinator gave")
    most = serializers.IntegerField(help_text="up to here the helper may go without asking")
    hours = OwnSpan(many=True, help_text="empty: nothing was said")


class OwnLimit(StrictSerializer):
    limit = serializers.IntegerField(min_value=0, max_value=_MOST_LIMIT)


class OwnHours(StrictSerializer):
    hours = serializers.ListField(
        child=OwnSpan(), max_length=MOST_SPANS, help_text="all of them; what touches becomes one"
    )


@extend_schema(tags=["helpers"])
class OwnDetails(Door):
    """The helper who asks."""

    queryset = Helper.objects.none()
    serializer_class = OwnDetailRow
    pagination_class = None

    @extend_schema(responses=OwnDetailRow)
    def list(self, request: Request) -> Response:
        """One's own limit and free times."""
        return Response(self._said())

    @extend_schema(request=OwnLimit, responses=OwnDetailRow)
    @action(detail=False, methods=["post"])
    def limit(self, request: Request) -> Response:
        """Take on no more than so many: fewer at any time, more as far as the county lets helpers go by themselves."""
        set_own_limit(helper=self._me(), actor=self.actor, **data_of(OwnLimit, request))
        return Response(self._said())

    @extend_schema(request=OwnHours, responses=OwnDetailRow)
    @action(detail=False, methods=["post"])
    def hours(self, request: Request) -> Response:
        """Say anew when one is free in an ordinary week."""
        rows = data_of(OwnHours, request)["hours"]
        spans = [[row["weekday"], row["start_minute"], row["end_minute"]] for row in rows]
        set_own_hours(helper=self._me(), spans=spans, actor=self.actor)
        return Response(self._said())

    def _said(self) -> dict[str, Any]:
        me = self._me()
        hours = me.weekly_hours.order_by("weekday", "start_minute")
        return {
            "total_limit": me.total_limit,
            "given_limit": given_limit(me),
            "most": most_for(me),
            "hours": list(hours.values("weekday", "start_minute", "end_minute")),
        }

    def _me(self) -> Helper:
        mine: Helper | None = helpers_visible_to(self.reader).select_related("township").first()
        if mine is None:
            raise NotFound
        return mine
