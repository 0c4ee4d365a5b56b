"""What a county decides about telling, over the API: its rules, and its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import county_of
from notifications.county import check_text, keep_text, preview, reset_text, set_rules, text_in_use
from notifications.kinds import Kind, Text, all_kinds, kind_of
from notifications.models import LANGUAGES, OwnText, TellingRules
from notifications.rules import rules_for

if TYPE_CHECKING:
    from rest_framework.request import Request

    from backend.roster.models import Area


KIND_CHOICES = [(kind.code, kind.code) for kind in all_kinds()]


class RulesRow(serializers.Serializer):
    quiet_from = serializers.TimeField()
    quiet_until = serializers.TimeField()
    digest_hour = serializers.IntegerField()
    remind_hours = serializers.IntegerField()
    duty_days = serializers.IntegerField()
    unread_hours = serializers.IntegerField()


class RulesInput(StrictSerializer):
    quiet_from = serializers.TimeField(required=False)
    quiet_until = serializers.TimeField(required=False)
    digest_hour = serializers.IntegerField(required=False, min_value=0, max_value=23)
    remind_hours = serializers.IntegerField(required=False, min_value=0, max_value=168)
    duty_days = serializers.IntegerField(required=False, min_value=0, max_value=14)
    unread_hours = serializers.IntegerField(required=False, min_value=0, max_value=168)


class CountyDoor(Door):
    """Operations about the county the reader works in."""

    pagination_class = None

    def county(self) -> Area:
        county = county_of(self.reader)
        if county is None:
            raise Http404
        return county


@extend_schema(tags=["county"])
class TellingRulesOfCounty(CountyDoor):
    """Quiet hours, reminders and digest."""

    queryset = TellingRules.objects.none()
    serializer_class = RulesRow

    @extend_schema(responses=RulesRow)
    def list(self, request: Request) -> Response:
        """The rules in force, the defaults where none were set."""
        return Response(RulesRow(rules_for(self.county())).data)

    @extend_schema(request=RulesInput, responses=RulesRow)
    @action(detail=False, methods=["post"])
    def keep(self, request: Request) -> Response:
        """Change some or all of them."""
        return Response(
            RulesRow(set_rules(county=self.county(), actor=self.actor, **data_of(RulesInput, request))).data
        )


class TextRow(serializers.Serializer):
    kind = serializers.CharField()
    language = serializers.CharField()
    is_own = serializers.BooleanField()
    subject = serializers.CharField()
    body = serializers.CharField()
    short = serializers.CharField()
    placeholders = serializers.ListField(child=serializers.CharField())


class WhichText(StrictSerializer):
    kind = serializers.ChoiceField(choices=KIND_CHOICES)
    language = serializers.ChoiceField(choices=LANGUAGES)


class TextInput(WhichText):
    subject = serializers.CharField(max_length=80)
    body = serializers.CharField(max_length=2000)
    short = serializers.CharField(max_length=120)


class TextShown(serializers.Serializer):
    subject = serializers.CharField()
    body = serializers.CharField()
    short = serializers.CharField()


@extend_schema(tags=["county"])
class MessageTexts(CountyDoor):
    """The words of each kind of message in both languages."""

    queryset = OwnText.objects.none()
    serializer_class = TextRow

    @extend_schema(responses=TextRow(many=True))
    def list(self, request: Request) -> Response:
        """All of them, built in or the county's own."""
        county = self.county()
        own = {(row.kind, row.language): row for row in OwnText.objects.filter(county=county)}
        return Response(
            [_row(kind, code, own.get((kind.code, code))) for kind in all_kinds() for code, _w in LANGUAGES]
        )

    @extend_schema(request=TextInput, responses=TextShown)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """How a text would look with invented people in it; refused as when it is kept."""
        kind, _language, text = self._wanted(request)
        check_text(kind=kind, text=text, county=self.county())
        return Response(TextShown(preview(text)).data)

    @extend_schema(request=TextInput, responses=TextRow)
    @action(detail=False, methods=["post"])
    def keep(self, request: Request) -> Response:
        """Use the county's own words from now on."""
        kind, language, text = self._wanted(request)
        own = keep_text(county=self.county(), kind=kind, language=language, text=text, actor=self.actor, now=self.now)
        return Response(_row(kind, language, own))

    @extend_schema(request=WhichText, responses=TextRow)
    @action(detail=False, methods=["post"])
    def reset(self, request: Request) -> Response:
        """Go back to the built-in words."""
        wanted = data_of(WhichText, request)
        kind = kind_of(wanted["kind"])
        reset_text(county=self.county(), kind=kind, language=wanted["language"], actor=self.actor)
        return Response(_row(kind, wanted["language"], text_in_use(self.county(), kind, wanted["language"])[1]))

    def _wanted(self, request: Request) -> tuple[Kind, str, Text]:
        wanted = data_of(TextInput, request)
        text = Text(wanted["subject"], wanted["body"], wanted["short"])
        return kind_of(wanted["kind"]), wanted["language"], text


def _row(kind: Kind, language: str, own: OwnText | None) -> dict[str, Any]:
    said: Any = own or kind.text(language)
    return {
        "kind": kind.code,
        "language": language,
        "is_own": own is not None,
        "subject": said.subject,
        "body": said.body,
        "short": said.short,
        "placeholders": sorted(kind.allowed()),
    }
