"""Proposals over the API."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.matching.differences import DifferenceRow, difference_body
from backend.api.matching.draft_actions import DraftActions
from backend.api.matching.pair_filter import PairFilter
from backend.api.views import data_of
from backend.roster.access import helpers_visible_to
from backend.roster.field_matrix import Rule, rule_for
from matching.draft_history import reasons_of
from matching.draft_selectors import review_parts, wave_parts
from matching.models import Certificate, Proposal, ProposedPair
from matching.selectors import certificates_visible_to, pairs_visible_to, people_for_place, proposals_visible_to
from matching.services.deadlines import deadline_after
from matching.services.proposals import plan_publication, publish_proposal, wave_of
from matching.services.reviews import review_proposal
from matching.services.why_not import why_not
from notifications.previews import letters_of, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from matching.services.proposals import PublishPlan, Wave


class ProposalRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    number = serializers.IntegerField()
    state = serializers.CharField()
    scheme = serializers.CharField(source="scheme.public_id")
    run = serializers.CharField(source="run.public_id")
    created_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    hand_edits = serializers.IntegerField()
    is_repair = serializers.BooleanField(source="run.is_automatic")


class ReviewRow(serializers.Serializer):
    """One part of a draft: a township or a school, whether it was looked through, and what is objected to."""

    kind = serializers.CharField()
    id = serializers.CharField()
    name = serializers.CharField()
    places = serializers.IntegerField()
    objections = serializers.IntegerField()
    reviewed_by = serializers.CharField()
    reviewed_at = serializers.DateTimeField(allow_null=True)


class PairRow(serializers.Serializer):
    """One place of a proposal; `helper` null means open, and `certificate` says why."""

    id = serializers.CharField()
    child = serializers.CharField()
    child_name = serializers.CharField(required=False)
    heart_level = serializers.IntegerField(required=False, allow_null=True)
    place = serializers.CharField()
    helper = serializers.CharField(allow_null=True)
    helper_name = serializers.CharField(allow_null=True)
    fit = serializers.IntegerField()
    origin = serializers.CharField()
    is_locked = serializers.BooleanField()
    version = serializers.IntegerField()
    reasons = serializers.JSONField()
    certificate = serializers.IntegerField(allow_null=True)
    hand_reason = serializers.CharField(help_text="why it is as a person left it, where they said so")


class NearlySame(serializers.Serializer):
    """A cure that is nearly another one: whom it takes, and the slots it fills by level."""

    kind = serializers.CharField()
    helpers = serializers.ListField(child=serializers.CharField())
    filled = serializers.DictField(child=serializers.IntegerField())
    complete = serializers.IntegerField()
    moves = serializers.IntegerField()
    farther_m = serializers.IntegerField()


class RemedyRow(NearlySame):
    """A cure that was tried: whom or what it takes, the slots it fills by level, the pairs it moves."""

    limit = serializers.IntegerField(allow_null=True)
    said = serializers.DictField(allow_null=True)
    also = NearlySame(many=True, help_text="nearly the same: no choices of their own")


class CertificateRow(serializers.Serializer):
    """Why places stay open: `needed` places, only `places` to be had, `short` by the difference."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    place_name = serializers.CharField()
    slot_name = serializers.CharField()
    level = serializers.IntegerField()
    children = serializers.IntegerField()
    helpers = serializers.IntegerField()
    places = serializers.IntegerField()
    needed = serializers.IntegerField()
    short = serializers.IntegerField()
    remedies = serializers.SerializerMethodField()

    @extend_schema_field(RemedyRow(many=True, allow_null=True))
    def get_remedies(self, certificate: Certificate) -> list[dict[str, Any]] | None:
        return remedies_of(certificate, self.context["people"])


class WhyNotRow(serializers.Serializer):
    """Codes of the rules that forbid the pair, or what having it so would change."""

    rules = serializers.ListField(child=serializers.CharField())
    is_there = serializers.BooleanField()
    price = DifferenceRow(allow_null=True)


class ExampleRow(serializers.Serializer):
    """One finished text; "" where nobody is told that way. Where a personal link will stand is left open."""

    subject = serializers.CharField()
    body = serializers.CharField()
    short = serializers.CharField()


class LettersRow(serializers.Serializer):
    """Those who would get the same words: messages per channel, and how the first of them reads."""

    kind = serializers.CharField(source="kind.code")
    language = serializers.CharField()
    is_own = serializers.BooleanField(help_text="the county's own words")
    people = serializers.IntegerField()
    messages = serializers.DictField(child=serializers.IntegerField(), source="counts")
    waits_until = serializers.DateTimeField(allow_null=True, help_text="end of the quiet hours it is now")
    example = ExampleRow()


