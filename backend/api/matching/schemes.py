"""Schemes over the API: read, made, changed, switched on and off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.access import county_of
from backend.roster.models import HelperRole
from matching.models import PlaceRole, Scheme, SlotRule
from matching.models.targets import target_allowed
from matching.selectors import schemes_visible_to
from matching.services.renewals import plan_renewal, renew, renewal_hints
from matching.services.scheme_edits import (
    changed_from_preset,
    edit_scheme,
    make_scheme,
    restore_preset,
    scheme_again,
    switch_scheme,
)
from matching.services.scheme_rules import PlaceBook, SchemeBook, book_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from matching.services.renewals import RenewalPlan


class PlaceRow(serializers.Serializer):
    """One kind of place."""

    key = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    elder_kinds = serializers.ListField(child=serializers.CharField())
    count = serializers.IntegerField()
    is_required = serializers.BooleanField()
    reach = serializers.CharField()
    radius_m = serializers.IntegerField()
    sex_rule = serializers.CharField()
    age_gap_years = serializers.IntegerField()
    required_skills = serializers.ListField(child=serializers.CharField())
    weights = serializers.DictField(child=serializers.IntegerField())
    monthly_minutes = serializers.IntegerField()


def _ends(hint: str) -> serializers.ListField:
    ends = serializers.IntegerField(allow_null=True)
    return serializers.ListField(child=ends, min_length=2, max_length=2, required=False, help_text=hint)


def _some(child: serializers.Field, key: str) -> serializers.ListField:
    return serializers.ListField(child=child, min_length=1, required=False, help_text=target_allowed(key))


class TargetShape(serializers.Serializer):
    """
    Which children of the need levels a scheme is for; a key left out asks nothing, and all that are there must hold.

    Of a list one is enough. `ages` and `grades` are [from, to], both included, null = open.
    """

    sex = serializers.CharField(required=False, help_text=target_allowed("sex"))
    ages = _ends(target_allowed("ages"))
    grades = _ends(f"{target_allowed('grades')}; 0 is kindergarten")
    categories = _some(serializers.CharField(), "categories")
    needs = _some(serializers.CharField(), "needs")
    guardianship_types = _some(serializers.IntegerField(min_value=1, max_value=3), "guardianship_types")
    severities = _some(serializers.IntegerField(min_value=1, max_value=4), "severities")
    is_boarding = serializers.BooleanField(required=False)


@extend_schema_field(TargetShape)
class TargetField(serializers.DictField):
    """Checked where the whole rule book is, `scheme.wrong` names the key and what it may be."""


class SchemeRow(serializers.Serializer):
    """A rule book; `changed` names what differs from how a built-in scheme began."""

    id = serializers.CharField(source="public_id")
    key = serializers.CharField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    term = serializers.CharField(source="term.name")
    target_levels = serializers.ListField(child=serializers.IntegerField())
    target = TargetField()
    needs_application = serializers.BooleanField()
    is_bundled = serializers.BooleanField()
    has_woman_for_girl = serializers.BooleanField()
    limit_per_helper = serializers.IntegerField(allow_null=True)
    target_per_helper = serializers.IntegerField(allow_null=True)
    counts_towards_total = serializers.BooleanField()
    lasts = serializers.CharField()
    tier_order = serializers.CharField()
    fit_band = serializers.IntegerField()
    offer_days = serializers.IntegerField()
    offers_on = serializers.CharField()
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()
    places = PlaceRow(many=True, source="slot_rules")
    changed = serializers.SerializerMethodField()

    def get_changed(self, scheme: Scheme) -> list[str]:
        return changed_from_preset(scheme)


def _words(choices: Any, **options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.ChoiceField(choices=choices), max_length=10, **options)


class PlaceInput(StrictSerializer):
    """`key` keeps the place of that key; without it the place is new."""

    key = serializers.SlugField(max_length=20, required=False)
    name = serializers.CharField(max_length=20)
    roles = _words(PlaceRole.values)
    elder_kinds = _words(HelperRole.ElderKind.values, required=False)
    count = serializers.IntegerField(min_value=1, max_value=5, required=False)
    is_required = serializers.BooleanField(required=False)
    reach = serializers.ChoiceField(choices=SlotRule.Reach.values, required=False)
    radius_m = serializers.IntegerField(min_value=0, max_value=100_000, required=False)
    sex_rule = serializers.ChoiceField(choices=SlotRule.SexRule.values, required=False)
    age_gap_years = serializers.IntegerField(min_value=0, max_value=60, required=False)
    required_skills = serializers.ListField(child=serializers.CharField(max_length=20), max_length=10, required=False)
    weights = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=100_000), required=False)
    monthly_minutes = serializers.IntegerField(min_value=0, max_value=6_000, required=False)


class SchemeChanges(StrictSerializer):
    """What is not said stays as it is; `places` are said all together or not at all."""

    version = serializers.IntegerField(min_value=1)
    name = serializers.CharField(max_length=40, required=False)
    purpose = serializers.CharField(max_length=200, allow_blank=True, required=False)
    target_levels = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=4), max_length=4, required=False
    )
    target = TargetField(required=False)
    needs_application = serializers.BooleanField(required=False)
    is_bundled = serializers.BooleanField(required=False)
    has_woman_for_girl = serializers.BooleanField(required=False)
    limit_per_helper = serializers.IntegerField(min_value=1, max_value=200, allow_null=True, required=False)
    target_per_helper = serializers.IntegerField(min_value=1, max_value=200, allow_null=True, required=False)
    counts_towards_total = serializers.BooleanField(required=False)
    lasts = serializers.ChoiceField(choices=Scheme.Lasts.values, required=False)
    tier_order = serializers.ChoiceField(choices=Scheme.TierOrder.values, required=False)
    fit_band = serializers.ChoiceField(choices=[1, 25, 50], required=False)
    offer_days = serializers.IntegerField(min_value=1, max_value=7, required=False)
    offers_on = serializers.ChoiceField(choices=Scheme.OffersOn.values, required=False)
    places = PlaceInput(many=True, required=False)


class SchemeInput(SchemeChanges):
    """A scheme of the county's own."""

    version = None
    name = serializers.CharField(max_length=40)
    target_levels = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=4), max_length=4)
    places = PlaceInput(many=True)


