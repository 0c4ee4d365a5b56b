"""Helpers over the API: lists, one file, entering, changing, background checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.accounts.models import Role
from backend.api.inputs import StrictSerializer
from backend.api.roster.entry import ClearanceInput, Entered, HelperChange, NewHelper, cells_of
from backend.api.views import Door, data_of
from backend.roster.access import helpers_visible_to
from backend.roster.models import Helper
from backend.roster.models.imports import SheetKind
from backend.roster.presenting_helpers import present_helper, present_helper_file
from backend.roster.services.by_hand import edit_helper, enter_person
from backend.roster.services.clearances import confirm_clearance, record_clearance
from backend.roster.services.entry_places import place_cells
from backend.roster.services.logins import change_login
from matching.draft_selectors import helper_history
from matching.models.pairings import OPEN_STATES
from matching.selectors import pairings_visible_to
from matching.services.handovers import release_helper

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from rest_framework.request import Request

_PLACES = ("township", "village", "unit")


class HelperRow(serializers.Serializer):
    """A helper as the reader may see them."""

    id = serializers.CharField()
    name = serializers.CharField()
    sex = serializers.CharField(required=False)
    roles = serializers.ListField(child=serializers.CharField())
    unit = serializers.CharField()
    township = serializers.CharField()
    village = serializers.CharField()
    skills = serializers.ListField(child=serializers.CharField())
    total_limit = serializers.IntegerField()
    state = serializers.CharField()
    cleared_until = serializers.DateField(allow_null=True)
    email = serializers.CharField(required=False)
    phone = serializers.CharField(required=False)


class LoginInput(StrictSerializer):
    """Both as they are to be; an empty one is taken away."""

    email = serializers.CharField(max_length=254, allow_blank=True)
    phone = serializers.CharField(max_length=20, allow_blank=True)


class WeeklySpan(serializers.Serializer):
    weekday = serializers.IntegerField()
    start_minute = serializers.IntegerField()
    end_minute = serializers.IntegerField()


class TaughtClass(serializers.Serializer):
    class_name = serializers.CharField()
    subject = serializers.CharField()
    is_head = serializers.BooleanField()


class HelperFile(HelperRow):
    """A helper's own page; what a coordinator may change is there for coordinators."""

    version = serializers.IntegerField(required=False)
    elder_kind = serializers.CharField(required=False)
    given_limit = serializers.IntegerField(
        required=False, allow_null=True, help_text="what a coordinator gave, where the helper has set the limit since"
    )
    share_permille = serializers.IntegerField(required=False)
    paused_until_date = serializers.DateField(required=False, allow_null=True)
    hours = WeeklySpan(many=True, required=False)
    classes = TaughtClass(many=True, required=False)


class ClearanceRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    result = serializers.CharField()
    issuer = serializers.CharField()
    issued_date = serializers.DateField()
    expires_date = serializers.DateField()
    confirmed_at = serializers.DateTimeField(allow_null=True)


class NewClearance(ClearanceInput):
    """A background check as its paper says; it counts once a second person has confirmed it."""


class HelperFilter(filters.FilterSet):
    search = filters.CharFilter(method="by_name")
    role = filters.CharFilter(field_name="roles__role")
    township = filters.CharFilter(field_name="township__public_id")
    unit = filters.CharFilter(field_name="unit__public_id")
    state = filters.ChoiceFilter(choices=Helper.State.choices)

    class Meta:
        model = Helper
        fields: list[str] = []

    def by_name(self, queryset: QuerySet[Helper], _name: str, value: str) -> QuerySet[Helper]:
        if getattr(self.request, "door_role", None) == Role.AUDITOR:
            return queryset.none()  # who sees masked names cannot search the plain ones
        return queryset.filter(name_search__contains=value.strip().lower())


