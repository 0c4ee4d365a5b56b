"""The rest of a day's draft over the API: rules and order, rain that is over, the public programme, templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from activities.event_selectors import day_templates_of, day_templates_visible_to, event_days_visible_to
from activities.event_words import RULE_LEVELS, TEMPLATES, changeable_rules
from activities.models import DayTemplate
from activities.place_selectors import rooms_visible_to
from activities.services import event_days, event_edits, event_solves
from activities.services.event_rooms import use_room
from backend.api.activities import event_rows as rows
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from activities.models import EventDay

_LEVELS = [(level, level) for level in RULE_LEVELS]


class DayRuleRow(serializers.Serializer):
    rule = serializers.CharField(source="code")
    scope = serializers.CharField()
    level = serializers.CharField(help_text="of this day")
    usual = serializers.CharField()


class DayRulesInput(rows.DraftVersionInput):
    rules = serializers.DictField(
        child=serializers.ChoiceField(choices=_LEVELS),
        help_text="rule -> level, as far as it is not the usual one; rules that are left out are as usual",
    )


class MovePartInput(rows.DayPartKeyInput):
    to = serializers.IntegerField(min_value=0, max_value=1000, help_text="place in its list, from 0")


class RelaxAllInput(rows.DraftVersionInput):
    relaxations = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=60)


class UseRoomInput(rows.DraftVersionInput):
    room = serializers.CharField(max_length=16, help_text="id of a room of a home")


class ProgrammeInput(StrictSerializer):
    is_public = serializers.BooleanField()


class TemplateInput(StrictSerializer):
    name = serializers.CharField(max_length=80)


class TemplateRow(serializers.Serializer):
    id = serializers.CharField(help_text="what `template` of a new day takes")
    name = serializers.CharField()
    is_built_in = serializers.BooleanField()
    is_mine = serializers.BooleanField(help_text="kept by a place of one's own, which may throw it away")


class DraftOfDay(Door):
    """What else may be done with a draft; part of the door of event days."""

    @extend_schema(responses=DayRuleRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def rules(self, request: Request, public_id: str) -> Response:
        """Every rule with how seriously this day takes it."""
        return self._rules(self._planned(public_id))

    @extend_schema(request=DayRulesInput, responses=DayRuleRow(many=True))
    @rules.mapping.post
    def set_rules(self, request: Request, public_id: str) -> Response:
        """Say how seriously this day takes its rules."""
        asked = data_of(DayRulesInput, request)
        values = {"rules": asked["rules"] or None}
        one = self._planned(public_id)
        return self._rules(
            event_edits.put_bounds(event=one, version=asked["version"], values=values, actor=self.actor, now=self.now)
        )

    def _rules(self, one: EventDay) -> Response:
        return Response(DayRuleRow(changeable_rules(one.draft), many=True).data)

    @extend_schema(request=MovePartInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"], url_path="move-part")
    def move_part(self, request: Request, public_id: str) -> Response:
        """Put one thing at another place of its list; the order of segments is the organisers' own."""
        asked = data_of(MovePartInput, request)
        return self._draft(event_edits.move(event=self._planned(public_id), **asked, actor=self.actor, now=self.now))

    @extend_schema(request=RelaxAllInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"], url_path="give-up-all")
    def give_up_all(self, request: Request, public_id: str) -> Response:
        """Give up several rules at once: what stands in the way is a set, and less than all of it does not help."""
        asked = data_of(RelaxAllInput, request)
        return self._draft(
            event_solves.give_up_all(event=self._planned(public_id), **asked, actor=self.actor, now=self.now)
        )

    @extend_schema(request=rows.DraftVersionInput, responses={202: rows.SolveRow})
    @action(detail=True, methods=["post"], url_path="rain-over")
    def rain_over(self, request: Request, public_id: str) -> Response:
        """It does not rain after all: the day is planned anew without rain."""
        asked = data_of(rows.DraftVersionInput, request)
        solve = event_solves.use_dry_day(event=self._planned(public_id), **asked, actor=self.actor, now=self.now)
        return Response(rows.SolveRow(solve).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=UseRoomInput, responses=rows.EventFile)
    @action(detail=True, methods=["post"], url_path="use-room")
    def use_room(self, request: Request, public_id: str) -> Response:
        """Make a room of a home a place of the day; it is held once the day is published."""
        asked = data_of(UseRoomInput, request)
        one = self._planned(public_id)
        room = self.one_of(rooms_visible_to(self.reader), asked["room"])
        return self._draft(use_room(event=one, version=asked["version"], room=room, actor=self.actor, now=self.now))

    @extend_schema(request=ProgrammeInput, responses=rows.EventRow)
    @action(detail=True, methods=["post"])
    def programme(self, request: Request, public_id: str) -> Response:
        """Put the day into the public programme, or take it out."""
        asked = data_of(ProgrammeInput, request)
        one = self._planned(public_id)
        event_days.show_to_everybody(event=one, **asked, actor=self.actor, now=self.now)
        return Response(rows.EventRow(self._planned(public_id)).data)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, public_id: str) -> Response:
        """Delete a draft nobody was ever shown; what was published is called off instead."""
        event_days.drop_event_day(event=self._planned(public_id), actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=TemplateInput, responses={201: TemplateRow})
    @action(detail=True, methods=["post"], url_path="keep-as-template")
    def keep_as_template(self, request: Request, public_id: str) -> Response:
        """Keep the draft to begin other days from, with people by role."""
        name = data_of(TemplateInput, request)["name"]
        kept = event_days.keep_as_template(event=self._planned(public_id), name=name, actor=self.actor, now=self.now)
        return Response(_row(kept, is_mine=True), status=status.HTTP_201_CREATED)

    def _planned(self, public_id: str) -> EventDay:
        one: EventDay = self.one_of(event_days_visible_to(self.reader), public_id)
        return one

    def _draft(self, event: EventDay) -> Response:
        return Response(rows.EventFile(event).data)


@extend_schema(tags=["event days"])
class DayTemplates(Door):
    """Days to begin others from: built in, and kept by one's own places and the areas above them."""

    queryset = DayTemplate.objects.none()
    serializer_class = TemplateRow

    def get_queryset(self) -> QuerySet[DayTemplate]:
        if getattr(self, "swagger_fake_view", False):
            return DayTemplate.objects.none()
        return day_templates_visible_to(self.reader).order_by("name", "pk")

    @extend_schema(responses=TemplateRow(many=True), filters=False)
    def list(self, request: Request) -> Response:
        """Built-in days first; the text of those is Chinese."""
        mine = set(day_templates_of(self.reader).values_list("pk", flat=True))
        built_in = [
            {"id": code, "name": zh, "is_built_in": True, "is_mine": False} for code, (zh, _en) in TEMPLATES.items()
        ]
        return Response([*built_in, *(_row(one, is_mine=one.pk in mine) for one in self.get_queryset())])

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def forget(self, request: Request, public_id: str) -> Response:
        """Throw a template of one's own places away; days begun from it stay."""
        event_days.forget_template(template=self.one_of(day_templates_of(self.reader), public_id), actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _row(one: DayTemplate, *, is_mine: bool) -> dict[str, Any]:
    return {"id": one.public_id, "name": one.name, "is_built_in": False, "is_mine": is_mine}
