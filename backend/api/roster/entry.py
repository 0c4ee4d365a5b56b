"""People entered over the API: typed values in, the cells of one row of a sheet out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from backend.accounts.models import HELPERS as HELPER_ROLES
from backend.api.inputs import StrictSerializer
from backend.roster.models import Clearance, Guardian, GuardianRating, Helper, HelperRole
from backend.roster.models.assessment import ASPECTS, Assessment
from backend.roster.models.people import Sex
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.columns import EMPTY_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAY_MINUTES = 24 * 60
ROLE_CHOICES = [(role.value, role.value) for role in sorted(HELPER_ROLES)]
# Keys of nested objects -> columns of the sheet; the rest are spelled alike or with the object's name in front.
_SPELLED = {
    "assessment.assessed_date": "assessed_date",
    "assessment.heart_level": "heart_level",
    "assessment.aspects": "aspects",
    "assessment.reason": "assessment_reason",
    "consent.given_date": "consent_date",
    "consent.given_by": "consent_by",
}


def _level(*, required: bool = True) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=4, required=required)


def _text(longest: int, **rest: Any) -> serializers.CharField:
    return serializers.CharField(max_length=longest, required=False, allow_blank=True, **rest)


def _words(longest: int = 20) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=longest), max_length=20, required=False)


def _place(what: str) -> serializers.CharField:
    return serializers.CharField(max_length=16, required=False, allow_blank=True, help_text=f"id of the {what}")


class ParentInput(StrictSerializer):
    name = _text(30)
    id_number = _text(20)
    phone = _text(20)
    email = _text(254)
    qq = _text(12)
    workplace = _text(80)
    workplace_address = _text(120)
    workplace_phone = _text(20)


class CarerInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=Guardian.Kind.choices)
    name = _text(30)
    relation = _text(20)
    id_number = _text(20)
    birth_year = serializers.IntegerField(required=False, allow_null=True)
    occupation = _text(40)
    health = _text(60)
    address = _text(120)
    phone = _text(20)
    email = _text(254)
    rating = serializers.ChoiceField(choices=GuardianRating.Rating.choices, required=False)


class FirstAssessmentInput(StrictSerializer):
    assessed_date = serializers.DateField()
    heart_level = _level(required=False)
    aspects = serializers.DictField(child=_level(), required=False)
    guardianship_type = serializers.ChoiceField(choices=Assessment.GuardianshipType.choices, required=False)
    severity = _level(required=False)
    reason = _text(200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("severity") and not attrs.get("guardianship_type"):
            raise serializers.ValidationError({"severity": ["A severity needs a guardianship type."]})
        if not set(attrs.get("aspects", {})) <= set(ASPECTS):
            raise serializers.ValidationError({"aspects": ["There is no such aspect."]})
        return attrs


class FirstConsentInput(StrictSerializer):
    given_date = serializers.DateField()
    given_by = serializers.CharField(max_length=30)


class NewChild(StrictSerializer):
    """A child who is not on file yet. `unlike`: id of somebody on file who looks alike and is somebody else."""

    name = serializers.CharField(max_length=30)
    sex = serializers.ChoiceField(choices=Sex.choices, required=False)
    id_number = _text(20)
    birth_date = serializers.DateField(required=False)
    village = serializers.CharField(max_length=16, help_text="id of the village")
    school = _place("school")
    grade = serializers.IntegerField(min_value=0, max_value=12, required=False)
    class_name = _text(20)
    is_boarding = serializers.BooleanField(required=False)
    address = _text(120)
    phone = _text(20)
    categories = _words()
    needs = _words()
    personality = _text(200)
    interests = _text(200)
    medical_history = _text(500)
    care_alert = _text(120)
    study_state = _text(200)
    away_reason = _text(100)
    away_since_date = serializers.DateField(required=False)
    father = ParentInput(required=False)
    mother = ParentInput(required=False)
    carer = CarerInput(required=False)
    assessment = FirstAssessmentInput(required=False)
    consent = FirstConsentInput(required=False, help_text="to being matched, signed on paper")
    unlike = _text(16)


class SpanInput(StrictSerializer):
    """Part of one weekday, 1 Monday to 7 Sunday."""

    weekday = serializers.IntegerField(min_value=1, max_value=7)
    start_minute = serializers.IntegerField(min_value=0, max_value=_DAY_MINUTES - 1)
    end_minute = serializers.IntegerField(min_value=1, max_value=_DAY_MINUTES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["start_minute"] >= attrs["end_minute"]:
            raise serializers.ValidationError({"end_minute": ["It ends after it begins."]})
        return attrs


class PostInput(StrictSerializer):
    """A class taught, at the helper's school."""

    class_name = serializers.CharField(max_length=20)
    subject = _text(20)
    is_head = serializers.BooleanField(default=False)


