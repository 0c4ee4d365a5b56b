"""Homes over the API: their rooms with zones and seats, opening hours, equipment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from activities.models import Home, Room
from activities.place_selectors import homes_visible_to, rooms_visible_to
from activities.services.homes import add_room, change_room, make_home, set_equipment, set_opening_hours
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import areas_visible_to, organisations_visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class RoomRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    zone = serializers.CharField()
    seats = serializers.IntegerField()


class HoursRow(serializers.Serializer):
    weekday = serializers.IntegerField(min_value=1, max_value=7)
    start_minute = serializers.IntegerField(min_value=0, max_value=1439)
    end_minute = serializers.IntegerField(min_value=1, max_value=1440)


class EquipmentRow(serializers.Serializer):
    name = serializers.CharField(max_length=40)
    wanted = serializers.IntegerField(min_value=0, max_value=100_000)
    present = serializers.IntegerField(min_value=0, max_value=100_000)


class HomeRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    kind = serializers.CharField()
    area = serializers.CharField(source="area.public_id")
    rooms = RoomRow(many=True)
    opening_hours = HoursRow(many=True)
    equipment = EquipmentRow(many=True)


class HomeInput(StrictSerializer):
    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Home.Kind.choices, default=Home.Kind.ROOMS)
    area = serializers.CharField(max_length=16)
    organisation = serializers.CharField(max_length=16, required=False)


class RoomInput(StrictSerializer):
    name = serializers.CharField(max_length=40)
    zone = serializers.ChoiceField(choices=Room.Zone.choices)
    seats = serializers.IntegerField(min_value=1, max_value=500, default=20)


class RoomChangeInput(RoomInput):
    room = serializers.CharField(max_length=16)
    seats = serializers.IntegerField(min_value=1, max_value=500)


class HoursInput(StrictSerializer):
    hours = HoursRow(many=True)

    def validate_hours(self, rows: list[dict[str, int]]) -> list[dict[str, int]]:
        """One span a day, the end later than the start."""
        days = [row["weekday"] for row in rows]
        if len(days) != len(set(days)) or any(row["start_minute"] >= row["end_minute"] for row in rows):
            raise serializers.ValidationError("One span for each weekday, the end later than the start.")
        return rows


class EquipmentInput(StrictSerializer, EquipmentRow):
    pass


@extend_schema(tags=["homes"])
class Homes(Door):
    """Homes of left-behind children."""

    queryset = Home.objects.none()
    serializer_class = HomeRow

    def get_queryset(self) -> QuerySet[Home]:
        if getattr(self, "swagger_fake_view", False):
            return Home.objects.none()
        homes = homes_visible_to(self.reader).prefetch_related("rooms", "opening_hours", "equipment")
        return homes.order_by("name", "pk")

    def list(self, request: Request) -> Response:
        """A page of homes with their rooms, hours and equipment."""
        return self.paged(self.get_queryset(), lambda page: list(HomeRow(page, many=True).data))

    @extend_schema(responses=HomeRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One home with its rooms, hours and equipment."""
        return Response(self._shown(public_id))

    @extend_schema(request=HomeInput, responses={201: HomeRow})
    def create(self, request: Request) -> Response:
        """Put a home on file."""
        wanted = data_of(HomeInput, request)
        area = self.one_of(areas_visible_to(self.reader), wanted.pop("area"))
        school = wanted.pop("organisation", "")
        organisation = self.one_of(organisations_visible_to(self.reader), school) if school else None
        home = make_home(area=area, organisation=organisation, actor=self.actor, now=self.now, **wanted)
        return Response(self._shown(home.public_id), status=status.HTTP_201_CREATED)

    @extend_schema(request=RoomInput, responses={201: HomeRow})
    @action(detail=True, methods=["post"], url_path="add-room")
    def add_room(self, request: Request, public_id: str) -> Response:
        """Add a room."""
        home = self.one_of(self.get_queryset(), public_id)
        add_room(home=home, actor=self.actor, **data_of(RoomInput, request))
        return Response(self._shown(public_id), status=status.HTTP_201_CREATED)

    @extend_schema(request=RoomChangeInput, responses=HomeRow)
    @action(detail=True, methods=["post"], url_path="change-room")
    def change_room(self, request: Request, public_id: str) -> Response:
        """Name a room anew, or change its zone or seats; what is booked stays."""
        wanted = data_of(RoomChangeInput, request)
        room = self.one_of(rooms_visible_to(self.reader).filter(home__public_id=public_id), wanted.pop("room"))
        change_room(room=room, actor=self.actor, **wanted)
        return Response(self._shown(public_id))

    @extend_schema(request=HoursInput, responses=HomeRow)
    @action(detail=True, methods=["post"], url_path="set-hours")
    def set_hours(self, request: Request, public_id: str) -> Response:
        """Say when it is open; days that are left out are closed."""
        home = self.one_of(self.get_queryset(), public_id)
        rows = data_of(HoursInput, request)["hours"]
        hours = {row["weekday"]: (row["start_minute"], row["end_minute"]) for row in rows}
        set_opening_hours(home=home, hours=hours, actor=self.actor)
        return Response(self._shown(public_id))

    @extend_schema(request=EquipmentInput, responses=HomeRow)
    @action(detail=True, methods=["post"], url_path="set-equipment")
    def set_equipment(self, request: Request, public_id: str) -> Response:
        """Note how many of a thing it should have and has."""
        home = self.one_of(self.get_queryset(), public_id)
        set_equipment(home=home, actor=self.actor, **data_of(EquipmentInput, request))
        return Response(self._shown(public_id))

    def _shown(self, public_id: str) -> dict[str, object]:
        return dict(HomeRow(self.one_of(self.get_queryset(), public_id)).data)
