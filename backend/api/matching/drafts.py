"""Reviewing a draft and changing it by hand, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.matching.offers import ReasonInput
from backend.api.matching.proposals import PairRow, pair_bodies
from backend.api.views import Door, data_of
from matching.draft_history import history_of
from matching.draft_selectors import objections_visible_to
from matching.models import Objection, ProposedPair
from matching.selectors import pairs_visible_to, people_for_place
from matching.services.choosing import candidates_in_scope
from matching.services.hand_edits import lock_pair, put_helper, swap_helpers, take_off
from matching.services.reviews import object_to_pair, overrule_objection, take_back_objection, uphold_objection

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from backend.roster.models import Helper


_KINDS = ("FREE", "MOVES", "OPENS")
"""Of alternatives, by the engine's number."""


class VersionInput(StrictSerializer):
    version = serializers.IntegerField(min_value=1, help_text="of the pair as it was seen; 409 when it has changed")


class TakeOffInput(VersionInput):
    reason = serializers.CharField(
        max_length=200,
        required=False,
        help_text="wanted (400 pair.reason_needed) where a girl would be left to men; kept with the place",
    )


class PutInput(VersionInput):
    helper = serializers.CharField(max_length=16)
    reason = serializers.CharField(
        max_length=200,
        required=False,
        help_text="wanted (400 pair.reason_needed) where something speaks against the pair",
    )


class PairSwapInput(VersionInput):
    other = serializers.CharField(max_length=16, help_text="the other place of the same draft")
    other_version = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(
        max_length=200,
        required=False,
        help_text="wanted (400 pair.reason_needed) where something speaks against one of the two; kept with both",
    )


class PairStepRow(serializers.Serializer):
    """One change by hand; `old` and `new` name who was there, "" = nobody."""

    at = serializers.DateTimeField()
    verb = serializers.CharField()
    who = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()
    reason = serializers.CharField()
    draft = serializers.IntegerField(
        help_text="number of the draft it was made in; a later one took over what was locked"
    )


class CandidateRow(serializers.Serializer):
    helper = serializers.CharField()
    helper_name = serializers.CharField()
    unit = serializers.CharField()
    points = serializers.IntegerField()
    reasons = serializers.JSONField()
    room = serializers.IntegerField(help_text="places left, before what the draft gives")


class AlternativeRow(serializers.Serializer):
    """The next best helper; `kind` FREE: nobody else moves, MOVES: others do, OPENS: another place stays open."""

    helper = serializers.CharField()
    helper_name = serializers.CharField()
    fit = serializers.IntegerField(help_text="the pair's own points, of 1000")
    kind = serializers.ChoiceField(choices=list(_KINDS))
    price = serializers.IntegerField(allow_null=True, help_text="points in all: exact where FREE, else at least")


class ObjectionRow(serializers.Serializer):
    id = serializers.CharField()
    pair = serializers.CharField()
    proposal = serializers.CharField()
    place = serializers.CharField()
    reason = serializers.CharField()
    state = serializers.CharField()
    raised_by = serializers.CharField()
    raised_at = serializers.DateTimeField()
    decision = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)


