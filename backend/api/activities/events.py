"""Event days over the API: the draft, the planner, publishing, the list of children, attendance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from activities.event_selectors import (
    children_to_sign_up,
    day_templates_visible_to,
    event_days_of_helper,
    event_days_on_hand,
    event_days_open_to,
    event_days_visible_to,
    event_owners_of,
    host_answers,
    seats_taken_back,
    seats_visible_to,
)
from activities.event_words import called_on_the_spot, rule_lines
from activities.models import DaySeat, EventDay
from activities.services import (
    event_days,
    event_edits,
    event_groups,
    event_publishing,
    event_seats,
    event_solves,
    event_ticks,
)
from activities.services.event_answers import answer_day
from backend.api.activities import event_rows as rows
from backend.api.activities.event_children import ChildrenOfDay
from backend.api.activities.event_more import DraftOfDay
from backend.api.views import data_of
from backend.kernel.errors import NotAllowed
from backend.roster.access import helpers_visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from backend.roster.models import Helper


@extend_schema(tags=["event days"])
class EventDays(ChildrenOfDay, DraftOfDay):
    """Event days of the reader's own places."""

    queryset = EventDay.objects.none()
    serializer_class = rows.EventRow
    long_actions = frozenset({"divide"})

    def get_queryset(self) -> QuerySet[EventDay]:
        if getattr(self, "swagger_fake_view", False):
            return EventDay.objects.none()
        return event_days_visible_to(self.reader).order_by("-date", "-pk")

    def list(self, request: Request) -> Response:
        """A page of days, the latest date first."""
        return self.paged(self.get_queryset(), lambda page: list(rows.EventRow(page, many=True).data))

    @extend_schema(responses=rows.EventFile)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One day with its draft and plan."""
        return self._file(self._one(public_id))

    @extend_schema(request=rows.EventInput, responses={201: rows.EventFile})
    def create(self, request: Request) -> Response:
        """Begin a day from a template, as a draft."""
        asked = data_of(rows.EventInput, request)
        areas, organisations = event_owners_of(self.reader)
        area = next((one for one in areas if one.public_id == asked["owner"]), None)
        organisation = next((one for one in organisations if one.public_id == asked["owner"]), None)
        if area is None and organisation is None:
            raise NotAllowed
        kept = day_templates_visible_to(self.reader).filter(public_id=asked["template"]).first()
        event = event_days.make_event_day(
            template=kept.draft if kept else event_days.built_in_template(asked["template"]),
            title=asked["title"], date=asked["date"], begin=_minutes(asked["begin"]), end=_minutes(asked["end"]),
            place=asked["place"], area=area, organisation=organisation, actor=self.actor, now=self.now,
        )  # fmt: skip
        return self._file(event, status.HTTP_201_CREATED)

    @extend_schema(request=rows.DayPartInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"], url_path="put-part")
    def put_part(self, request: Request, public_id: str) -> Response:
        """Add one thing to the draft, or replace it."""
        asked = data_of(rows.DayPartInput, request)
        one = self._one(public_id)
        common: dict[str, Any] = {"version": asked["version"], "actor": self.actor, "now": self.now}
        if asked["part"] == "people":
            return self._file(
                event_edits.put_person(event=one, value=asked["value"], helper=self._helper(one, asked), **common)
            )
        return self._file(event_edits.put(event=one, part=asked["part"], value=asked["value"], **common))

    def _helper(self, one: EventDay, asked: dict[str, Any]) -> Helper | None:
        """Who a person is said to be; where nothing was said, who it was."""
        if "helper" not in asked:
            return event_edits.helper_of(one, str(asked["value"].get("key", "")))
        found: Helper | None = None
        if asked["helper"]:
            found = self.one_of(helpers_visible_to(self.reader), asked["helper"])
        return found

    @extend_schema(request=rows.DayPartKeyInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"], url_path="remove-part")
    def remove_part(self, request: Request, public_id: str) -> Response:
        """Take one thing out of the draft, with whatever points to it."""
        asked = data_of(rows.DayPartKeyInput, request)
        return self._file(event_edits.remove(event=self._one(public_id), **asked, actor=self.actor, now=self.now))

    @extend_schema(request=rows.HeadInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"])
    def basics(self, request: Request, public_id: str) -> Response:
        """Change what a day has beside its lists."""
        asked = data_of(rows.HeadInput, request)
        return self._file(event_edits.put_bounds(event=self._one(public_id), **asked, actor=self.actor, now=self.now))

    @extend_schema(request=rows.PlacedInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"])
    def place(self, request: Request, public_id: str) -> Response:
        """Move or change one segment of the plan by hand."""
        asked = data_of(rows.PlacedInput, request)
        posts = {key: dict(value) for key, value in asked.pop("posts").items()}
        return self._file(
            event_edits.place_by_hand(event=self._one(public_id), **asked, posts=posts, actor=self.actor, now=self.now)
        )

    @extend_schema(request=rows.LockInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"])
    def lock(self, request: Request, public_id: str) -> Response:
        """Lock a segment as the plan has it, or let it go."""
        asked = data_of(rows.LockInput, request)
        return self._file(event_edits.lock(event=self._one(public_id), **asked, actor=self.actor, now=self.now))

    @extend_schema(request=rows.DraftVersionInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, public_id: str) -> Response:
        """Take the latest change back."""
        asked = data_of(rows.DraftVersionInput, request)
        return self._file(event_edits.undo(event=self._one(public_id), **asked, actor=self.actor, now=self.now))

    @extend_schema(responses=rows.CheckAnswer)
    @action(detail=True, methods=["get"])
    def check(self, request: Request, public_id: str) -> Response:
        """Every rule the draft's plan breaks, with its level."""
        one = self._one(public_id)
        found = [
            {"rule": line.code, "level": line.level, "sentence": line.zh, "sentence_en": line.en,
             "segments": list(line.segments)}
            for line in rule_lines(one, one.plan)
        ]  # fmt: skip
        is_valid = one.plan is not None and all(line["level"] == "warn" for line in found)
        return Response({"valid": is_valid, "violations": found})

    @extend_schema(request=rows.SolveInput, responses={202: rows.SolveRow})
    @action(detail=True, methods=["post"])
    def solve(self, request: Request, public_id: str) -> Response:
        """Ask the planner: plan, plan around, rain, a host ill, a group late."""
        asked = data_of(rows.SolveInput, request)
        asked["groups"] = tuple(asked["groups"])
        solve = event_solves.ask(event=self._one(public_id), **asked, actor=self.actor, now=self.now)
        return Response(rows.SolveRow(solve).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=rows.SolveRow)
    @action(detail=True, methods=["get"])
    def solving(self, request: Request, public_id: str) -> Response:
        """The latest question and how far it is; empty before the first."""
        solve = event_solves.latest_solve(self._one(public_id))
        return Response(rows.SolveRow(solve).data if solve else {})

    @extend_schema(request=rows.RelaxInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"], url_path="give-up")
    def give_up(self, request: Request, public_id: str) -> Response:
        """Give up one rule that stood in the way."""
        asked = data_of(rows.RelaxInput, request)
        return self._file(event_solves.give_up(event=self._one(public_id), **asked, actor=self.actor, now=self.now))

    @extend_schema(request=rows.DraftVersionInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"], url_path="use-rain")
    def use_rain(self, request: Request, public_id: str) -> Response:
        """Make the plan for rain the plan."""
        asked = data_of(rows.DraftVersionInput, request)
        return self._file(
            event_solves.use_rain_plan(event=self._one(public_id), **asked, actor=self.actor, now=self.now)
        )

    @extend_schema(responses=rows.PreviewAnswer)
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, public_id: str) -> Response:
        """What publishing would change and who would be told what."""
        told = event_publishing.preview(self._one(public_id))
        return Response(
            {
                "number": told.number,
                "blockers": rows.lines_of(told.blockers),
                "changes": rows.lines_of(told.changes),
                "tellings": [
                    {"kind": one.kind, "helper": told.helpers.get(one.helper_id) if one.helper_id else None,
                     "group": one.group, "lines": rows.lines_of(one.lines)}
                    for one in told.tellings
                ],
                "busy": list(told.busy),
                "ungrouped": told.ungrouped,
                "unagreed": told.unagreed,
                "guests": told.guests,
                "unreached": told.unreached,
                "rooms_taken": [gettext(one.message) % one.facts for one in told.taken],
                "uncleared": list(told.uncleared),
                "not_on_file": list(told.unknown),
                "is_rain_ready": told.is_rain_ready,
            }
        )  # fmt: skip

    @extend_schema(request=rows.DraftVersionInput, responses={201: rows.VersionRow})
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, public_id: str) -> Response:
        """Make the draft a numbered version and tell exactly those whose part changed."""
        asked = data_of(rows.DraftVersionInput, request)
        made = event_publishing.publish_day(event=self._one(public_id), **asked, actor=self.actor, now=self.now)
        return Response(rows.VersionRow(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=rows.VersionRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def versions(self, request: Request, public_id: str) -> Response:
        """Every published version, the latest first."""
        found = self._one(public_id).versions.order_by("-number")
        return Response(rows.VersionRow(found, many=True).data)

    @extend_schema(request=rows.CallOffInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"], url_path="call-off")
    def call_off(self, request: Request, public_id: str) -> Response:
        """Call a published day off."""
        asked = data_of(rows.CallOffInput, request)
        return self._file(
            event_publishing.call_off(event=self._one(public_id), **asked, actor=self.actor, now=self.now)
        )

    @extend_schema(request=rows.DraftVersionInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"])
    def divide(self, request: Request, public_id: str) -> Response:
        """Divide the children with a place into the groups, anew."""
        asked = data_of(rows.DraftVersionInput, request)
        event_groups.divide_groups(event=self._one(public_id), **asked, actor=self.actor, now=self.now)
        return self._file(self._one(public_id))

    @extend_schema(request=rows.SignUpInput, responses=rows.CountAnswer)
    @action(detail=True, methods=["post"], url_path="sign-up")
    def sign_up(self, request: Request, public_id: str) -> Response:
        """Sign children of one's own up, also for a day of the area around."""
        asked = data_of(rows.SignUpInput, request)
        one = self.one_of(event_days_open_to(self.reader), public_id)
        children = list(children_to_sign_up(self.reader, one).filter(public_id__in=asked["children"]))
        if len(children) != len(set(asked["children"])):
            raise NotAllowed
        return Response({"new": event_seats.sign_up(event=one, children=children, actor=self.actor, now=self.now)})

    @extend_schema(responses=rows.DaySeatRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def seats(self, request: Request, public_id: str) -> Response:
        """The children of a day: to hosts all with a place, to coordinators those they may see."""
        return Response(self._seats(self._attended(public_id)))

    @extend_schema(request=rows.TicksInput, responses=rows.KeptAnswer)
    @action(detail=True, methods=["post"])
    def ticks(self, request: Request, public_id: str) -> Response:
        """Keep ticks of attendance; each has the device's own id, sending again does no harm."""
        ticks = event_ticks.read_ticks(request.data.get("ticks") if isinstance(request.data, dict) else None)
        kept = event_ticks.keep_ticks(event=self._attended(public_id), ticks=ticks, actor=self.actor, now=self.now)
        return Response({"kept": kept})

    @extend_schema(responses=rows.HostAnswerRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def answers(self, request: Request, public_id: str) -> Response:
        """What those who lead parts of a published day answered, by time."""
        return Response(rows.HostAnswerRow(host_answers(self._one(public_id)), many=True).data)

    @extend_schema(request=rows.HostAnswerInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, public_id: str) -> Response:
        """Say whether oneself can come: one answer to everything one leads that day from now on."""
        asked = data_of(rows.HostAnswerInput, request)
        one = self.one_of(event_days_of_helper(self.reader), public_id)
        helper = helpers_visible_to(self.reader).get(pk=self.reader.helper_id or 0)
        answer_day(event=one, helper=helper, answer=asked["answer"], actor=self.actor, now=self.now)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _one(self, public_id: str) -> EventDay:
        one: EventDay = self.one_of(self.get_queryset(), public_id)
        return one

    def _attended(self, public_id: str) -> EventDay:
        """A day whose children somebody on the spot may call by name."""
        reader = self.reader
        days = (
            event_days_visible_to(reader)
            if reader.is_coordinator
            else event_days_on_hand(reader, timezone.localdate(self.now))
        )
        one: EventDay = self.one_of(days.exclude(state=EventDay.State.CANCELLED), public_id)
        return one

    def _seats(self, one: EventDay) -> Any:
        reader = self.reader
        seats = seats_visible_to(reader, one) if reader.is_coordinator else one.seats.select_related("child", "school")
        found = list(seats.exclude(state=DaySeat.State.GONE).order_by("state", "signed_at", "pk"))
        if not reader.is_coordinator:
            gone = seats_taken_back(one)
            found = [seat for seat in found if seat.state == DaySeat.State.PLACE and seat.pk not in gone]
        called = called_on_the_spot(found, now=self.now)
        present = event_ticks.presence_of(one)
        return [
            {
                "id": seat.public_id,
                "called": called[seat.pk],
                "state": seat.state,
                "group": seat.group_key,
                "is_present": present.get(seat.pk),
            }
            for seat in found
        ]

    def _file(self, event: EventDay, code: int = status.HTTP_200_OK) -> Response:
        return Response(rows.EventFile(event).data, status=code)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
