"""The children of an event day over the API: guests, places, consents on paper, and who stands in which group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from activities.event_selectors import event_days_open_to, event_days_visible_to, own_school, seats_visible_to
from activities.models import DayConsent, DaySeat
from activities.services import event_groups, event_seats
from backend.api.activities import event_child_rows as rows
from backend.api.activities.event_rows import CountAnswer
from backend.api.views import Door, data_of
from backend.kernel.errors import NotAllowed
from backend.roster.access import organisations_visible_to

if TYPE_CHECKING:
    from rest_framework.request import Request

    from activities.models import EventDay


class ChildrenOfDay(Door):
    """What may be done with the list of a day; part of the door of event days."""

    @extend_schema(request=rows.GuestsInput, responses=CountAnswer)
    @action(detail=True, methods=["post"], url_path="sign-up-guests")
    def sign_up_guests(self, request: Request, public_id: str) -> Response:
        """Sign children up who have no file; they get what left-behind children leave."""
        asked = data_of(rows.GuestsInput, request)["guests"]
        guests = [event_seats.Guest(**one) for one in asked]
        new = event_seats.sign_up_guests(
            event=self._open_day(public_id), guests=guests, school=own_school(self.reader), actor=self.actor,
            now=self.now,
        )  # fmt: skip
        return Response({"new": new})

    @extend_schema(request=rows.SeatInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, public_id: str) -> Response:
        """Take a child off the list; the first who waits moves up."""
        seat = self._seat(self._open_day(public_id), data_of(rows.SeatInput, request)["seat"])
        event_seats.leave(seat=seat, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=rows.PlacesAnswer)
    @action(detail=True, methods=["get"])
    def places(self, request: Request, public_id: str) -> Response:
        """How many can come, in all and of each school that has a number of its own."""
        return Response(self._places(self._open_day(public_id)))

    @extend_schema(request=rows.PlacesInput, responses=rows.PlacesAnswer)
    @places.mapping.post
    def set_places(self, request: Request, public_id: str) -> Response:
        """Say how many can come; schools that are left out have no limit. Only who plans the day."""
        asked = data_of(rows.PlacesInput, request)
        wanted = {row["school"]: row["places"] for row in asked["quotas"]}
        schools = list(organisations_visible_to(self.reader).filter(kind="SCHOOL", public_id__in=wanted))
        if len(schools) != len(asked["quotas"]):
            raise NotAllowed
        quotas = {school: wanted[school.public_id] for school in schools}
        one = event_seats.put_places(
            event=self._planned_day(public_id), places=asked["places"], quotas=quotas, actor=self.actor, now=self.now
        )
        return Response(self._places(one))

    def _places(self, one: EventDay) -> dict[str, Any]:
        quotas = one.quotas.select_related("school").order_by("school__name", "pk")
        states = list(one.seats.values_list("state", flat=True))
        facts = {"places": one.places, "placed": states.count("PLACE"), "waiting": states.count("WAITING")}
        return facts | {"quotas": rows.QuotaAnswer(quotas, many=True).data}

    @extend_schema(responses=rows.DayConsentRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def consents(self, request: Request, public_id: str) -> Response:
        """What guardians agreed to for this day, taken back or not; of the children one may see."""
        seats = seats_visible_to(self.reader, self._open_day(public_id)).exclude(state=DaySeat.State.GONE)
        found = DayConsent.objects.filter(seat__in=seats.order_by().values("pk")).select_related("seat")
        return Response(
            rows.DayConsentRow(found.order_by("seat__signed_at", "seat_id", "purpose", "pk"), many=True).data
        )

    @extend_schema(request=rows.ConsentsInput, responses=CountAnswer)
    @consents.mapping.post
    def note_consents(self, request: Request, public_id: str) -> Response:
        """Copy signed papers, of one child or of many; what is on file already stays as it is."""
        asked = data_of(rows.ConsentsInput, request)
        one = self._open_day(public_id)
        seats = list(
            seats_visible_to(self.reader, one).exclude(state=DaySeat.State.GONE).filter(public_id__in=asked["seats"])
        )
        if len(seats) != len(set(asked["seats"])):
            raise NotAllowed
        new = event_seats.record_consents(
            seats=seats, purposes=asked["purposes"], given_by=asked["given_by"], given_date=asked["given_date"],
            actor=self.actor,
        )  # fmt: skip
        return Response({"new": new})

    @extend_schema(request=rows.ConsentKeyInput, responses={204: None})
    @action(detail=True, methods=["post"], url_path="withdraw-consent")
    def withdraw_consent(self, request: Request, public_id: str) -> Response:
        """Note that a guardian took a consent back."""
        asked = data_of(rows.ConsentKeyInput, request)
        seat = self._seat(self._open_day(public_id), asked["seat"])
        event_seats.withdraw_consent(seat=seat, purpose=asked["purpose"], actor=self.actor, now=self.now)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=rows.DayGroupsAnswer)
    @action(detail=True, methods=["get"])
    def groups(self, request: Request, public_id: str) -> Response:
        """Who stands in which group, how good that is, and what is wished."""
        return Response(self._groups(self._planned_day(public_id)))

    @extend_schema(request=rows.GroupMoveInput, responses=rows.DayGroupsAnswer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, public_id: str) -> Response:
        """Put a child into a group, or let two change places."""
        asked = data_of(rows.GroupMoveInput, request)
        one = self._planned_day(public_id)
        facts = self._move_of(one, asked) | {"version": asked["version"]}
        return Response(self._groups(event_groups.move_seat(event=one, **facts, actor=self.actor, now=self.now)))

    @extend_schema(request=rows.MoveEffectInput, responses=rows.MoveEffectAnswer)
    @action(detail=True, methods=["post"], url_path="move-effect")
    def move_effect(self, request: Request, public_id: str) -> Response:
        """What such a move would do; nothing is changed."""
        one = self._planned_day(public_id)
        found = event_groups.move_effect(event=one, **self._move_of(one, data_of(rows.MoveEffectInput, request)))
        return Response(rows.MoveEffectAnswer(found).data)

    def _move_of(self, one: EventDay, asked: dict[str, Any]) -> dict[str, Any]:
        swap = self._placed(one, asked["swap_with"]) if asked["swap_with"] else None
        group = swap.group_key if swap is not None else asked["group"]
        return {"seat": self._placed(one, asked["seat"]), "group": group, "swap_with": swap}

    @extend_schema(request=rows.DayWishInput, responses={201: rows.DayWishRow})
    @action(detail=True, methods=["post"])
    def wish(self, request: Request, public_id: str) -> Response:
        """Note that two children had better stay together, or apart, the next time groups are made."""
        asked = data_of(rows.DayWishInput, request)
        one = self._planned_day(public_id)
        first, second = (self._placed(one, asked[name]) for name in ("one", "other"))
        noted = event_groups.note_day_wish(one=first, other=second, kind=asked["kind"], actor=self.actor)
        return Response(rows.DayWishRow(noted).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=rows.DayWishKeyInput, responses={204: None})
    @action(detail=True, methods=["post"], url_path="forget-wish")
    def forget_wish(self, request: Request, public_id: str) -> Response:
        """Take a wish back."""
        asked = data_of(rows.DayWishKeyInput, request)
        wish = self.one_of(self._planned_day(public_id).wishes.all(), asked["wish"])
        event_groups.forget_day_wish(wish=wish, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _groups(self, one: EventDay) -> dict[str, Any]:
        seats = list(one.seats.filter(state=DaySeat.State.PLACE).order_by("signed_at", "pk"))
        found = event_groups.groups_worth(one)
        wishes = one.wishes.select_related("first", "second").order_by("pk")
        return {
            "version": one.draft_version,
            "groups": [
                {"key": group["key"], "name": group.get("name") or group["key"],
                 "seats": [seat.public_id for seat in seats if seat.group_key == group["key"]]}
                for group in one.draft["groups"]
            ],
            "loose": [seat.public_id for seat in seats if not seat.group_key],
            "goals": found.goals,
            "broken": rows.broken_rows(found.broken, {seat.pk: seat.public_id for seat in seats}),
            "wishes": rows.DayWishRow(wishes, many=True).data,
        }  # fmt: skip

    def _planned_day(self, public_id: str) -> EventDay:
        one: EventDay = self.one_of(event_days_visible_to(self.reader), public_id)
        return one

    def _open_day(self, public_id: str) -> EventDay:
        one: EventDay = self.one_of(event_days_open_to(self.reader), public_id)
        return one

    def _seat(self, one: EventDay, seat_id: str) -> DaySeat:
        seat: DaySeat = self.one_of(seats_visible_to(self.reader, one), seat_id)
        return seat

    def _placed(self, one: EventDay, seat_id: str) -> DaySeat:
        seat: DaySeat = self.one_of(one.seats.filter(state=DaySeat.State.PLACE), seat_id)
        return seat
