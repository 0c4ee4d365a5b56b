"""Who asked for whom, and who is not to be paired with whom: a child's two short lists, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import helpers_visible_to
from backend.roster.models import Exclusion, PairWish
from backend.roster.services.pair_wishes import exclude_pair, lift_exclusion, wish_for_pair, withdraw_wish

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from backend.roster.models import Child, Helper

_ROW = "(?P<row_id>[2-9a-hjkmnp-z]{16})"


class PairWishRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    helper = serializers.CharField(source="helper.public_id")
    helper_name = serializers.CharField(source="helper.name")
    asked_by = serializers.ChoiceField(choices=PairWish.AskedBy.choices)
    created_at = serializers.DateTimeField()


class PairWishInput(StrictSerializer):
    helper = serializers.CharField(max_length=16)
    asked_by = serializers.ChoiceField(choices=PairWish.AskedBy.choices)


class ExclusionRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    helper = serializers.CharField(source="helper.public_id")
    helper_name = serializers.CharField(source="helper.name")
    reason = serializers.ChoiceField(choices=Exclusion.Reason.choices)
    created_at = serializers.DateTimeField()


class NewExclusion(StrictSerializer):
    helper = serializers.CharField(max_length=16)
    reason = serializers.ChoiceField(choices=Exclusion.Reason.choices)


class PairWords(Door):
    """What is said of a child and single helpers; the child's own operations build on it."""

    @extend_schema(methods=["get"], responses=PairWishRow(many=True))
    @extend_schema(methods=["post"], request=PairWishInput, responses={201: PairWishRow})
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    def wishes(self, request: Request, public_id: str) -> Response:
        """Helpers somebody asked for; POST writes one down, and the next run counts it."""
        child = self._child(public_id)
        if request.method == "GET":
            return Response(PairWishRow(self._listed(child.wishes), many=True).data)
        said = data_of(PairWishInput, request)
        row = wish_for_pair(child=child, helper=self._helper(said), asked_by=said["asked_by"], actor=self.actor)
        return Response(PairWishRow(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path=f"wishes/{_ROW}/withdraw")
    def withdraw_wish(self, request: Request, public_id: str, row_id: str) -> Response:
        """The wish no longer holds."""
        withdraw_wish(wish=self.one_of(self._listed(self._child(public_id).wishes), row_id), actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=ExclusionRow(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def exclusions(self, request: Request, public_id: str) -> Response:
        """Helpers who are not to be paired with this child."""
        return Response(ExclusionRow(self._listed(self._child(public_id).exclusions), many=True).data)

    @extend_schema(request=NewExclusion, responses={201: ExclusionRow})
    @action(detail=True, methods=["post"])
    def exclude(self, request: Request, public_id: str) -> Response:
        """The two are not to be paired: open offers are withdrawn, a pairing that stands goes on until it is ended."""
        said = data_of(NewExclusion, request)
        child, helper = self._child(public_id), self._helper(said)
        row = exclude_pair(child=child, helper=helper, reason=said["reason"], actor=self.actor)
        return Response(ExclusionRow(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path=f"exclusions/{_ROW}/lift")
    def lift_exclusion(self, request: Request, public_id: str, row_id: str) -> Response:
        """The two may be paired again, from the next run on."""
        row = self.one_of(self._listed(self._child(public_id).exclusions), row_id)
        lift_exclusion(exclusion=row, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _child(self, public_id: str) -> Child:
        raise NotImplementedError

    def _helper(self, said: dict[str, Any]) -> Helper:
        helper: Helper = self.one_of(helpers_visible_to(self.reader), said["helper"])
        return helper

    @staticmethod
    def _listed(rows: Any) -> QuerySet[Any]:
        listed: QuerySet[Any] = rows.select_related("helper", "child").order_by("helper__name_sort", "pk")
        return listed