@extend_schema(tags=["matching"])
class Pairs(Door):
    """Single places of drafts. A list of them is at `/proposals/{id}/pairs/`."""

    queryset = ProposedPair.objects.none()
    serializer_class = PairRow
    long_actions = frozenset({"put"})

    def get_queryset(self) -> QuerySet[ProposedPair]:
        if getattr(self, "swagger_fake_view", False):
            return ProposedPair.objects.none()
        return pairs_visible_to(self.reader).select_related("proposal__scheme")

    @extend_schema(responses=PairRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One place."""
        (body,) = pair_bodies([self.one_of(self.get_queryset(), public_id)], self.reader.role)
        return Response(body)

    @extend_schema(responses=PairStepRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, public_id: str) -> Response:
        """What hands did to this place, the latest first, with the reasons they gave."""
        steps = history_of(self.reader, self.one_of(self.get_queryset(), public_id))
        return Response(PairStepRow(steps, many=True).data)

    @extend_schema(responses=CandidateRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def candidates(self, request: Request, public_id: str) -> Response:
        """Whom the rules allow for this place, the worthiest first; at most twelve, in the reader's scope."""
        pair = self.one_of(self.get_queryset(), public_id)
        return Response([_candidate(*row) for row in candidates_in_scope(self.reader, pair, now=self.now)])

    @extend_schema(responses=AlternativeRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def alternatives(self, request: Request, public_id: str) -> Response:
        """The two next best helpers as the run found them, with what changing to them would cost."""
        pair = self.one_of(self.get_queryset(), public_id)
        rows = {row[0]: row[1:] for row in pair.named_alternatives}
        people = people_for_place(self.reader, pair.slot.rule).filter(pk__in=rows).distinct().in_bulk()
        return Response([_alternative(people[pk], *rows[pk]) for pk in rows if pk in people])

    @extend_schema(request=VersionInput, responses=PairRow)
    @action(detail=True, methods=["post"])
    def lock(self, request: Request, public_id: str) -> Response:
        """Keep this pair in the next run over the draft."""
        return self._lock(request, public_id, is_locked=True)

    @extend_schema(request=VersionInput, responses=PairRow)
    @action(detail=True, methods=["post"])
    def unlock(self, request: Request, public_id: str) -> Response:
        """Let the next run choose again."""
        return self._lock(request, public_id, is_locked=False)

    def _lock(self, request: Request, public_id: str, *, is_locked: bool) -> Response:
        version = data_of(VersionInput, request)["version"]
        pair = self.one_of(self.get_queryset(), public_id)
        lock_pair(pair=pair, is_locked=is_locked, version=version, actor=self.actor, now=self.now)
        return self.retrieve(request, public_id)

    @extend_schema(request=TakeOffInput, responses=PairRow)
    @action(detail=True, methods=["post"], url_path="take-off")
    def take_off(self, request: Request, public_id: str) -> Response:
        """Take the helper off this place."""
        wanted = data_of(TakeOffInput, request)
        pair = self.one_of(self.get_queryset(), public_id)
        take_off(pair=pair, version=wanted["version"], actor=self.actor, now=self.now, reason=wanted.get("reason", ""))
        return self.retrieve(request, public_id)

    @extend_schema(request=PutInput, responses=PairRow)
    @action(detail=True, methods=["post"])
    def put(self, request: Request, public_id: str) -> Response:
        """Put a helper on this place; 409 names the rule that forbids it."""
        wanted = data_of(PutInput, request)
        pair = self.one_of(self.get_queryset(), public_id)
        helper: Helper = self.one_of(people_for_place(self.reader, pair.slot.rule).distinct(), wanted["helper"])
        put_helper(
            pair=pair, helper=helper, version=wanted["version"], actor=self.actor, now=self.now,
            reason=wanted.get("reason", ""),
        )  # fmt: skip
        return self.retrieve(request, public_id)

    @extend_schema(request=PairSwapInput, responses=PairRow(many=True))
    @action(detail=True, methods=["post"])
    def swap(self, request: Request, public_id: str) -> Response:
        """Let the helpers of two places change places; 409 names the rule that forbids it."""
        wanted = data_of(PairSwapInput, request)
        pair = self.one_of(self.get_queryset(), public_id)
        other = self.one_of(self.get_queryset(), wanted["other"])
        swap_helpers(
            pair=pair, other=other, versions=(wanted["version"], wanted["other_version"]), actor=self.actor,
            now=self.now, reason=wanted.get("reason", ""),
        )  # fmt: skip
        both = {one.pk: one for one in self.get_queryset().filter(pk__in=(pair.pk, other.pk))}
        return Response(pair_bodies([both[pair.pk], both[other.pk]], self.reader.role))

    @extend_schema(request=ReasonInput, responses={201: ObjectionRow})
    @action(detail=True, methods=["post"], url_path="object")
    def object_to(self, request: Request, public_id: str) -> Response:
        """Object to this pair; it is not offered until the county has decided."""
        reason = data_of(ReasonInput, request)["reason"]
        pair = self.one_of(self.get_queryset(), public_id)
        made = object_to_pair(pair=pair, reason=reason, actor=self.actor, reader=self.reader, now=self.now)
        return Response(_objection(objections_visible_to(self.reader).get(pk=made.pk)), status=201)


class ObjectionFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Objection.State.choices)
    proposal = filters.CharFilter(field_name="pair__proposal__public_id")

    class Meta:
        model = Objection
        fields: list[str] = []


@extend_schema(tags=["matching"])
class Objections(Door):
    """What townships and schools object to, in the reader's scope."""

    queryset = Objection.objects.none()
    serializer_class = ObjectionRow
    filterset_class = ObjectionFilter

    def get_queryset(self) -> QuerySet[Objection]:
        if getattr(self, "swagger_fake_view", False):
            return Objection.objects.none()
        return objections_visible_to(self.reader).order_by("-raised_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of objections, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: [_objection(one) for one in page])

    @extend_schema(responses=ObjectionRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One objection."""
        return Response(_objection(self.one_of(self.get_queryset(), public_id)))

    @extend_schema(request=None, responses=ObjectionRow)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, public_id: str) -> Response:
        """Withdraw one's own objection."""
        take_back_objection(objection=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return self.retrieve(request, public_id)

    @extend_schema(request=ReasonInput, responses=ObjectionRow)
    @action(detail=True, methods=["post"])
    def overrule(self, request: Request, public_id: str) -> Response:
        """Have the pair offered all the same, with a reason."""
        reason = data_of(ReasonInput, request)["reason"]
        one = self.one_of(self.get_queryset(), public_id)
        overrule_objection(objection=one, reason=reason, actor=self.actor, reader=self.reader, now=self.now)
        return self.retrieve(request, public_id)

    @extend_schema(request=None, responses=ObjectionRow)
    @action(detail=True, methods=["post"])
    def uphold(self, request: Request, public_id: str) -> Response:
        """Never pair the two; the place is open, for a new run or another hand."""
        one = self.one_of(self.get_queryset(), public_id)
        uphold_objection(objection=one, actor=self.actor, reader=self.reader, now=self.now)
        return self.retrieve(request, public_id)


def _candidate(helper: Helper, one: Any) -> dict[str, Any]:
    return {
        "helper": helper.public_id,
        "helper_name": helper.name,
        "unit": helper.unit.name if helper.unit else "",
        "points": one.points,
        "reasons": one.reasons,
        "room": one.room,
    }


def _alternative(helper: Helper, price: int | None, kind: int, fit: int) -> dict[str, Any]:
    facts = {"helper": helper.public_id, "helper_name": helper.name, "fit": fit}
    return facts | {"kind": _KINDS[kind], "price": price}


def _objection(one: Objection) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "pair": one.pair.public_id,
        "proposal": one.pair.proposal.public_id,
        "place": one.pair.slot.rule.key,
        "reason": one.reason,
        "state": one.state,
        "raised_by": one.raised_by.display_name,
        "raised_at": one.raised_at.isoformat(),
        "decision": one.decision,
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
    }
