"""Offers, pairings and duties over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.accounts.models import HELPERS, Role
from backend.api.files import XLSX
from backend.api.inputs import StrictSerializer
from backend.api.matching.list_files import ListFileInput, ListFiles
from backend.api.views import data_of
from backend.roster.access import helpers_visible_to
from backend.roster.field_matrix import LINK_HOLDER, Rule, rule_for
from backend.roster.masking import classmate_name, given_name, masked_name
from matching.draft_selectors import pairing_history
from matching.models import Offer, Pairing
from matching.selectors import (
    offers_visible_to,
    pairings_visible_to,
    people_named,
    reasons_for_asked,
    role_in_place,
)
from matching.services.handovers import hand_over
from matching.services.offer_board import MOST_AT_ONCE, extend_offers, open_among, withdraw_offers
from matching.services.offer_export import export_offers
from matching.services.offers import accept_offer, decline_offer, withdraw_offer
from matching.services.pairing_export import export_pairings
from matching.services.pairings import end_pairing, resume_pairing, suspend_pairing
from notifications.reminders import remind_by_hand
from notifications.selectors import offers_not_arrived
from notifications.services import mint_offer_link

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse
    from rest_framework.request import Request

    from backend.roster.models import Child

_NAME_FORMS = {
    Rule.PLAIN: lambda name: name,
    Rule.GIVEN_NAME: given_name,
    Rule.CLASSMATE: classmate_name,
    Rule.MASKED: masked_name,
}


def child_name_for(child: Child, role: str | None) -> str:
    """A child's name in the form the matrix gives a role; "" where it gives none."""
    form = _NAME_FORMS.get(rule_for("name", role))
    return form(child.name) if form is not None else ""


class OfferRow(serializers.Serializer):
    """An offer. Before it is accepted, its helper sees the child as the link's holder does."""

    id = serializers.CharField()
    child = serializers.CharField(allow_null=True)
    child_name = serializers.CharField()
    village = serializers.CharField()
    school = serializers.CharField()
    place = serializers.CharField()
    scheme = serializers.CharField()
    helper = serializers.CharField()
    helper_name = serializers.CharField()
    buddy_name = serializers.CharField(
        help_text="the classmate, where the helper is the teacher who leads two children"
    )
    state = serializers.CharField()
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    decline_reason = serializers.CharField()
    monthly_minutes = serializers.IntegerField(help_text="about what it takes")
    until = serializers.DateField(help_text="the end of the term")
    reasons = serializers.ListField(
        child=serializers.CharField(),
        help_text="codes of why this helper; before the answer nothing of the child but where it lives or learns",
    )


class PairingRow(serializers.Serializer):
    id = serializers.CharField()
    child = serializers.CharField(allow_null=True)
    child_name = serializers.CharField()
    village = serializers.CharField()
    place = serializers.CharField()
    scheme = serializers.CharField()
    helper = serializers.CharField()
    helper_name = serializers.CharField()
    buddy_name = serializers.CharField(help_text="as in offers")
    state = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    suspended_until = serializers.DateField(allow_null=True)
    stand_in_name = serializers.CharField(help_text="who looks after the child for a while; empty where nobody does")


class MomentRow(serializers.Serializer):
    at = serializers.DateTimeField()
    verb = serializers.CharField()
    who = serializers.CharField()
    reason = serializers.CharField()


class DeclineInput(StrictSerializer):
    reason = serializers.ChoiceField(choices=Offer.DeclineReason.choices)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class NoteInput(StrictSerializer):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class PauseInput(ReasonInput):
    until = serializers.DateField(required=False, help_text="the day it is taken up again by itself")


class OffersInput(StrictSerializer):
    ids = serializers.ListField(child=serializers.CharField(), min_length=1, max_length=MOST_AT_ONCE)


class ExtendInput(OffersInput):
    days = serializers.IntegerField(
        min_value=1, max_value=7, help_text="from now on, then until that evening; whoever has longer keeps it"
    )


class WithdrawManyInput(OffersInput):
    reason = serializers.CharField(max_length=200)


class DoneRow(serializers.Serializer):
    done = serializers.IntegerField(help_text="how many offers changed; those no longer open are left alone")


class HandOverInput(StrictSerializer):
    helper = serializers.CharField()
    agreed = serializers.CharField(max_length=200, help_text="how it is known that they are willing")
    note = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="for who takes over; names no child"
    )