class ClearanceInput(StrictSerializer):
    result = serializers.ChoiceField(choices=Clearance.Result.choices, default=Clearance.Result.CLEAR.value)
    issuer = serializers.CharField(max_length=80)
    issued_date = serializers.DateField()
    expires_date = serializers.DateField(help_text="within a year of the day of the check")


class HelperFields(StrictSerializer):
    """What is written of a helper, whether new or changed."""

    sex = serializers.ChoiceField(choices=Sex.choices, required=False)
    id_number = _text(20)
    birth_date = serializers.DateField(required=False, allow_null=True)
    phone = _text(20)
    email = _text(254)
    elder_kind = serializers.ChoiceField(choices=HelperRole.ElderKind.choices, required=False, allow_blank=True)
    township = _place("township")
    village = _place("village")
    unit = _place("school or organisation")
    address = _text(120)
    classes = PostInput(many=True, required=False)
    skills = _words()
    hours = SpanInput(many=True, required=False)
    total_limit = serializers.IntegerField(min_value=0, max_value=200, required=False)
    share_permille = serializers.IntegerField(min_value=1, max_value=1000, required=False)


class NewHelper(HelperFields):
    """A helper who is not on file yet. `unlike`: id of somebody on file who looks alike and is somebody else."""

    name = serializers.CharField(max_length=30)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLE_CHOICES), max_length=4)
    clearance = ClearanceInput(required=False)
    unlike = _text(16)


@extend_schema_serializer(many=False)
class HelperChange(HelperFields):
    """Fields to change, with the version that was read; `reason` where the state changes. "" and [] empty a field."""

    version = serializers.IntegerField(min_value=1)
    name = serializers.CharField(max_length=30, required=False)
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=ROLE_CHOICES), min_length=1, max_length=4, required=False
    )
    state = serializers.ChoiceField(choices=Helper.State.choices, required=False)
    paused_until_date = serializers.DateField(required=False, allow_null=True)
    reason = _text(200)


class Entered(serializers.Serializer):
    """Who was entered. Little, because answers are kept for repeated requests and files are not."""

    id = serializers.CharField(source="public_id")
    version = serializers.IntegerField()


def cells_of(kind: str, facts: dict[str, Any], *, is_change: bool = False) -> dict[str, str]:
    """The cells that typed values stand for; emptied ones are "-" where somebody is changed, else left out."""
    cells = {}
    for key, value in _columns(facts):
        column = SHEETS[kind].by_key[key]
        text = column.show(value.isoformat() if hasattr(value, "isoformat") else value)
        if text or is_change:
            cells[key] = text or EMPTY_MARK
    return cells


def _columns(facts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in facts.items():
        if isinstance(value, dict) and key != "aspects":
            yield from _nested(key, value)
        elif key == "classes":
            yield key, [[post["class_name"], post.get("subject", ""), post["is_head"]] for post in value]
        elif key == "hours":
            yield key, [[span["weekday"], span["start_minute"], span["end_minute"]] for span in value]
        else:
            yield key, value


def _nested(name: str, facts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    facts = dict(facts)
    if name == "consent":
        yield "consent", True
    if name == "assessment":
        yield "guardianship", [facts.pop("guardianship_type", None), facts.pop("severity", None)]
    for key, value in facts.items():
        path = f"{name}.{key}"
        yield _SPELLED.get(path, path), value


# Columns of a sheet -> the field of the API that says it, where they differ.
_FIELDS = {column: field for field, column in _SPELLED.items()} | {
    "village_code": "village", "township_code": "township", "county": "village", "school_code": "school",
    "unit_code": "unit", "unit_kind": "unit", "guardianship": "assessment.guardianship_type",
}  # fmt: skip


def field_of(column: str) -> str:
    """The API's name for a column."""
    return _FIELDS.get(column, column)
