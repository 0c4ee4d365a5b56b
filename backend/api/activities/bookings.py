"""Bookings of rooms over the API: once, and every week of a term."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from activities.models import Booking, Room
from activities.place_selectors import bookings_visible_to, rooms_visible_to
from activities.services.homes import book_room, book_weekly, cancel_booking, cancel_following
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class BookingRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    home = serializers.CharField(source="room.home.public_id")
    room = serializers.CharField(source="room.public_id")
    purpose = serializers.CharField()
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    state = serializers.CharField()


class BookingInput(StrictSerializer):
    room = serializers.CharField(max_length=16)
    purpose = serializers.ChoiceField(choices=Booking.Purpose.choices)
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()


class WeeklyInput(BookingInput):
    """`start_at` and `end_at` are of the first week."""

    until = serializers.DateField(help_text="the last day that may be booked")


@extend_schema(tags=["homes"])
class Bookings(Door):
    """Who has which room when."""

    queryset = Booking.objects.none()
    serializer_class = BookingRow

    def get_queryset(self) -> QuerySet[Booking]:
        if getattr(self, "swagger_fake_view", False):
            return Booking.objects.none()
        return bookings_visible_to(self.reader).order_by("-start_at", "pk")

    def list(self, request: Request) -> Response:
        """A page of bookings, the latest first."""
        return self.paged(self.get_queryset(), lambda page: list(BookingRow(page, many=True).data))

    @extend_schema(request=BookingInput, responses={201: BookingRow})
    def create(self, request: Request) -> Response:
        """Book a room; of two at once for the same time one gets it, the other is answered 409."""
        wanted = data_of(BookingInput, request)
        room = self._room(wanted.pop("room"))
        booking = book_room(room=room, actor=self.actor, now=self.now, **wanted)
        return Response(BookingRow(booking).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=WeeklyInput, responses={201: BookingRow(many=True)})
    @action(detail=False, methods=["post"])
    def weekly(self, request: Request) -> Response:
        """Book a room at the same time every week up to a day: all of it, or, where one week is taken, nothing."""
        wanted = data_of(WeeklyInput, request)
        room = self._room(wanted.pop("room"))
        booked = book_weekly(room=room, actor=self.actor, now=self.now, **wanted)
        return Response(BookingRow(booked, many=True).data, status=status.HTTP_201_CREATED)

    def _room(self, public_id: str) -> Room:
        room: Room = self.one_of(rooms_visible_to(self.reader), public_id)
        return room

    @extend_schema(request=None, responses=BookingRow)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, public_id: str) -> Response:
        """Give the room back."""
        booking = self.one_of(self.get_queryset(), public_id)
        cancel_booking(booking=booking, actor=self.actor, now=self.now)
        booking.refresh_from_db()
        return Response(BookingRow(booking).data)

    @extend_schema(request=None, responses=BookingRow)
    @action(detail=True, methods=["post"], url_path="cancel-following")
    def cancel_following(self, request: Request, public_id: str) -> Response:
        """Give the room back from this week on: this booking and the later ones made with it."""
        booking = self.one_of(self.get_queryset(), public_id)
        cancel_following(booking=booking, actor=self.actor, now=self.now)
        booking.refresh_from_db()
        return Response(BookingRow(booking).data)
