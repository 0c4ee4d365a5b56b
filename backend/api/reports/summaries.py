"""What each helper did in a term, over the API: by person, by unit, and the list for the wall."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, public_id_or_none
from backend.reports.term_summary import children_per_helper, helpers_at_work, work_by_unit, work_of
from backend.roster.access import helpers_visible_to
from backend.roster.models import Helper
from matching.statement_selectors import term_in_hand, terms_visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from matching.models import Term


class WorkRow(serializers.Serializer):
    pairings = serializers.IntegerField()
    running = serializers.IntegerField()
    visits = serializers.IntegerField()
    visits_done = serializers.IntegerField()
    visits_late = serializers.IntegerField()
    closed = serializers.IntegerField()
    talks = serializers.IntegerField()
    talks_held = serializers.IntegerField()
    days = serializers.IntegerField()
    stood_in = serializers.IntegerField()


class SummaryRow(serializers.Serializer):
    helper = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField(allow_null=True)
    work = WorkRow()


class UnitRow(serializers.Serializer):
    name = serializers.CharField()
    place = serializers.CharField()
    helpers = serializers.IntegerField()
    work = WorkRow()


class WallRow(serializers.Serializer):
    name = serializers.CharField()
    unit = serializers.CharField()
    children = serializers.IntegerField()


class SummaryQuery(StrictSerializer):
    """The term (the present one where left out), a township or a unit, by public id."""

    term = serializers.CharField(max_length=16, required=False)
    township = serializers.CharField(max_length=16, required=False)
    unit = serializers.CharField(max_length=16, required=False)
    page = serializers.IntegerField(required=False)


@extend_schema(tags=["reports"])
class Summaries(Door):
    """Helpers in the reader's scope. No child stands in any of it."""

    queryset = Helper.objects.none()
    serializer_class = SummaryRow

    @extend_schema(parameters=[SummaryQuery])
    def list(self, request: Request) -> Response:
        """A page of helpers who had anything to do in the term, by name."""
        term, helpers = self._asked(request)
        today = timezone.localdate(self.now)
        rows = helpers_at_work(helpers, term).select_related("unit").order_by("name_sort", "pk")
        return self.paged(rows, lambda page: _rows(page, work_of(page, term, today)))

    @extend_schema(parameters=[SummaryQuery], responses=UnitRow(many=True), filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def units(self, request: Request) -> Response:
        """A line for each unit."""
        term, helpers = self._asked(request)
        return Response([asdict(one) for one in work_by_unit(helpers, term, timezone.localdate(self.now))])

    @extend_schema(parameters=[SummaryQuery], responses=WallRow(many=True), filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def wall(self, request: Request) -> Response:
        """Who looks after how many children at present: what may hang on a wall."""
        term, helpers = self._asked(request)
        rows = children_per_helper(helpers, term)
        return Response(
            [
                {"name": one.name, "unit": one.unit.name if one.unit else one.township.name, "children": n}
                for one, n in rows
            ]
        )

    def _asked(self, request: Request) -> tuple[Term, QuerySet[Helper]]:
        serializer = SummaryQuery(data=request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data
        present = term_in_hand(self.reader, timezone.localdate(self.now))
        chosen = wanted.get("term") or (present.public_id if present else "")
        helpers = helpers_visible_to(self.reader)
        for name, column in (("township", "township__public_id"), ("unit", "unit__public_id")):
            helpers = helpers.filter(**{column: wanted[name]}) if name in wanted else helpers
        return self.one_of(terms_visible_to(self.reader), chosen), helpers


def _rows(page: list[Helper], work: dict[int, Any]) -> list[dict[str, Any]]:
    return [
        {"helper": one.public_id, "name": one.name, "unit": public_id_or_none(one.unit), "work": asdict(work[one.pk])}
        for one in page
    ]
