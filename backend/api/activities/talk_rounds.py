"""Planning the talk groups of a whole school or township over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response

from activities.models import TalkPlan, TalkRound
from activities.selectors import talk_rounds_visible_to, term_for_talks
from activities.services.talk_rounds import NoClasses, RoundWants, classes_of_round, start_round
from activities.services.talks import NoWeeksLeft
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import areas_visible_to, organisations_visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_MOST_GROUPS = 30


class TalkRoundInput(StrictSerializer):
    """A school, or all schools of a township."""

    school = serializers.CharField(max_length=16, required=False)
    township = serializers.CharField(max_length=16, required=False)
    months = serializers.ListField(child=serializers.DateField(), min_length=1, max_length=12)
    size = serializers.IntegerField(min_value=3, max_value=5, default=4)
    mode = serializers.ChoiceField(choices=TalkPlan.Mode.choices, default=TalkPlan.Mode.GROUP)
    most_groups = serializers.IntegerField(
        min_value=1, max_value=_MOST_GROUPS, default=4, help_text="groups of one teacher in one class, at most"
    )

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if ("school" in attrs) == ("township" in attrs):
            raise serializers.ValidationError({"school": "Name a school or a township, one of the two."})
        return attrs


class TalkRoundRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    area = serializers.CharField(source="area.public_id")
    school = serializers.CharField(source="school.public_id", default=None)
    months = serializers.ListField(child=serializers.CharField())
    size = serializers.IntegerField()
    mode = serializers.CharField()
    most_groups = serializers.IntegerField()
    state = serializers.CharField(help_text="OPEN or DONE")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class TalkRoundClassRow(serializers.Serializer):
    school_class = serializers.CharField(source="school_class.public_id")
    state = serializers.CharField(help_text="WAITING, PLANNED or NOT")
    plan = serializers.CharField(source="plan.public_id", default=None)
    problem = serializers.CharField(help_text="the code of what stood in the way, or empty")


class TalkRoundFile(TalkRoundRow):
    classes = TalkRoundClassRow(many=True)


@extend_schema(tags=["talks"])
class TalkRounds(Door):
    """Rounds over whole schools and townships, in the reader's scope."""

    queryset = TalkRound.objects.none()
    serializer_class = TalkRoundRow

    def get_queryset(self) -> QuerySet[TalkRound]:
        if getattr(self, "swagger_fake_view", False):
            return TalkRound.objects.none()
        return talk_rounds_visible_to(self.reader).order_by("-created_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of rounds, the latest first."""
        return self.paged(self.get_queryset(), lambda page: list(TalkRoundRow(page, many=True).data))

    @extend_schema(responses=TalkRoundFile)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One round, class by class."""
        return Response(self._file(public_id))

    @extend_schema(request=TalkRoundInput, responses={201: TalkRoundFile})
    def create(self, request: Request) -> Response:
        """Have every class planned as a draft, in the background; ask again for what came of each."""
        asked = data_of(TalkRoundInput, request)
        school = self.one_of(organisations_visible_to(self.reader), asked["school"]) if "school" in asked else None
        area = school.area if school else self.one_of(areas_visible_to(self.reader), asked["township"])
        first = classes_of_round(self.reader, area, school).first()
        if first is None:
            raise NoClasses
        term = term_for_talks(first, timezone.localdate(self.now))
        if term is None:
            raise NoWeeksLeft
        wants = RoundWants(
            months=tuple(sorted({day.replace(day=1).isoformat() for day in asked["months"]})),
            size=asked["size"],
            mode=asked["mode"],
            most_groups=asked["most_groups"],
        )
        one = start_round(
            area=area, school=school, term=term, wants=wants, actor=self.actor, reader=self.reader, now=self.now
        )
        return Response(self._file(one.public_id), status=status.HTTP_201_CREATED)

    def _file(self, public_id: str) -> dict[str, object]:
        one = self.one_of(self.get_queryset(), public_id)
        rows = one.classes.select_related("school_class", "plan").order_by("pk")
        return dict(TalkRoundRow(one).data) | {"classes": TalkRoundClassRow(rows, many=True).data}
