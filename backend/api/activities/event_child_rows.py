"""What the list of an event day's children takes and answers over the API. Children stand in it by their seats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from rest_framework import serializers

from activities.models import DayConsent, DayWish
from activities.services.event_seats import MOST_PLACES, is_birth_date
from backend.api.activities.event_rows import DraftVersionInput
from backend.api.inputs import StrictSerializer
from backend.roster.models.people import Sex

if TYPE_CHECKING:
    from datetime import date

_ID = 16
_MOST = 1000


def _not_ahead(day: date) -> None:
    if day > timezone.localdate():
        raise serializers.ValidationError("This day is still to come.")


class GuestInput(StrictSerializer):
    name = serializers.CharField(max_length=30)
    from_place = serializers.CharField(max_length=60, default="", allow_blank=True)
    sex = serializers.ChoiceField(choices=Sex.choices, default="", allow_blank=True)
    birth_date = serializers.DateField(default=None, allow_null=True)

    def validate_birth_date(self, day: date | None) -> date | None:
        """Of somebody who is there and no grown-up."""
        if day is not None and not is_birth_date(day, timezone.localdate()):
            raise serializers.ValidationError("This is no date of birth of a child.")
        return day


class GuestsInput(StrictSerializer):
    guests = GuestInput(many=True, allow_empty=False, max_length=_MOST)  # type: ignore[call-arg]  # of the list


class SeatInput(StrictSerializer):
    seat = serializers.CharField(max_length=_ID)


class QuotaRow(StrictSerializer):
    school = serializers.CharField(max_length=_ID)
    places = serializers.IntegerField(min_value=0, max_value=MOST_PLACES)


class PlacesInput(StrictSerializer):
    places = serializers.IntegerField(min_value=1, max_value=MOST_PLACES)
    quotas = QuotaRow(many=True, default=list, max_length=_MOST)  # type: ignore[call-arg]  # of the list


class QuotaAnswer(serializers.Serializer):
    school = serializers.CharField(source="school.public_id")
    places = serializers.IntegerField()


class PlacesAnswer(serializers.Serializer):
    places = serializers.IntegerField()
    placed = serializers.IntegerField(help_text="children with a place")
    waiting = serializers.IntegerField()
    quotas = QuotaAnswer(many=True)


class ConsentsInput(StrictSerializer):
    seats = serializers.ListField(child=serializers.CharField(max_length=_ID), min_length=1, max_length=_MOST)
    purposes = serializers.ListField(
        child=serializers.ChoiceField(choices=DayConsent.Purpose.choices), min_length=1, max_length=4
    )
    given_by = serializers.CharField(max_length=60, help_text="who signed the paper")
    given_date = serializers.DateField(validators=[_not_ahead])


class ConsentKeyInput(SeatInput):
    purpose = serializers.ChoiceField(choices=DayConsent.Purpose.choices)


class DayConsentRow(serializers.Serializer):
    seat = serializers.CharField(source="seat.public_id")
    purpose = serializers.CharField()
    given_by = serializers.CharField()
    given_date = serializers.DateField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class GroupMoveInput(DraftVersionInput):
    seat = serializers.CharField(max_length=_ID)
    group = serializers.CharField(max_length=60, default="", allow_blank=True)
    swap_with = serializers.CharField(
        max_length=_ID, default="", allow_blank=True, help_text="the seat it changes places with; then `group` is its"
    )


class MoveEffectInput(StrictSerializer):
    seat = serializers.CharField(max_length=_ID)
    group = serializers.CharField(max_length=60, default="", allow_blank=True)
    swap_with = serializers.CharField(max_length=_ID, default="", allow_blank=True)


class MoveEffectAnswer(serializers.Serializer):
    before = serializers.DictField(child=serializers.IntegerField())
    after = serializers.DictField(child=serializers.IntegerField())
    is_even = serializers.BooleanField(help_text="sizes still differ by at most one")
    is_better = serializers.BooleanField()


class DayWishInput(StrictSerializer):
    one = serializers.CharField(max_length=_ID)
    other = serializers.CharField(max_length=_ID)
    kind = serializers.ChoiceField(choices=DayWish.Kind.choices)


class DayWishKeyInput(StrictSerializer):
    wish = serializers.CharField(max_length=_ID)


class DayWishRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    one = serializers.CharField(source="first.public_id")
    other = serializers.CharField(source="second.public_id")
    kind = serializers.CharField()


class DayGroupRow(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    seats = serializers.ListField(child=serializers.CharField())


class BrokenRow(serializers.Serializer):
    goal = serializers.CharField()
    seats = serializers.ListField(child=serializers.CharField())


class DayGroupsAnswer(serializers.Serializer):
    version = serializers.IntegerField(help_text="of the draft; send it back with a move")
    groups = DayGroupRow(many=True)
    loose = serializers.ListField(child=serializers.CharField(), help_text="seats with a place and no group")
    goals = serializers.DictField(child=serializers.IntegerField(), help_text="in order of importance, fewer is better")
    broken = BrokenRow(many=True)
    wishes = DayWishRow(many=True)


def broken_rows(broken: Any, ids: dict[int, str]) -> list[dict[str, Any]]:
    """Wishes that are not kept, by seats; who lost the place meanwhile is left out."""
    return [{"goal": goal, "seats": [ids[pk] for pk in pair if pk in ids]} for goal, pair in broken]