class SchemeVersion(StrictSerializer):
    version = serializers.IntegerField(min_value=1)


class SwitchInput(StrictSerializer):
    is_on = serializers.BooleanField()


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """Values of a book's fields, its places as places."""
    places = {"places": [PlaceBook(**place) for place in values["places"]]} if "places" in values else {}
    return values | places


class RenewalEnd(serializers.Serializer):
    pairing = serializers.CharField()
    why = serializers.CharField()


class RenewalHint(serializers.Serializer):
    """A pairing that goes on although something would be pointed out if it were new."""

    pairing = serializers.CharField()
    hints = serializers.ListField(child=serializers.CharField(), help_text="codes of rules and hints")


class RenewalRow(serializers.Serializer):
    """Pairings that go on, those whose helper cannot, and those whose child the scheme is not for any more."""

    next_scheme = serializers.CharField()
    keeps = serializers.ListField(child=serializers.CharField())
    changes = RenewalEnd(many=True)
    ends = RenewalEnd(many=True)
    hints = RenewalHint(many=True)


class RenewedRow(serializers.Serializer):
    kept = serializers.IntegerField()
    changed = serializers.IntegerField()
    ended = serializers.IntegerField()


def _plan_body(plan: RenewalPlan) -> dict[str, Any]:
    return {
        "next_scheme": plan.scheme.public_id,
        "keeps": [pairing.public_id for pairing in plan.keeps],
        "changes": [{"pairing": pairing.public_id, "why": why} for pairing, why in plan.changes],
        "ends": [{"pairing": pairing.public_id, "why": why} for pairing, why in plan.ends],
    }


