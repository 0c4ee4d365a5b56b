"""What can be done with a whole draft over the API: compared, changed in many places at once, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.files import XLSX
from backend.api.inputs import StrictSerializer
from backend.api.matching.list_files import ListFileInput, ListFiles
from backend.api.matching.pair_filter import PairFilter
from backend.api.views import data_of
from backend.roster.models import Helper
from matching.draft_differences import comparable_drafts, draft_before, moved_pairs, places_gone
from matching.models import ProposedPair
from matching.selectors import pairs_visible_to, proposals_visible_to
from matching.services.bulk_edits import MOST_AT_ONCE, edit_many
from matching.services.draft_export import export_draft
from matching.services.rerun import match_again
from matching.services.undoing import undo_latest

if TYPE_CHECKING:
    from django.http import HttpResponse
    from rest_framework.request import Request

    from matching.models import Proposal


class SeenInput(StrictSerializer):
    """A place as it was seen."""

    pair = serializers.CharField(max_length=16)
    version = serializers.IntegerField(min_value=1)


class ManyInput(StrictSerializer):
    what = serializers.ChoiceField(choices=["lock", "unlock", "take_off"])
    pairs = SeenInput(many=True, min_length=1, max_length=MOST_AT_ONCE)  # type: ignore[call-arg] # ListSerializer's
    reason = serializers.CharField(
        max_length=200,
        required=False,
        help_text="wanted (400 pair.reason_needed) where taking off would leave a girl to men; kept with each place",
    )


class OutcomeRow(serializers.Serializer):
    done = serializers.IntegerField()
    left = serializers.IntegerField(help_text="changed meanwhile, standing or open: left as they were")


class AgainRow(serializers.Serializer):
    run = serializers.CharField()


class UndoneRow(serializers.Serializer):
    pairs = serializers.ListField(child=serializers.CharField())
    stays = serializers.ListField(
        child=serializers.ChoiceField(choices=["LIMIT", "RULE"]),
        help_text="of a trial that was taken back: what somebody has changed since, and which stays so",
    )


class DraftMoveRow(serializers.Serializer):
    """One place two drafts give otherwise; null = open. Of places gone, `pair` is the other draft's."""

    pair = serializers.CharField()
    child = serializers.CharField()
    place = serializers.CharField()
    kind = serializers.ChoiceField(choices=["filled", "changed", "opened", "gone"])
    old = serializers.CharField(allow_null=True)
    new = serializers.CharField(allow_null=True)


class TierPairRow(serializers.Serializer):
    """A goal's value in this run and in the other; null where the other did not have it."""

    name = serializers.CharField()
    here = serializers.IntegerField()
    there = serializers.IntegerField(allow_null=True)


class ComparisonRow(serializers.Serializer):
    other = serializers.CharField(allow_null=True)
    tiers = TierPairRow(many=True)
    moves = DraftMoveRow(many=True)


class DraftActions(ListFiles):
    """Actions on a draft as a whole; `Proposals` has them."""

    @extend_schema(responses=ComparisonRow, parameters=[OpenApiParameter("other", str)], filters=False)
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def compare(self, request: Request, public_id: str) -> Response:
        """This draft beside another of its scheme, by default the one before: goals, and every place that differs."""
        one: Proposal = self.one_of(proposals_visible_to(self.reader), public_id)
        named = request.query_params.get("other")
        others = comparable_drafts(self.reader, one)
        other = self.one_of(others, named) if named else draft_before(self.reader, one)
        if other is None:
            return Response({"other": None, "tiers": [], "moves": []})
        theirs = {tier["name"]: tier["value"] for tier in other.run.tiers}
        tiers = [
            {"name": tier["name"], "here": tier["value"], "there": theirs.get(tier["name"])} for tier in one.run.tiers
        ]
        return Response({"other": other.public_id, "tiers": tiers, "moves": self._moves(one, other)})

    def _moves(self, one: Proposal, other: Proposal) -> list[dict[str, Any]]:
        moved = list(moved_pairs(self.reader, other, one).order_by("pk"))
        before = Helper.objects.filter(pk__in=[pair.before_helper_id for pair in moved if pair.before_helper_id])  # type: ignore[attr-defined]
        ids: dict[int | None, str] = dict(before.values_list("pk", "public_id"))
        rows = [_move(pair, ids.get(pair.before_helper_id)) for pair in moved]  # type: ignore[attr-defined]
        gone = places_gone(self.reader, other, one).order_by("pk")
        return rows + [_row(pair, "gone", pair.helper.public_id if pair.helper else None, None) for pair in gone]

    @extend_schema(request=ManyInput, responses=OutcomeRow)
    @action(detail=True, methods=["post"])
    def edit(self, request: Request, public_id: str) -> Response:
        """Lock, unlock or take off many places at once; what changed since it was seen is left alone and counted."""
        wanted = data_of(ManyInput, request)
        one = self.one_of(proposals_visible_to(self.reader), public_id)
        versions = {seen["pair"]: seen["version"] for seen in wanted["pairs"]}
        pairs = pairs_visible_to(self.reader).filter(proposal=one, public_id__in=versions).order_by("pk")
        outcome = edit_many(
            pairs=list(pairs), versions=versions, what=wanted["what"], actor=self.actor, now=self.now,
            reason=wanted.get("reason", ""),
        )  # fmt: skip
        return Response({"done": outcome.done, "left": outcome.left})

    @extend_schema(request=None, responses={201: AgainRow})
    @action(detail=True, methods=["post"])
    def again(self, request: Request, public_id: str) -> Response:
        """Start a run with the choices of the draft's own; what is locked in the draft stays. 429 as for runs."""
        one = self.one_of(proposals_visible_to(self.reader), public_id)
        run = match_again(draft=one, actor=self.actor, reader=self.reader, now=self.now)
        return Response({"run": run.public_id}, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=UndoneRow)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, public_id: str) -> Response:
        """Take back one's latest step here, asked again the one before; 409 where somebody changed a place since."""
        one = self.one_of(proposals_visible_to(self.reader), public_id)
        undone = undo_latest(proposal=one, actor=self.actor, now=self.now)
        return Response({"pairs": [edit.pair.public_id for edit in undone.edits], "stays": undone.stays})

    @extend_schema(request=ListFileInput, responses={(200, XLSX): OpenApiTypes.BINARY}, filters=True)
    @action(detail=True, methods=["post"], filterset_class=PairFilter, queryset=ProposedPair.objects.none())
    def export(self, request: Request, public_id: str) -> HttpResponse:
        """At most 500 places of a draft as a file, by child: those the filters of `pairs` find."""
        one: Proposal = self.one_of(proposals_visible_to(self.reader), public_id)
        rows = pairs_visible_to(self.reader).filter(proposal=one).order_by("child__name_sort", "child_id", "pk")
        found = self.filter_queryset(rows)
        return self.list_file(
            request, f"draft-{one.number}", lambda asked: export_draft(draft=one, pairs=found, asked=asked)
        )


def _move(pair: Any, old: str | None) -> dict[str, Any]:
    new = pair.helper.public_id if pair.helper else None
    kind = "filled" if old is None else "opened" if new is None else "changed"
    return _row(pair, kind, old, new)


def _row(pair: Any, kind: str, old: str | None, new: str | None) -> dict[str, Any]:
    return {
        "pair": pair.public_id,
        "child": pair.child.public_id,
        "place": pair.slot.rule.key,
        "kind": kind,
        "old": old,
        "new": new,
    }
