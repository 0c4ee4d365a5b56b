"""Talk groups of classes over the API: plans for coordinators, their own groups for teachers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from activities.models import TalkGroup, TalkPlan
from activities.selectors import (
    seats_for_teachers,
    talk_classes_visible_to,
    talk_groups_visible_to,
    talk_plans_visible_to,
    term_for_talks,
)
from activities.services.talk_edits import swap_effect, swap_seats
from activities.services.talks import (
    NoTeacherChosen,
    NoWeeksLeft,
    TalkWants,
    deal_talk_plan,
    drop_talk_plan,
    hold_talk,
    make_talk_plan,
    publish_talk_plan,
    reopen_talk_plan,
)
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.models import Helper
from backend.roster.presenting import names_for_talk_teacher

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_MOST_GROUPS = 30
TALK_REMEDIES = [("LIMIT", "LIMIT"), ("WEEKS", "WEEKS"), ("TEACHER", "TEACHER")]


class GoalRow(serializers.Serializer):
    """One goal in order of importance; proven where the value equals the bound."""

    name = serializers.CharField()
    value = serializers.IntegerField()
    bound = serializers.IntegerField()


class SeatRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    child = serializers.CharField(source="child.public_id")


class PlanGroupRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    teacher = serializers.CharField(source="teacher.public_id")
    week_date = serializers.DateField(help_text="the Monday of the week")
    held_at = serializers.DateTimeField(allow_null=True)
    seats = SeatRow(many=True)


class TalkPlanRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    school_class = serializers.CharField(source="school_class.public_id")
    number = serializers.IntegerField()
    months = serializers.ListField(child=serializers.CharField())
    size = serializers.IntegerField()
    mode = serializers.CharField()
    state = serializers.CharField()
    status = serializers.CharField()
    goals = GoalRow(many=True)
    hand_edits = serializers.IntegerField()
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField(allow_null=True)


class TalkRemedyRow(serializers.Serializer):
    """What alone would let some of the unmet children in."""

    kind = serializers.ChoiceField(choices=TALK_REMEDIES, help_text="higher limits, further weeks, another teacher")
    amount = serializers.IntegerField(help_text="groups more, or weeks more")
    children = serializers.IntegerField(help_text="of those left out, how many it lets in")
    teachers = serializers.ListField(child=serializers.CharField(), help_text="who could lead more, for higher limits")


class TalkShortageRow(serializers.Serializer):
    """Why some are left out: so many groups are needed, so many the teachers and weeks give."""

    needed = serializers.IntegerField()
    places = serializers.IntegerField()
    remedies = TalkRemedyRow(many=True)


class TalkPlanFile(TalkPlanRow):
    groups = PlanGroupRow(many=True)
    unmet = SeatRow(many=True, help_text="children this cycle has no place for")
    shortage = TalkShortageRow(allow_null=True)


class TeacherInput(StrictSerializer):
    teacher = serializers.CharField(max_length=16)
    most_groups = serializers.IntegerField(min_value=1, max_value=_MOST_GROUPS)


class TalkPlanInput(StrictSerializer):
    school_class = serializers.CharField(max_length=16)
    months = serializers.ListField(child=serializers.DateField(), min_length=1, max_length=12)
    closed_weeks = serializers.ListField(child=serializers.DateField(), max_length=60, default=list)
    size = serializers.IntegerField(min_value=3, max_value=5, default=4)
    mode = serializers.ChoiceField(choices=TalkPlan.Mode.choices, default=TalkPlan.Mode.GROUP)
    teachers = TeacherInput(many=True)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)


class SeedInput(StrictSerializer):
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)


class SwapInput(StrictSerializer):
    one = serializers.CharField(max_length=16)
    other = serializers.CharField(max_length=16)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class SwapEffectRow(serializers.Serializer):
    """Each goal a swap can touch: [before, after]."""

    repeats = serializers.ListField(child=serializers.IntegerField(), help_text="earlier meetings of children together")
    wishes = serializers.ListField(child=serializers.IntegerField(), help_text="wishes not kept")
    mix = serializers.ListField(child=serializers.IntegerField(), help_text="distance from the class's share of girls")


class TalkGroupRow(serializers.Serializer):
    """A group as its teacher sees it: what the children are called, and nothing that leads to a file."""

    id = serializers.CharField()
    school_class = serializers.CharField()
    week_date = serializers.DateField()
    mode = serializers.CharField()
    called = serializers.ListField(child=serializers.CharField())
    held_at = serializers.DateTimeField(allow_null=True)


class TalkPlanFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=TalkPlan.State.choices)
    school_class = filters.CharFilter(field_name="school_class__public_id")

    class Meta:
        model = TalkPlan
        fields: list[str] = []


@extend_schema(tags=["talks"])
class TalkPlans(Door):
    """Cycles of talk groups of the classes in the reader's scope."""

    queryset = TalkPlan.objects.none()
    serializer_class = TalkPlanRow
    filterset_class = TalkPlanFilter
    long_actions = frozenset({"create", "deal"})

    def get_queryset(self) -> QuerySet[TalkPlan]:
        if getattr(self, "swagger_fake_view", False):
            return TalkPlan.objects.none()
        return talk_plans_visible_to(self.reader).order_by("-created_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of plans, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: list(TalkPlanRow(page, many=True).data))

    @extend_schema(responses=TalkPlanFile)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One plan with its groups."""
        return Response(self._file(public_id))

    @extend_schema(request=TalkPlanInput, responses={201: TalkPlanFile})
    def create(self, request: Request) -> Response:
        """Begin a class's next cycle, as a draft."""
        asked = data_of(TalkPlanInput, request)
        one = self.one_of(talk_classes_visible_to(self.reader), asked["school_class"])
        term = term_for_talks(one, timezone.localdate(self.now))
        if term is None:
            raise NoWeeksLeft
        plan = make_talk_plan(
            school_class=one, term=term, wants=_wants(asked), seed=asked["seed"], actor=self.actor, now=self.now
        )
        return Response(self._file(plan.public_id), status=status.HTTP_201_CREATED)

    @extend_schema(request=SeedInput, responses=TalkPlanFile)
    @action(detail=True, methods=["post"])
    def deal(self, request: Request, public_id: str) -> Response:
        """Deal a draft again; groups that were held stand."""
        plan = self.one_of(self.get_queryset(), public_id)
        deal_talk_plan(plan=plan, seed=data_of(SeedInput, request)["seed"], actor=self.actor, now=self.now)
        return Response(self._file(public_id))

    @extend_schema(request=None, responses=TalkPlanFile)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, public_id: str) -> Response:
        """Let the teachers see their groups."""
        publish_talk_plan(plan=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return Response(self._file(public_id))

    @extend_schema(request=None, responses=TalkPlanFile)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, public_id: str) -> Response:
        """Take published groups back to change them."""
        reopen_talk_plan(plan=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return Response(self._file(public_id))

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, public_id: str) -> Response:
        """Delete a draft that nobody was ever shown."""
        drop_talk_plan(plan=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        parameters=[OpenApiParameter(name, description="a seat", required=True) for name in ("one", "other")],
        responses=SwapEffectRow,
    )
    @action(detail=True, methods=["get"])
    def swap(self, request: Request, public_id: str) -> Response:
        """What it would change if two children of a plan traded places."""
        plan = self.one_of(self.get_queryset(), public_id)
        seats = plan.seats.select_related("group")
        one, other = (self.one_of(seats, request.query_params.get(name, "")) for name in ("one", "other"))
        effect = swap_effect(plan=plan, one=one, other=other, now=self.now)
        return Response({name: list(values) for name, values in asdict(effect).items()})

    @extend_schema(request=SwapInput, responses=TalkPlanFile)
    @swap.mapping.post
    def make_swap(self, request: Request, public_id: str) -> Response:
        """Let two children of a draft trade places."""
        plan = self.one_of(self.get_queryset(), public_id)
        asked = data_of(SwapInput, request)
        seats = plan.seats.select_related("group")
        one, other = (self.one_of(seats, asked[name]) for name in ("one", "other"))
        swap_seats(plan=plan, one=one, other=other, version=asked["version"], actor=self.actor, now=self.now)
        return Response(self._file(public_id))

    def _file(self, public_id: str) -> dict[str, Any]:
        plan = self.one_of(self.get_queryset(), public_id)
        groups = plan.groups.select_related("teacher").prefetch_related("seats__child").order_by("week_date", "pk")
        body: dict[str, Any] = dict(TalkPlanRow(plan).data)
        body["groups"] = PlanGroupRow(groups, many=True).data
        body["unmet"] = SeatRow(plan.seats.filter(group=None).select_related("child").order_by("pk"), many=True).data
        body["shortage"] = _shortage_of(plan)
        return body