@extend_schema(tags=["matching"])
class Schemes(Door):
    """The rule books of the reader's county."""

    queryset = Scheme.objects.none()
    serializer_class = SchemeRow
    long_actions = frozenset({"renew"})

    def get_queryset(self) -> QuerySet[Scheme]:
        if getattr(self, "swagger_fake_view", False):
            return Scheme.objects.none()
        return schemes_visible_to(self.reader).prefetch_related("slot_rules").order_by("-term__start_date", "pk")

    def list(self, request: Request) -> Response:
        """A page of schemes, the latest term first."""
        return self.paged(self.get_queryset(), lambda page: list(SchemeRow(page, many=True).data))

    @extend_schema(responses=SchemeRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One scheme."""
        return Response(self._row(public_id))

    @extend_schema(request=SchemeInput, responses={201: SchemeRow})
    def create(self, request: Request) -> Response:
        """Make a scheme of the county's own in its present term."""
        book = SchemeBook(**_said(data_of(SchemeInput, request)))
        county = county_of(self.reader)
        if county is None:
            raise NotFound
        scheme = make_scheme(county=county, book=book, actor=self.actor, reader=self.reader, now=self.now)
        return Response(self._row(scheme.public_id), status=status.HTTP_201_CREATED)

    @extend_schema(request=SchemeChanges, responses=SchemeRow)
    def partial_update(self, request: Request, public_id: str) -> Response:
        """Change a rule book; 409 when somebody else did since `version`."""
        said = data_of(SchemeChanges, request)
        version = said.pop("version")
        scheme = self.one_of(self.get_queryset(), public_id)
        book = replace(book_of(scheme), **_said(said))
        edit_scheme(scheme=scheme, book=book, version=version, actor=self.actor, reader=self.reader)
        return Response(self._row(public_id))

    @extend_schema(responses=RenewalRow, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def renewal(self, request: Request, public_id: str) -> Response:
        """What taking the pairings of a term into the next would do; nothing is written."""
        plan = self._plan(public_id)
        hints = renewal_hints(plan, now=self.now)
        told = [{"pairing": pairing.public_id, "hints": codes} for pairing, codes in hints]
        return Response(_plan_body(plan) | {"hints": told})

    @extend_schema(request=None, responses=RenewedRow)
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, public_id: str) -> Response:
        """Do it: look at `renewal` first."""
        done = renew(plan=self._plan(public_id), actor=self.actor, now=self.now)
        return Response({name: done[name] for name in ("kept", "changed", "ended")})

    def _plan(self, public_id: str) -> RenewalPlan:
        scheme = self.one_of(self.get_queryset(), public_id)
        return plan_renewal(scheme=scheme, reader=self.reader, now=self.now)

    @extend_schema(request=SchemeVersion, responses=SchemeRow)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, public_id: str) -> Response:
        """Put a built-in scheme back to how it began."""
        version = data_of(SchemeVersion, request)["version"]
        scheme = self.one_of(self.get_queryset(), public_id)
        restore_preset(scheme=scheme, version=version, actor=self.actor, reader=self.reader)
        return Response(self._row(public_id))

    @extend_schema(request=SwitchInput, responses=SchemeRow)
    @action(detail=True, methods=["post"])
    def switch(self, request: Request, public_id: str) -> Response:
        """Offer the scheme for runs, or no longer."""
        scheme = self.one_of(self.get_queryset(), public_id)
        switch_scheme(scheme=scheme, is_on=data_of(SwitchInput, request)["is_on"], actor=self.actor, reader=self.reader)
        return Response(self._row(public_id))

    def _row(self, public_id: str) -> Any:
        return SchemeRow(scheme_again(self.one_of(self.get_queryset(), public_id))).data
