"""Runs over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import areas_visible_to, children_visible_to
from matching.models import LeftOut, MatchingRun
from matching.queue_selectors import ahead_of_run
from matching.selectors import runs_visible_to, schemes_visible_to
from matching.services.runs import RunOptions, cancel_run, start_run

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class RunInput(StrictSerializer):
    scheme = serializers.CharField(max_length=16)
    joined = serializers.ListField(
        child=serializers.CharField(max_length=16),
        required=False,
        max_length=20,
        help_text="further schemes to be solved together with it, because they share helpers",
    )
    area = serializers.CharField(max_length=16, required=False, help_text="a county or township; the county by default")
    mode = serializers.ChoiceField(
        choices=MatchingRun.Mode.choices, required=False, help_text="the leading scheme's own order by default"
    )
    seed = serializers.IntegerField(min_value=0, max_value=2**62, default=0)
    fit_band = serializers.ChoiceField(
        choices=[1, 25, 50], required=False, help_text="the leading scheme's own by default"
    )
    seconds = serializers.IntegerField(min_value=1, max_value=600, default=120)


class TierRow(serializers.Serializer):
    name = serializers.CharField()
    value = serializers.IntegerField()
    bound = serializers.IntegerField(allow_null=True)


class WaitRow(serializers.Serializer):
    """What stands before a run in its queue."""

    jobs = serializers.IntegerField(source="count")
    run = serializers.CharField(source="first.public_id", default=None, help_text="the one worked on now, or null")
    seconds = serializers.IntegerField(help_text="about how long all of them take still")
    is_most = serializers.BooleanField(help_text="whether `seconds` is the most they may take, not an estimate")


class RunRow(serializers.Serializer):
    """A run; once it is done, `proposals` holds one for each scheme, and `proposal` that of the leading one."""

    id = serializers.CharField(source="public_id")
    scheme = serializers.CharField(source="scheme.public_id")
    joined = serializers.SerializerMethodField()
    area = serializers.CharField(source="area.public_id")
    mode = serializers.CharField()
    is_automatic = serializers.BooleanField()
    seed = serializers.IntegerField()
    fit_band = serializers.IntegerField()
    state = serializers.CharField()
    progress = serializers.JSONField()
    solver_status = serializers.CharField()
    stopped_by = serializers.CharField()
    tiers = TierRow(many=True)
    proofs = serializers.DictField(child=serializers.IntegerField())
    is_certified = serializers.BooleanField()
    counts = serializers.DictField(child=serializers.IntegerField())
    seconds = serializers.DictField(child=serializers.FloatField())
    input_hash = serializers.CharField()
    problem = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    waits_for = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()
    proposals = serializers.SerializerMethodField()

    @extend_schema_field(WaitRow(allow_null=True))
    def get_waits_for(self, run: MatchingRun) -> dict[str, Any] | None:
        """What a queued run stands behind."""
        if run.state != MatchingRun.State.QUEUED or "reader" not in self.context:
            return None
        ahead = ahead_of_run(run, self.context["reader"], self.context["now"])
        return WaitRow(ahead).data if ahead else None

    def get_joined(self, run: MatchingRun) -> list[str]:
        return [scheme.public_id for scheme in run.schemes[1:]]

    def get_proposal(self, run: MatchingRun) -> str | None:
        return next((one.public_id for one in run.proposals.all() if one.scheme_id == run.scheme_id), None)

    def get_proposals(self, run: MatchingRun) -> list[str]:
        return [one.public_id for one in sorted(run.proposals.all(), key=lambda one: one.pk)]


class LeftOutRow(serializers.Serializer):
    child = serializers.CharField(source="child.public_id")
    reason = serializers.CharField()


class RunFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=MatchingRun.State.choices)
    scheme = filters.CharFilter(field_name="scheme__public_id")

    class Meta:
        model = MatchingRun
        fields: list[str] = []


@extend_schema(tags=["matching"])
class Runs(Door):
    """Matching runs."""

    queryset = MatchingRun.objects.none()
    serializer_class = RunRow
    filterset_class = RunFilter

    def get_queryset(self) -> QuerySet[MatchingRun]:
        if getattr(self, "swagger_fake_view", False):
            return MatchingRun.objects.none()
        return runs_visible_to(self.reader).order_by("-created_at", "-pk")

    def _told(self, rows: Any, *, many: bool = False) -> RunRow:
        return RunRow(rows, many=many, context={"reader": self.reader, "now": self.now})

    def list(self, request: Request) -> Response:
        """A page of runs, the latest first."""
        return self.paged(
            self.filter_queryset(self.get_queryset()), lambda page: list(self._told(page, many=True).data)
        )

    @extend_schema(responses=RunRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One run, with its progress."""
        return Response(self._told(self.one_of(self.get_queryset(), public_id)).data)

    @extend_schema(request=RunInput, responses={201: RunRow})
    def create(self, request: Request) -> Response:
        """Start a run; 429 when too many wait already."""
        wanted = data_of(RunInput, request)
        scheme = self.one_of(schemes_visible_to(self.reader), wanted["scheme"])
        area = self.one_of(areas_visible_to(self.reader), wanted["area"]) if "area" in wanted else scheme.county
        options = RunOptions(
            mode=wanted.get("mode", ""),
            seed=wanted["seed"],
            fit_band=int(wanted.get("fit_band", 0)),
            seconds=wanted["seconds"],
        )
        joined = [self.one_of(schemes_visible_to(self.reader), one) for one in wanted.get("joined", [])]
        run = start_run(
            scheme=scheme,
            joined=joined,
            area=area,
            options=options,
            actor=self.actor,
            reader=self.reader,
            now=self.now,
        )
        return Response(self._told(run).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=RunRow)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, public_id: str) -> Response:
        """Stop a run within five seconds; nothing is left behind."""
        run = self.one_of(self.get_queryset(), public_id)
        cancel_run(run=run, actor=self.actor, now=self.now)
        return Response(self._told(self.one_of(self.get_queryset(), public_id)).data)

    @extend_schema(responses=LeftOutRow(many=True))
    @action(detail=True, methods=["get"], url_path="left-out", filterset_class=None)
    def left_out(self, request: Request, public_id: str) -> Response:
        """Children the run did not solve, and why."""
        run = self.one_of(self.get_queryset(), public_id)
        mine = LeftOut.objects.filter(run=run, child__in=children_visible_to(self.reader))
        rows = mine.select_related("child").order_by("pk")
        return self.paged(rows, lambda page: list(LeftOutRow(page, many=True).data))
