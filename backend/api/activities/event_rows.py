"""What event days take and answer over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from activities.models import DayPart, DaySolve
from backend.api.inputs import StrictSerializer

if TYPE_CHECKING:
    from activities.models import EventDay

_MOST = 2**31 - 1
_LONGEST = 24 * 60


class EventRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    title = serializers.CharField()
    date = serializers.DateField()
    area = serializers.CharField(source="area.public_id", default=None, allow_null=True)
    organisation = serializers.CharField(source="organisation.public_id", default=None, allow_null=True)
    state = serializers.CharField()
    is_public = serializers.BooleanField()
    places = serializers.IntegerField()
    version = serializers.IntegerField(source="draft_version", help_text="of the draft; send it back with a change")
    published_number = serializers.IntegerField(source="latest_number", help_text="0 before the first publishing")


class DayRoomRow(serializers.Serializer):
    key = serializers.CharField(help_text="of the place in the draft")
    room = serializers.CharField(source="room.public_id")


class EventFile(EventRow):
    """A day with its draft and plan in the planner's own JSON (docs/day-plan.schema.json)."""

    draft = serializers.JSONField()
    plan = serializers.JSONField(allow_null=True)
    answer = serializers.JSONField()
    rain_plan = serializers.JSONField(allow_null=True)
    hand_edits = serializers.IntegerField()
    rooms = serializers.SerializerMethodField(help_text="which rooms of homes its places are")

    @extend_schema_field(DayRoomRow(many=True))
    def get_rooms(self, one: EventDay) -> Any:
        return DayRoomRow(one.rooms.select_related("room").order_by("key"), many=True).data


class RuleRow(serializers.Serializer):
    rule = serializers.CharField()
    level = serializers.CharField()
    sentence = serializers.CharField()
    sentence_en = serializers.CharField()
    segments = serializers.ListField(child=serializers.CharField())


class CheckAnswer(serializers.Serializer):
    valid = serializers.BooleanField(help_text="nothing forbids publishing")
    violations = RuleRow(many=True)


class SolveRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    kind = serializers.CharField()
    state = serializers.CharField()
    stage = serializers.CharField(help_text="the goal being worked on")
    problem = serializers.CharField(help_text="code of why there is no result")
    answer = serializers.JSONField()


class TellingRow(serializers.Serializer):
    kind = serializers.CharField()
    helper = serializers.CharField(allow_null=True, help_text="name; null for guardians of a child")
    group = serializers.CharField()
    lines = serializers.ListField(child=serializers.CharField())


class PreviewAnswer(serializers.Serializer):
    number = serializers.IntegerField()
    blockers = serializers.ListField(child=serializers.CharField())
    changes = serializers.ListField(child=serializers.CharField())
    tellings = TellingRow(many=True)
    busy = serializers.ListField(
        child=serializers.CharField(), help_text="who leads something while busy by their own calendar"
    )
    ungrouped = serializers.IntegerField(help_text="children with a place and in no group: told nothing yet")
    unagreed = serializers.IntegerField(help_text="children with a place and nobody's consent to take part on file")
    guests = serializers.IntegerField(
        help_text="children without a file for whom something is new: tell their families"
    )
    unreached = serializers.IntegerField(help_text="children whose guardians have no account: call them")
    rooms_taken = serializers.ListField(
        child=serializers.CharField(), help_text="rooms of homes somebody else has then; nothing is published"
    )
    uncleared = serializers.ListField(
        child=serializers.CharField(), help_text="helpers whose background check does not hold on that day"
    )
    not_on_file = serializers.ListField(child=serializers.CharField())
    is_rain_ready = serializers.BooleanField()


class VersionRow(serializers.Serializer):
    number = serializers.IntegerField()
    date = serializers.DateField()
    published_at = serializers.DateTimeField()
    day = serializers.JSONField()
    plan = serializers.JSONField()
    rain_plan = serializers.JSONField(allow_null=True)
    changes = serializers.JSONField()