class LinkInput(StrictSerializer):
    way = serializers.ChoiceField(choices=["COPY", "PRINT"], default="COPY")


class LinkRow(serializers.Serializer):
    url = serializers.CharField()


class OfferFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Offer.State.choices)
    proposal = filters.CharFilter(field_name="proposal__public_id")
    helper = filters.CharFilter(method="asked")
    school = filters.CharFilter(field_name="child__school__public_id")
    township = filters.CharFilter(field_name="child__village__parent__public_id")
    scheme = filters.CharFilter(field_name="slot__rule__scheme__public_id")
    decline_reason = filters.ChoiceFilter(choices=Offer.DeclineReason.choices)
    is_returned = filters.BooleanFilter(method="returned", help_text="open, and its message did not arrive")
    q = filters.CharFilter(method="named", help_text="name or pinyin of child or helper")

    class Meta:
        model = Offer
        fields: list[str] = []

    def asked(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(Q(helper__public_id=value, leader=None) | Q(leader__public_id=value))

    def returned(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        open_ones = rows.filter(state=Offer.State.SENT, seen_at=None)
        return open_ones.filter(pk__in=offers_not_arrived()) if value else rows.exclude(pk__in=offers_not_arrived())

    def named(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(people_named(value[:60]))


@extend_schema(tags=["offers"])
class Offers(ListFiles):
    """Offers: a helper's own, or those of a coordinator's scope."""

    queryset = Offer.objects.none()
    serializer_class = OfferRow
    filterset_class = OfferFilter
    secret_actions = frozenset({"link"})

    def get_queryset(self) -> QuerySet[Offer]:
        if getattr(self, "swagger_fake_view", False):
            return Offer.objects.none()
        return offers_visible_to(self.reader).order_by("-sent_at", "pk")

    def list(self, request: Request) -> Response:
        """A page of offers, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: [_offer(offer, self.reader) for offer in page])

    @extend_schema(responses=OfferRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One offer."""
        return Response(self._shown(public_id))

    @extend_schema(request=NoteInput, responses=PairingRow)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, public_id: str) -> Response:
        """Accept: as the helper, or as a coordinator on behalf, whose name then stands on the pairing."""
        note = data_of(NoteInput, request).get("note", "")
        offer = self.one_of(self.get_queryset(), public_id)
        pairing = accept_offer(offer=offer, actor=self.actor, now=self.now, note=note)
        return Response(pairing_body(pairings_visible_to(self.reader).get(pk=pairing.pk), self.reader))

    @extend_schema(request=DeclineInput, responses=OfferRow)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, public_id: str) -> Response:
        """Decline with a reason; this child is never offered to this helper again."""
        facts = data_of(DeclineInput, request)
        offer = self.one_of(self.get_queryset(), public_id)
        decline_offer(offer=offer, reason=facts["reason"], note=facts.get("note", ""), actor=self.actor, now=self.now)
        return Response(self._shown(public_id))

    @extend_schema(request=ReasonInput, responses=OfferRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, public_id: str) -> Response:
        """Take an open offer back; the helper is told, links end at once."""
        facts = data_of(ReasonInput, request)
        withdraw_offer(
            offer=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now, reason=facts["reason"]
        )
        return Response(self._shown(public_id))

    @extend_schema(request=LinkInput, responses=LinkRow)
    @action(detail=True, methods=["post"])
    def link(self, request: Request, public_id: str) -> Response:
        """One more personal link, to copy or print; noted."""
        way = data_of(LinkInput, request)["way"]
        offer = self.one_of(self.get_queryset(), public_id)
        return Response({"url": mint_offer_link(offer=offer, way=way, actor=self.actor, now=self.now)})

    @extend_schema(request=OffersInput, responses=DoneRow, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def remind(self, request: Request) -> Response:
        """Remind whoever has not answered these offers: once a day each."""
        offers = self._open(data_of(OffersInput, request))
        return Response({"done": remind_by_hand(offers=offers, actor=self.actor, now=self.now)})

    @extend_schema(request=ExtendInput, responses=DoneRow, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def extend(self, request: Request) -> Response:
        """Give open offers more time; each person is told."""
        wanted = data_of(ExtendInput, request)
        done = extend_offers(offers=self._open(wanted), days=wanted["days"], actor=self.actor, now=self.now)
        return Response({"done": done})

    @extend_schema(request=WithdrawManyInput, responses=DoneRow, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None, url_path="withdraw-many")
    def withdraw_many(self, request: Request) -> Response:
        """Take many open offers back; each helper is told, links end at once."""
        wanted = data_of(WithdrawManyInput, request)
        done = withdraw_offers(offers=self._open(wanted), reason=wanted["reason"], actor=self.actor, now=self.now)
        return Response({"done": done})

    @extend_schema(request=ListFileInput, responses={(200, XLSX): OpenApiTypes.BINARY}, filters=True)
    @action(detail=False, methods=["post"], pagination_class=None)
    def export(self, request: Request) -> HttpResponse:
        """At most 500 offers as a file: those the list's filters find."""
        found = self.filter_queryset(self.get_queryset())
        return self.list_file(request, "offers", lambda asked: export_offers(offers=found, asked=asked))

    def _open(self, wanted: dict[str, Any]) -> QuerySet[Offer]:
        mine = self.get_queryset().filter(public_id__in=wanted["ids"])
        ids = open_among(mine, self.now).values_list("pk", flat=True)
        return Offer.objects.filter(pk__in=list(ids)).select_related("slot__rule__scheme", "helper", "leader")

    def _shown(self, public_id: str) -> dict[str, Any]:
        return _offer(self.one_of(self.get_queryset(), public_id), self.reader)


def _role_towards(offer: Offer, reader: Any) -> str | None:
    """A helper sees the child as the place's role while the pairing is active, as a link's holder otherwise."""
    if reader.role not in HELPERS:
        return str(reader.role)
    pairing = Pairing.objects.filter(offer=offer, state=Pairing.State.ACTIVE).first()
    is_theirs = pairing is not None and pairing.answering_id == reader.helper_id
    return role_in_place(offer.slot.rule, offer.helper_id) if is_theirs else LINK_HOLDER


def _buddy_name(one: Offer | Pairing, role: str | None) -> str:
    """
    A classmate is a child: named as the matrix gives the child's name, with nothing else of the file. To a guardian it
    is somebody else's.
    """
    if one.leader_id is None or one.helper.peer_child is None:
        return ""
    if role == Role.GUARDIAN:
        return classmate_name(one.helper.name)
    return child_name_for(one.helper.peer_child, role)


def _offer(offer: Offer, reader: Any) -> dict[str, Any]:
    role = _role_towards(offer, reader)
    return {
        "id": offer.public_id,
        "child": None if role == LINK_HOLDER else offer.child.public_id,
        "child_name": child_name_for(offer.child, role),
        "village": offer.child.village.name,
        "school": offer.child.school.name if offer.child.school else "",
        "place": offer.slot.rule.name,
        "scheme": offer.slot.rule.scheme.name,
        "helper": offer.asked.public_id,
        "helper_name": offer.asked.name,
        "buddy_name": _buddy_name(offer, role),
        "state": offer.state,
        "sent_at": offer.sent_at.isoformat(),
        "expires_at": offer.expires_at.isoformat(),
        "answered_at": offer.answered_at.isoformat() if offer.answered_at else None,
        "decline_reason": offer.decline_reason,
        "monthly_minutes": offer.slot.rule.monthly_minutes,
        "until": offer.slot.rule.scheme.term.end_date.isoformat(),
        "reasons": [code for code, _points in offer.reasons] if reader.is_coordinator else reasons_for_asked(offer),
    }


class PairingFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Pairing.State.choices)
    helper = filters.CharFilter(method="asked")
    school = filters.CharFilter(field_name="child__school__public_id")
    township = filters.CharFilter(field_name="child__village__parent__public_id")
    scheme = filters.CharFilter(field_name="slot__rule__scheme__public_id")

    class Meta:
        model = Pairing
        fields: list[str] = []

    def asked(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(Q(helper__public_id=value, leader=None) | Q(leader__public_id=value))


@extend_schema(tags=["pairings"])
class Pairings(ListFiles):
    """Who looks after whom."""

    queryset = Pairing.objects.none()
    serializer_class = PairingRow
    filterset_class = PairingFilter

    def get_queryset(self) -> QuerySet[Pairing]:
        if getattr(self, "swagger_fake_view", False):
            return Pairing.objects.none()
        return pairings_visible_to(self.reader).order_by("-started_at", "pk")

    def list(self, request: Request) -> Response:
        """A page of pairings, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: [pairing_body(pairing, self.reader) for pairing in page])

    @extend_schema(request=ListFileInput, responses={(200, XLSX): OpenApiTypes.BINARY}, filters=True)
    @action(detail=False, methods=["post"], pagination_class=None)
    def export(self, request: Request) -> HttpResponse:
        """At most 500 pairings as a file: those the list's filters find."""
        found = self.filter_queryset(self.get_queryset())
        return self.list_file(request, "pairings", lambda asked: export_pairings(pairings=found, asked=asked))

    @extend_schema(responses=PairingRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One pairing."""
        return Response(pairing_body(self.one_of(self.get_queryset(), public_id), self.reader))

    @extend_schema(request=ReasonInput, responses=PairingRow)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, public_id: str) -> Response:
        """End a pairing; the place is free again."""
        reason = data_of(ReasonInput, request)["reason"]
        end_pairing(pairing=self.one_of(self.get_queryset(), public_id), reason=reason, actor=self.actor, now=self.now)
        return self.retrieve(request, public_id)

    @extend_schema(request=PauseInput, responses=PairingRow)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, public_id: str) -> Response:
        """Pause a pairing, for good or until a day; the place stays held."""
        wanted = data_of(PauseInput, request)
        pairing = self.one_of(self.get_queryset(), public_id)
        suspend_pairing(
            pairing=pairing, reason=wanted["reason"], until=wanted.get("until"), actor=self.actor, now=self.now
        )
        return self.retrieve(request, public_id)

    @extend_schema(request=None, responses=PairingRow)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, public_id: str) -> Response:
        """Take a paused pairing up again."""
        resume_pairing(pairing=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return self.retrieve(request, public_id)

    @extend_schema(request=HandOverInput, responses=PairingRow)
    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: Request, public_id: str) -> Response:
        """End a pairing and begin another of the same place with who takes over; answers the new one."""
        wanted = data_of(HandOverInput, request)
        fresh = hand_over(
            pairing=self.one_of(self.get_queryset().select_related("offer"), public_id),
            helper=self.one_of(helpers_visible_to(self.reader), wanted["helper"]),
            note=wanted.get("note", ""),
            agreed=wanted["agreed"],
            actor=self.actor,
            now=self.now,
        )
        return Response(pairing_body(self.get_queryset().get(pk=fresh.pk), self.reader))

    @extend_schema(responses=MomentRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, public_id: str) -> Response:
        """What happened to a pairing, from the offer on, the earliest first."""
        moments = pairing_history(self.one_of(self.get_queryset(), public_id))
        return Response([{"at": at, "verb": verb, "who": who, "reason": reason} for at, verb, who, reason in moments])


def pairing_body(pairing: Pairing, reader: Any) -> dict[str, Any]:
    """A pairing; a helper sees the child as the role of this very pairing allows, and only while it is active."""
    # While somebody stands in, the child is theirs and not the helper's.
    is_theirs = pairing.state == Pairing.State.ACTIVE and pairing.answering_id == reader.helper_id
    is_over = reader.role in HELPERS and not is_theirs
    role = role_in_place(pairing.slot.rule, pairing.helper_id) if reader.role in HELPERS else reader.role
    return {
        "id": pairing.public_id,
        "child": None if is_over else pairing.child.public_id,
        "child_name": "" if is_over else child_name_for(pairing.child, role),
        "village": "" if is_over or rule_for("village", role) is not Rule.PLAIN else pairing.child.village.name,
        "place": pairing.slot.rule.name,
        "scheme": pairing.slot.rule.scheme.name,
        "helper": (pairing.leader or pairing.helper).public_id,
        "helper_name": (pairing.leader or pairing.helper).name,
        "buddy_name": "" if is_over else _buddy_name(pairing, role),
        "state": pairing.state,
        "started_at": pairing.started_at.isoformat(),
        "ended_at": pairing.ended_at.isoformat() if pairing.ended_at else None,
        "suspended_until": pairing.suspended_until.isoformat() if pairing.suspended_until else None,
        "stand_in_name": pairing.stand_in.name if pairing.stand_in else "",
    }