class ReleaseInput(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class ReleasedRow(serializers.Serializer):
    ended = serializers.IntegerField()


class HelperMoment(serializers.Serializer):
    """One moment: asked, answered, began, ended or stood_in, about one child's place."""

    at = serializers.DateTimeField()
    what = serializers.CharField()
    child = serializers.CharField()
    place = serializers.CharField()


def _moment(at: datetime, what: str, row: Any) -> dict[str, Any]:
    pairing = row.pairing if what == "stood_in" else row
    return {
        "at": at.isoformat(),
        "what": what,
        "child": pairing.child.public_id,
        "place": pairing.slot.rule.name,
    }


@extend_schema(tags=["helpers"])
class Helpers(Door):
    """Helpers the reader may know of."""

    queryset = Helper.objects.none()
    serializer_class = HelperRow
    filterset_class = HelperFilter

    def get_queryset(self) -> QuerySet[Helper]:
        if getattr(self, "swagger_fake_view", False):
            return Helper.objects.none()
        asked: Any = self.request
        asked.door_role = self.reader.role
        visible = helpers_visible_to(self.reader).select_related("unit", "township", "village")
        return visible.prefetch_related("roles", "clearances").distinct().order_by("name_sort", "pk")

    def list(self, request: Request) -> Response:
        """A page of helpers, ordered by pinyin."""
        return self.paged(
            self.filter_queryset(self.get_queryset()),
            lambda page: [present_helper(self.reader, helper, now=self.now) for helper in page],
        )

    @extend_schema(request=NewHelper, responses={201: Entered})
    def create(self, request: Request) -> Response:
        """Enter a helper who is not on file yet; 409 where somebody on file is the helper, or may be."""
        facts = data_of(NewHelper, request)
        unlike, chosen = facts.pop("unlike", ""), _chosen(facts)
        cells = cells_of(SheetKind.HELPERS, facts) | place_cells(SheetKind.HELPERS, self.reader, chosen)
        helper = enter_person(
            kind=SheetKind.HELPERS, cells=cells, unlike=unlike, actor=self.actor, reader=self.reader, now=self.now
        )
        return Response(Entered(helper).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=HelperFile)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One helper."""
        return Response(self._file(public_id))

    @extend_schema(request=ReleaseInput, responses=ReleasedRow)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, public_id: str) -> Response:
        """End every open pairing of a helper in the reader's scope and have others looked for."""
        helper = self.one_of(self.get_queryset(), public_id)
        mine = Q(helper=helper) | Q(leader=helper)
        pairings = pairings_visible_to(self.reader).filter(mine, state__in=OPEN_STATES).order_by("pk")
        reason = data_of(ReleaseInput, request)["reason"]
        return Response({"ended": release_helper(pairings=pairings, reason=reason, actor=self.actor, now=self.now)})

    @extend_schema(responses=HelperMoment(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, public_id: str) -> Response:
        """What a helper was asked, held, and did in others' stead, the latest first."""
        helper = self.one_of(self.get_queryset(), public_id)
        rows = helper_history(self.reader, helper)
        return Response([_moment(at, what, row) for at, what, row in rows])

    @extend_schema(request=HelperChange, responses=HelperFile)
    def partial_update(self, request: Request, public_id: str) -> Response:
        """Change a helper's file; 409 when somebody else changed it since `version`."""
        facts, helper = data_of(HelperChange, request), self._helper(public_id)
        version, reason, chosen = facts.pop("version"), facts.pop("reason", ""), _chosen(facts)
        cells = cells_of(SheetKind.HELPERS, facts, is_change=True)
        cells |= place_cells(SheetKind.HELPERS, self.reader, chosen, helper)
        edit_helper(
            helper=helper,
            cells=cells,
            version=version,
            reason=reason,
            actor=self.actor,
            reader=self.reader,
            now=self.now,
        )
        return Response(self._file(public_id))

    @extend_schema(methods=["get"], responses=ClearanceRow(many=True))
    @extend_schema(methods=["post"], request=NewClearance, responses={201: ClearanceRow})
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    def clearances(self, request: Request, public_id: str) -> Response:
        """The helper's background checks, the latest first; POST records one that was seen on paper."""
        helper = self._helper(public_id)
        if request.method == "GET":
            return Response(ClearanceRow(helper.clearances.order_by("-issued_date", "-pk"), many=True).data)
        facts = data_of(NewClearance, request)
        row = record_clearance(helper=helper, actor=self.actor, reader=self.reader, now=self.now, **facts)
        return Response(ClearanceRow(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ClearanceRow)
    @action(detail=True, methods=["post"], url_path="clearances/(?P<clearance_id>[2-9a-hjkmnp-z]{16})/confirm")
    def confirm_clearance(self, request: Request, public_id: str, clearance_id: str) -> Response:
        """Say, as a second person, that you have seen the paper of a background check."""
        row = self.one_of(self._helper(public_id).clearances.select_related("helper"), clearance_id)
        confirm_clearance(clearance=row, actor=self.actor, reader=self.reader, now=self.now)
        row.refresh_from_db()
        return Response(ClearanceRow(row).data)

    @extend_schema(request=LoginInput, responses=HelperRow)
    @action(detail=True, methods=["post"], url_path="change-login")
    def change_login(self, request: Request, public_id: str) -> Response:
        """
        Let the helper's sign-in codes go to another address or number; what the old ones opened ends.

        403 `login.guarded` where the account has rights beside the helper's.
        """
        change_login(
            helper=self._helper(public_id),
            actor=self.actor,
            reader=self.reader,
            now=self.now,
            **data_of(LoginInput, request),
        )
        return Response(present_helper(self.reader, self._helper(public_id), now=self.now))

    def _helper(self, public_id: str) -> Helper:
        helper: Helper = self.one_of(self.get_queryset(), public_id)
        return helper

    def _file(self, public_id: str) -> dict[str, Any]:
        return present_helper_file(self.reader, self._helper(public_id), now=self.now)


def _chosen(facts: dict[str, Any]) -> dict[str, str]:
    return {key: facts.pop(key) for key in _PLACES if key in facts}
