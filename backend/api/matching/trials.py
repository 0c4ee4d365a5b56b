"""What-if over the API: a change tried out, the answer kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.matching.differences import DifferenceRow, difference_bodies
from backend.api.views import Door, data_of
from backend.roster.access import areas_visible_to
from matching.models import SlotRule, Trial
from matching.selectors import certificates_visible_to, runs_visible_to, trials_visible_to
from matching.services.applying import apply_trial, try_cure
from matching.services.trials import KINDS, Wish, try_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from backend.roster.access import Reader


class PlaceSaid(StrictSerializer):
    """New values of a kind of place."""

    reach = serializers.ChoiceField(choices=SlotRule.Reach.values, required=False)
    radius_m = serializers.IntegerField(min_value=0, max_value=100_000, required=False)
    sex_rule = serializers.ChoiceField(choices=SlotRule.SexRule.values, required=False)
    weights = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=100_000), required=False)


class WishInput(StrictSerializer):
    """
    One change: LIMIT, CLEARED, WITHOUT and ANOTHER name people; SCHEME_LIMIT, PLACE and WOMAN name a scheme.

    PAIR puts the one of `people` on the place `pair` of a draft; it is tried alone, in the child's township.
    """

    kind = serializers.ChoiceField(choices=KINDS)
    people = serializers.ListField(child=serializers.CharField(max_length=16), max_length=200, required=False)
    more = serializers.IntegerField(min_value=-20, max_value=20, required=False)
    scheme = serializers.CharField(max_length=16, required=False)
    place = serializers.CharField(max_length=20, required=False)
    pair = serializers.CharField(max_length=16, required=False, help_text="PAIR: a proposed pair's id")
    limit = serializers.IntegerField(min_value=0, max_value=200, allow_null=True, required=False)
    said = PlaceSaid(required=False)
    is_asked = serializers.BooleanField(required=False, help_text="WOMAN: whether a girl needs a woman among hers")


class TrialInput(StrictSerializer):
    run = serializers.CharField(max_length=16)
    area = serializers.CharField(max_length=16, help_text="a township, or the county for a trial in the queue")
    wishes = WishInput(many=True, min_length=1, max_length=10)  # type: ignore[call-arg] # ListSerializer takes them


class CureInput(StrictSerializer):
    """One of a certificate's cures, by its place in the list."""

    certificate = serializers.IntegerField(min_value=1)
    number = serializers.IntegerField(min_value=0, max_value=20)


class AppliedRow(serializers.Serializer):
    places = serializers.IntegerField(help_text="how many changed hands")


class TrialRow(serializers.Serializer):
    """A trial; `difference` is there once it is done."""

    id = serializers.CharField()
    run = serializers.CharField()
    area = serializers.CharField()
    state = serializers.CharField()
    problem = serializers.CharField()
    slots = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    difference = DifferenceRow(allow_null=True)


class TrialFilter(filters.FilterSet):
    run = filters.CharFilter(field_name="run__public_id")

    class Meta:
        model = Trial
        fields: list[str] = []


@extend_schema(tags=["matching"])
class Trials(Door):
    """What was tried out."""

    queryset = Trial.objects.none()
    serializer_class = TrialRow
    long_actions = frozenset({"create", "cure", "apply"})
    filterset_class = TrialFilter

    def get_queryset(self) -> QuerySet[Trial]:
        if getattr(self, "swagger_fake_view", False):
            return Trial.objects.none()
        return trials_visible_to(self.reader).select_related("run").order_by("-created_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of trials, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: _bodies(page, self.reader))

    @extend_schema(responses=TrialRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One trial."""
        return Response(_bodies([self.one_of(self.get_queryset(), public_id)], self.reader)[0])

    @extend_schema(request=CureInput, responses={201: TrialRow})
    @action(detail=False, methods=["post"])
    def cure(self, request: Request) -> Response:
        """Try one of a certificate's cures anew, on the draft as it is now."""
        wanted = data_of(CureInput, request)
        shortage = certificates_visible_to(self.reader).filter(pk=wanted["certificate"]).first()
        if shortage is None:
            raise Http404
        tried = try_cure(
            certificate=shortage, number=wanted["number"], actor=self.actor, reader=self.reader, now=self.now
        )
        return Response(_bodies([tried], self.reader)[0], status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=AppliedRow)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, public_id: str) -> Response:
        """Change the limit or the rule for good, and make the moves in the drafts."""
        trial = self.one_of(self.get_queryset(), public_id)
        moved = apply_trial(trial=trial, actor=self.actor, reader=self.reader, now=self.now)
        return Response({"places": moved})

    @extend_schema(request=TrialInput, responses={201: TrialRow})
    def create(self, request: Request) -> Response:
        """Try changes out on a run's drafts; 429 while somebody else is trying."""
        wanted = data_of(TrialInput, request)
        trial = try_out(
            run=self.one_of(runs_visible_to(self.reader), wanted["run"]),
            area=self.one_of(areas_visible_to(self.reader), wanted["area"]),
            wishes=[Wish(**wish) for wish in wanted["wishes"]],
            actor=self.actor,
            reader=self.reader,
            now=self.now,
        )
        return Response(_bodies([trial], self.reader)[0], status=status.HTTP_201_CREATED)


def _bodies(trials: Sequence[Trial], reader: Reader) -> list[dict[str, Any]]:
    told = iter(difference_bodies([trial.result for trial in trials if trial.result], reader))
    return [
        {
            "id": trial.public_id,
            "run": trial.run.public_id,
            "area": trial.area.public_id,
            "state": trial.state,
            "problem": trial.problem,
            "slots": trial.slots,
            "created_at": trial.created_at.isoformat(),
            "difference": next(told) if trial.result else None,
        }
        for trial in trials
    ]