class PlanRow(serializers.Serializer):
    offers = serializers.IntegerField()
    people = serializers.IntegerField()
    without_address = serializers.IntegerField()
    standing = serializers.IntegerField()
    asked = serializers.IntegerField()
    asked_elsewhere = serializers.DictField(
        child=serializers.IntegerField(), help_text="number of another draft -> places that wait for its answers"
    )
    open_slots = serializers.IntegerField()
    broken = serializers.DictField(child=serializers.IntegerField())
    deadline = serializers.DateTimeField()
    letters = LettersRow(many=True)


class PublishInput(StrictSerializer):
    days = serializers.IntegerField(
        min_value=1, max_value=7, required=False, help_text="at least so many; each offer then ends in the evening"
    )
    part = serializers.CharField(
        required=False, help_text="a school or township of publish-parts: only its part goes out"
    )


class PartRow(serializers.Serializer):
    """A school or township whose part of a draft may go out on its own."""

    kind = serializers.ChoiceField(choices=["TOWNSHIP", "SCHOOL"])
    id = serializers.CharField()
    name = serializers.CharField()
    places = serializers.IntegerField()
    left = serializers.IntegerField(help_text="nobody has been asked for these yet")


class Published(serializers.Serializer):
    offers = serializers.IntegerField()
    proposal = ProposalRow()