class EventInput(StrictSerializer):
    template = serializers.CharField(max_length=40, default="zhuji", help_text="a built-in code or a template's id")
    owner = serializers.CharField(max_length=16, help_text="public id of an area or organisation of one's own")
    title = serializers.CharField(max_length=80)
    date = serializers.DateField()
    begin = serializers.RegexField(r"^([01]\d|2[0-4]):[0-5]\d$")
    end = serializers.RegexField(r"^([01]\d|2[0-4]):[0-5]\d$")
    place = serializers.CharField(max_length=60, default="", allow_blank=True)


class DraftVersionInput(StrictSerializer):
    version = serializers.IntegerField(min_value=1, max_value=_MOST)


class DayPartInput(DraftVersionInput):
    part = serializers.CharField(max_length=20)
    value = serializers.DictField(help_text="the thing in the planner's JSON, with its key")
    helper = serializers.CharField(
        max_length=16,
        required=False,
        allow_blank=True,
        help_text='for people: who this is; "" for nobody on file; left out, who it was before',
    )


class DayPartKeyInput(DraftVersionInput):
    part = serializers.CharField(max_length=20)
    key = serializers.CharField(max_length=60)


class HeadInput(DraftVersionInput):
    values = serializers.DictField(help_text="title, begin, end, organisers, notes, equipment, transfers, rules …")
    date = serializers.DateField(default=None, allow_null=True)


@extend_schema_serializer(component_name="PlacedPost")
class PostInput(StrictSerializer):
    place = serializers.CharField(max_length=60, required=False, allow_blank=True)
    hosts = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=100)


class PlacedInput(DraftVersionInput):
    segment = serializers.CharField(max_length=60)
    start = serializers.IntegerField(min_value=0, max_value=_LONGEST - 1, default=None, allow_null=True)
    minutes = serializers.IntegerField(min_value=1, max_value=_LONGEST, default=None, allow_null=True)
    posts = serializers.DictField(child=PostInput(), default=dict)


class LockInput(DraftVersionInput):
    segment = serializers.CharField(max_length=60)
    is_locked = serializers.BooleanField()


class SolveInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=DaySolve.Kind.choices)
    person = serializers.CharField(max_length=60, default="", allow_blank=True)
    groups = serializers.ListField(child=serializers.CharField(max_length=60), default=list, max_length=60)
    minutes = serializers.IntegerField(min_value=0, max_value=_LONGEST, default=0)
    seed = serializers.IntegerField(min_value=0, max_value=_MOST, default=0)


class RelaxInput(DraftVersionInput):
    relaxation = serializers.DictField()


class HostAnswerRow(serializers.Serializer):
    helper = serializers.CharField(source="helper.public_id")
    segment = serializers.CharField(source="segment_key")
    name = serializers.CharField()
    start_at = serializers.DateTimeField()
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField()


class HostAnswerInput(StrictSerializer):
    answer = serializers.ChoiceField(choices=[one for one in DayPart.Answer.choices if one[0]])


class CallOffInput(StrictSerializer):
    reason = serializers.CharField(min_length=4, max_length=120)


class SignUpInput(StrictSerializer):
    children = serializers.ListField(child=serializers.CharField(max_length=16), min_length=1, max_length=1000)


class TickInput(StrictSerializer):
    id = serializers.RegexField(r"^[0-9a-zA-Z-]{8,36}$")
    seat = serializers.CharField(max_length=16)
    present = serializers.BooleanField()
    at = serializers.DateTimeField()


class TicksInput(StrictSerializer):
    ticks = TickInput(many=True)


class DaySeatRow(serializers.Serializer):
    """A child of a day: what the child is called, and nothing that leads to a file."""

    id = serializers.CharField()
    called = serializers.CharField()
    state = serializers.CharField()
    group = serializers.CharField()
    is_present = serializers.BooleanField(allow_null=True)


class CountAnswer(serializers.Serializer):
    new = serializers.IntegerField()


class KeptAnswer(serializers.Serializer):
    kept = serializers.ListField(child=serializers.CharField())


def lines_of(rows: Any) -> list[str]:
    """Sentences as the API gives them: the Chinese of the house."""
    return [zh for zh, _en in rows]