def _shortage_of(plan: TalkPlan) -> dict[str, Any] | None:
    """The kept shortage with public ids in the place of row ids; nothing where everybody is met."""
    if not plan.shortage:
        return None
    remedies = plan.shortage["remedies"]
    ids = dict(
        Helper.objects.filter(pk__in={pk for one in remedies for pk in one["teachers"]}).values_list("pk", "public_id")
    )
    told = [one | {"teachers": [ids[pk] for pk in one["teachers"] if pk in ids]} for one in remedies]
    return {"needed": plan.shortage["needed"], "places": plan.shortage["places"], "remedies": told}


@extend_schema(tags=["talks"])
class TalkGroups(Door):
    """A teacher's own groups once published; a coordinator's those in scope."""

    queryset = TalkGroup.objects.none()
    serializer_class = TalkGroupRow

    def get_queryset(self) -> QuerySet[TalkGroup]:
        if getattr(self, "swagger_fake_view", False):
            return TalkGroup.objects.none()
        return talk_groups_visible_to(self.reader).order_by("week_date", "pk")

    def list(self, request: Request) -> Response:
        """A page of groups, the earliest week first."""
        return self.paged(self.get_queryset(), self._rows)

    @extend_schema(request=None, responses=TalkGroupRow)
    @action(detail=True, methods=["post"])
    def held(self, request: Request, public_id: str) -> Response:
        """Note that the talk took place."""
        hold_talk(group=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return Response(self._rows([self.one_of(self.get_queryset(), public_id)])[0])

    def _rows(self, groups: Any) -> Any:
        seats = list(seats_for_teachers(groups).order_by("child__name_sort", "pk"))
        called = names_for_talk_teacher([seat.child for seat in seats], now=self.now)
        return [
            {
                "id": group.public_id,
                "school_class": group.plan.school_class.name,
                "week_date": group.week_date.isoformat(),
                "mode": group.plan.mode,
                "called": [called[seat.child_id] for seat in seats if seat.group_id == group.pk],
                "held_at": group.held_at.isoformat() if group.held_at else None,
            }
            for group in groups
        ]


def _wants(asked: dict[str, Any]) -> TalkWants:
    chosen = {one["teacher"]: one["most_groups"] for one in asked["teachers"]}
    keys = dict(Helper.objects.filter(public_id__in=chosen).values_list("public_id", "pk"))
    if set(keys) != set(chosen):
        raise NoTeacherChosen
    return TalkWants(
        months=tuple(sorted({day.replace(day=1).isoformat() for day in asked["months"]})),
        closed_weeks=tuple(sorted({day.isoformat() for day in asked["closed_weeks"]})),
        limits={keys[public_id]: most for public_id, most in chosen.items()},
        size=asked["size"],
        mode=asked["mode"],
    )