@extend_schema(tags=["matching"])
class Proposals(DraftActions):
    """What runs suggest."""

    queryset = Proposal.objects.none()
    serializer_class = ProposalRow
    long_actions = frozenset({"publish"})

    def get_queryset(self) -> QuerySet[Proposal]:
        if getattr(self, "swagger_fake_view", False):
            return Proposal.objects.none()
        return proposals_visible_to(self.reader).order_by("-created_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of proposals, the latest first."""
        return self.paged(self.get_queryset(), lambda page: list(ProposalRow(page, many=True).data))

    @extend_schema(responses=ProposalRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One proposal."""
        return Response(ProposalRow(self.one_of(self.get_queryset(), public_id)).data)

    @extend_schema(responses=PairRow(many=True))
    @action(detail=True, methods=["get"], filterset_class=PairFilter, queryset=ProposedPair.objects.none())
    def pairs(self, request: Request, public_id: str) -> Response:
        """The places of a proposal in the reader's scope, by child."""
        proposal = self.one_of(proposals_visible_to(self.reader), public_id)
        rows = pairs_visible_to(self.reader).filter(proposal=proposal).order_by("child__name_sort", "child_id", "pk")
        return self.paged(self.filter_queryset(rows), lambda page: pair_bodies(page, self.reader.role))

    @extend_schema(responses=CertificateRow(many=True))
    @action(detail=True, methods=["get"])
    def certificates(self, request: Request, public_id: str) -> Response:
        """Why places stay open; the shortages add up to the open places."""
        proposal = self.one_of(self.get_queryset(), public_id)
        return self.paged(
            certificates_visible_to(self.reader).filter(proposal=proposal).order_by("-short", "pk"),
            lambda page: list(CertificateRow(page, many=True, context={"people": self._cured_by(page)}).data),
        )

    def _cured_by(self, certificates: Sequence[Certificate]) -> dict[int, str]:
        """Public ids, by row id, of the people some cures speak of and the reader may know of."""
        cures = [cure for one in certificates for head in one.remedies or [] for cure in (head, *head.get("also", []))]
        ids = {helper for cure in cures for helper in cure["helpers"]}
        return dict(helpers_visible_to(self.reader).filter(pk__in=ids).values_list("pk", "public_id"))

    @extend_schema(
        responses=WhyNotRow,
        parameters=[OpenApiParameter("pair", str, required=True), OpenApiParameter("helper", str, required=True)],
    )
    @action(detail=True, methods=["get"], url_path="why-not", filterset_class=None)
    def why_not(self, request: Request, public_id: str) -> Response:
        """Why the draft does not put this helper on this place: the rule, or the price."""
        proposal = self.one_of(self.get_queryset(), public_id)
        missing = [name for name in ("pair", "helper") if not request.query_params.get(name)]
        if missing:
            raise ValidationError(dict.fromkeys(missing, "Say whose id."))
        pairs = pairs_visible_to(self.reader).filter(proposal=proposal)
        pair = self.one_of(pairs, request.query_params.get("pair", ""))
        people = people_for_place(self.reader, pair.slot.rule).distinct()
        helper = self.one_of(people, request.query_params.get("helper", ""))
        answer = why_not(pair=pair, helper=helper, now=self.now)
        price = difference_body(answer.price, self.reader) if answer.price else None
        return Response({"rules": list(answer.rules), "is_there": answer.is_there, "price": price})

    @extend_schema(responses=ReviewRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def reviews(self, request: Request, public_id: str) -> Response:
        """Per township and school: looked through or not, and the objections the county has not decided."""
        parts = review_parts(self.reader, self.one_of(self.get_queryset(), public_id))
        return Response(ReviewRow(parts, many=True).data)

    @extend_schema(request=None, responses=ReviewRow(many=True))
    @action(detail=True, methods=["post"])
    def review(self, request: Request, public_id: str) -> Response:
        """Say that one has looked through one's own part."""
        proposal = self.one_of(self.get_queryset(), public_id)
        review_proposal(proposal=proposal, actor=self.actor, reader=self.reader, now=self.now)
        return Response(ReviewRow(review_parts(self.reader, proposal), many=True).data)

    @extend_schema(responses=PartRow(many=True), filters=False)
    @action(detail=True, methods=["get"], url_path="publish-parts", pagination_class=None)
    def publish_parts(self, request: Request, public_id: str) -> Response:
        """The townships and schools a draft may be published for one by one."""
        return Response(PartRow(wave_parts(self.reader, self.one_of(self.get_queryset(), public_id)), many=True).data)

    def _wave(self, proposal: Proposal, part: str | None) -> Wave:
        wave = wave_of(wave_parts(self.reader, proposal) if part else (), part)
        if wave is None:
            raise Http404
        return wave

    @extend_schema(responses=PlanRow, parameters=[OpenApiParameter("part", str, description="as in publish")])
    @action(detail=True, methods=["get"], url_path="publish-preview")
    def publish_preview(self, request: Request, public_id: str) -> Response:
        """What publishing would do now: nothing is sent."""
        proposal = self.one_of(self.get_queryset(), public_id)
        wave = self._wave(proposal, request.query_params.get("part"))
        plan = plan_publication(proposal=proposal, reader=self.reader, now=self.now, wave=wave)
        deadline = deadline_after(self.now, days=proposal.scheme.offer_days)
        return Response(
            {
                "offers": len(plan.to_offer),
                "people": plan.people,
                "without_address": plan.without_address,
                "standing": plan.standing,
                "asked": plan.asked,
                "asked_elsewhere": {str(number): n for number, n in plan.asked_elsewhere.items()},
                "open_slots": plan.open_slots,
                "broken": Counter(code for _pair_row, code in plan.broken),
                "deadline": deadline,
                "letters": letters_body(plan, deadline, self.now),
            }
        )

    @extend_schema(request=PublishInput, responses=Published)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, public_id: str) -> Response:
        """Make the offers and send the messages."""
        wanted = data_of(PublishInput, request)
        proposal = self.one_of(self.get_queryset(), public_id)
        offers = publish_proposal(
            proposal=proposal,
            actor=self.actor,
            reader=self.reader,
            now=self.now,
            days=wanted.get("days"),
            wave=self._wave(proposal, wanted.get("part")),
        )
        proposal.refresh_from_db()
        return Response({"offers": len(offers), "proposal": ProposalRow(proposal).data})


def letters_body(plan: PublishPlan, deadline: datetime, now: datetime) -> Any:
    """Every text with its counts, written out for the first who would get it."""
    rows = []
    for one in letters_of(plan.asked_of, now=now):
        (example,) = written(one, one.asked[:1], deadline=deadline, now=now)
        row = {name: getattr(one, name) for name in ("kind", "language", "is_own", "people", "counts", "waits_until")}
        rows.append(row | {"example": example})
    return LettersRow(rows, many=True).data


def pair_bodies(pairs: Sequence[ProposedPair], role: str | None) -> list[dict[str, Any]]:
    """Places of drafts, with the child's fields the matrix gives a role."""
    reasons = reasons_of(pairs)
    return [_pair_body(pair, role) | {"hand_reason": reasons.get(pair.pk, "")} for pair in pairs]


def _pair_body(pair: ProposedPair, role: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": pair.public_id,
        "child": pair.child.public_id,
        "place": pair.slot.rule.key,
        "helper": pair.helper.public_id if pair.helper else None,
        "helper_name": pair.helper.name if pair.helper else None,
        "fit": pair.fit,
        "origin": pair.origin,
        "is_locked": pair.is_locked,
        "version": pair.version,
        "reasons": pair.reasons,
        "certificate": pair.certificate_id,
    }
    for field, value in (("name", pair.child.name), ("heart_level", pair.child.heart_level)):
        if rule_for(field, role) is Rule.PLAIN:
            body["child_name" if field == "name" else field] = value
    return body


def remedies_of(certificate: Certificate, people: dict[int, str]) -> list[dict[str, Any]] | None:
    """Tried cures with public ids of the people the reader may know of; None while they are being tried."""
    if certificate.remedies is None:
        return None
    return [
        {
            **_cure_body(one, people),
            "limit": one.get("limit"),
            "said": one.get("said"),
            "also": [_cure_body(other, people) for other in one.get("also", [])],
        }
        for one in certificate.remedies
    ]


def _cure_body(cure: dict[str, Any], people: dict[int, str]) -> dict[str, Any]:
    facts = {name: cure[name] for name in ("kind", "filled", "complete", "moves", "farther_m")}
    return facts | {"helpers": [people[helper] for helper in cure["helpers"] if helper in people]}
