"""A helper's own calendars as times of being busy, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.response import Response

from activities.busy_selectors import busy_calendars_of
from activities.models import BusyCalendar
from activities.services import busy_calendars
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import helpers_visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from backend.roster.models import Helper


class CalendarFileInput(StrictSerializer):
    file = serializers.FileField(max_length=200)


class CalendarLinkInput(StrictSerializer):
    address = serializers.CharField(max_length=2000)


class BusySpanRow(serializers.Serializer):
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()


class BusyCalendarRow(serializers.Serializer):
    """A calendar as it was read; only a LIVE one counts. Its address is never given back."""

    id = serializers.CharField(source="public_id")
    kind = serializers.CharField()
    state = serializers.CharField()
    from_date = serializers.DateField()
    until_date = serializers.DateField()
    entries = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="entries that were not understood")
    has_hours = serializers.BooleanField()
    problem = serializers.CharField()
    read_at = serializers.DateTimeField()
    taken_at = serializers.DateTimeField(allow_null=True)
    busy = BusySpanRow(many=True, source="spans.all")


@extend_schema(tags=["calendar"])
class BusyCalendars(Door):
    """One's own calendars."""

    queryset = BusyCalendar.objects.none()
    serializer_class = BusyCalendarRow
    long_actions = frozenset({"create", "link"})

    def get_queryset(self) -> QuerySet[BusyCalendar]:
        if getattr(self, "swagger_fake_view", False):
            return BusyCalendar.objects.none()
        return busy_calendars_of(self.reader).select_related("helper").prefetch_related("spans")

    def get_parsers(self) -> Any:
        """Files arrive as a form; everything else is JSON."""
        is_file = getattr(self, "action_map", {}).get("post") == "create"
        return [MultiPartParser(), JSONParser()] if is_file else [JSONParser()]

    def list(self, request: Request) -> Response:
        """A page of one's own calendars."""
        return self.paged(self.get_queryset(), lambda page: list(BusyCalendarRow(page, many=True).data))

    @extend_schema(request={"multipart/form-data": CalendarFileInput}, responses={201: BusyCalendarRow})
    def create(self, request: Request) -> Response:
        """Upload an .ics file, to be looked at before it counts."""
        file = data_of(CalendarFileInput, request)["file"]
        made = busy_calendars.read_file(helper=self._me(), content=file.read(), actor=self.actor, now=self.now)
        return self._row(made, status.HTTP_201_CREATED)

    @extend_schema(request=CalendarLinkInput, responses={201: BusyCalendarRow})
    @action(detail=False, methods=["post"])
    def link(self, request: Request) -> Response:
        """Read a calendar at its https address, to be looked at before it counts; off unless switched on."""
        address = data_of(CalendarLinkInput, request)["address"]
        made = busy_calendars.read_link(helper=self._me(), address=address, actor=self.actor, now=self.now)
        return self._row(made, status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=BusyCalendarRow)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, public_id: str) -> Response:
        """Let it count from now on."""
        one = self.one_of(self.get_queryset(), public_id)
        return self._row(busy_calendars.take(calendar=one, actor=self.actor, now=self.now))

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, public_id: str) -> Response:
        """Undo the taking; the one before counts again."""
        busy_calendars.take_back(calendar=self.one_of(self.get_queryset(), public_id), actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: str) -> Response:
        """Throw it away: what was only looked at, or all of its kind."""
        one = self.one_of(self.get_queryset(), public_id)
        if one.state == BusyCalendar.State.PREVIEW:
            busy_calendars.throw_away(calendar=one, actor=self.actor)
        else:
            busy_calendars.forget(helper=one.helper, kind=one.kind, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _me(self) -> Helper:
        helper: Helper = helpers_visible_to(self.reader).get()
        return helper

    def _row(self, calendar: BusyCalendar, code: int = status.HTTP_200_OK) -> Response:
        return Response(BusyCalendarRow(calendar).data, status=code)
