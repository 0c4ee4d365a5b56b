"""Children over the API: what the field matrix shows, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.roster.entry import Entered, NewChild, cells_of
from backend.api.roster.pair_wishes import PairWords
from backend.api.roster.pending_assessments import PendingRow, pending_row
from backend.api.views import data_of
from backend.roster.access import children_visible_to
from backend.roster.field_matrix import FIELD_COLUMN, Rule, rule_for
from backend.roster.models import Child, Consent, PendingAssessment
from backend.roster.models.imports import SheetKind
from backend.roster.presenting import ShownChild, present_file, present_list
from backend.roster.services.assessments import assess_child
from backend.roster.services.by_hand import enter_person
from backend.roster.services.children import (
    close_file,
    edit_child,
    record_consent,
    withdraw_consent,
)
from backend.roster.services.entry_places import place_cells
from backend.roster.services.papers import read_paper
from backend.roster.services.reveal import note_read, reveal_field
from backend.roster.services.second_person import second_person

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class ChildRow(serializers.Serializer):
    """A child in a list. Fields the reader may not see have no key."""

    id = serializers.CharField()
    name = serializers.CharField(required=False)
    sex = serializers.CharField(required=False)
    age = serializers.IntegerField(required=False, allow_null=True)
    school = serializers.CharField(required=False)
    school_class = serializers.CharField(required=False)
    village = serializers.CharField(required=False)
    heart_level = serializers.IntegerField(required=False, allow_null=True)
    is_boarding = serializers.BooleanField(required=False)


class GuardianFacts(serializers.Serializer):
    """Particulars of a parent or guardian, without phone numbers."""

    kind = serializers.CharField()
    is_in_charge = serializers.BooleanField(required=False)
    name = serializers.CharField()
    relation = serializers.CharField()
    birth_year = serializers.IntegerField(required=False, allow_null=True)
    occupation = serializers.CharField(required=False)
    health = serializers.CharField(required=False)
    address = serializers.CharField(required=False)
    workplace = serializers.CharField(required=False)
    workplace_address = serializers.CharField(required=False)


class GuardianPhone(serializers.Serializer):
    relation = serializers.CharField()
    phone = serializers.CharField()


class ChildFile(ChildRow):
    """A child's own page. `revealable` lists hidden fields that may be opened with a reason."""

    version = serializers.IntegerField(required=False)
    revealable = serializers.ListField(child=serializers.CharField())
    id_number = serializers.CharField(required=False)
    birth_date = serializers.CharField(required=False, allow_null=True)
    address = serializers.CharField(required=False)
    phone = serializers.CharField(required=False)
    guardian_phones = GuardianPhone(many=True, required=False)
    guardians = GuardianFacts(many=True, required=False)
    medical_history = serializers.CharField(required=False)
    psych_notes = serializers.CharField(required=False)
    care_alert = serializers.CharField(required=False)
    interests = serializers.CharField(required=False)
    personality = serializers.CharField(required=False)
    categories = serializers.ListField(child=serializers.CharField(), required=False)
    needs = serializers.ListField(child=serializers.CharField(), required=False)
    study_state = serializers.CharField(required=False)
    away_reason = serializers.CharField(required=False)
    away_since_date = serializers.CharField(required=False, allow_null=True)
    guardianship_type = serializers.IntegerField(required=False, allow_null=True)
    severity = serializers.IntegerField(required=False, allow_null=True)
    guardian_rating = serializers.CharField(required=False)
    aspects = serializers.DictField(child=serializers.IntegerField(), required=False)
    state = serializers.CharField(required=False)


class RevealInput(StrictSerializer):
    field = serializers.ChoiceField(choices=sorted(FIELD_COLUMN))
    reason = serializers.CharField(max_length=200)


class Revealed(serializers.Serializer):
    field = serializers.CharField()
    value = serializers.JSONField()


class EditInput(StrictSerializer):
    """Fields to change, with the version that was read."""

    version = serializers.IntegerField(min_value=1)
    address = serializers.CharField(max_length=200, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True)
    is_boarding = serializers.BooleanField(required=False)
    categories = serializers.ListField(child=serializers.CharField(max_length=20), max_length=20, required=False)
    needs = serializers.ListField(child=serializers.CharField(max_length=20), max_length=20, required=False)
    personality = serializers.CharField(max_length=200, required=False, allow_blank=True)
    interests = serializers.CharField(max_length=200, required=False, allow_blank=True)
    medical_history = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    psych_notes = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    care_alert = serializers.CharField(max_length=120, required=False, allow_blank=True)
    study_state = serializers.CharField(max_length=200, required=False, allow_blank=True)
    away_reason = serializers.CharField(max_length=100, required=False, allow_blank=True)
    away_since_date = serializers.DateField(required=False, allow_null=True)


class AssessmentInput(StrictSerializer):
    assessed_date = serializers.DateField()
    heart_level = serializers.IntegerField(min_value=1, max_value=4, required=False, allow_null=True)
    aspects = serializers.DictField(child=serializers.IntegerField(min_value=1, max_value=4), required=False)
    guardianship_type = serializers.IntegerField(min_value=1, max_value=3, required=False, allow_null=True)
    severity = serializers.IntegerField(min_value=1, max_value=4, required=False, allow_null=True)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    second = serializers.EmailField(required=False, help_text="login of the second person, where the level falls")


class AssessmentRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    assessed_date = serializers.DateField()
    heart_level = serializers.IntegerField(allow_null=True)
    guardianship_type = serializers.IntegerField(allow_null=True)
    severity = serializers.IntegerField(allow_null=True)
    need_level = serializers.IntegerField()
    reason = serializers.CharField()


class ConsentInput(StrictSerializer):
    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    text_version = serializers.CharField(max_length=20)
    given_by = serializers.CharField(max_length=60)
    given_date = serializers.DateField()


class ConsentUpload(ConsentInput):
    """The same as a form, with the scan of the signed paper: PDF, JPEG or PNG, at most 10 MB."""

    paper = serializers.FileField(required=False)


class ConsentRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    purpose = serializers.CharField()
    text_version = serializers.CharField()
    given_date = serializers.DateField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    has_paper = serializers.BooleanField(source="paper")


class CloseInput(StrictSerializer):
    state = serializers.ChoiceField(choices=["MOVED", "CLOSED", "DECEASED"])
    reason = serializers.CharField(max_length=200)


class ChildFilter(filters.FilterSet):
    """Filters by what a list shows; those a role may not see find nothing rather than everything."""

    search = filters.CharFilter(method="by_name")
    township = filters.CharFilter(field_name="village__parent__public_id")
    village = filters.CharFilter(field_name="village__public_id")
    school = filters.CharFilter(field_name="school__public_id")
    heart_level = filters.NumberFilter(method="by_level")
    state = filters.ChoiceFilter(choices=Child.State.choices, method="by_state")

    class Meta:
        model = Child
        fields: list[str] = []

    def by_name(self, queryset: QuerySet[Child], _name: str, value: str) -> QuerySet[Child]:
        if rule_for("name", self._role()) is not Rule.PLAIN:
            return queryset.none()
        return queryset.filter(name_search__contains=value.strip().lower())

    def by_level(self, queryset: QuerySet[Child], _name: str, value: Any) -> QuerySet[Child]:
        return queryset.filter(heart_level=value) if self._sees("heart_level") else queryset.none()

    def by_state(self, queryset: QuerySet[Child], _name: str, value: str) -> QuerySet[Child]:
        return queryset.filter(state=value) if self._sees("state") else queryset.none()

    def _role(self) -> str | None:
        return self.request.door_role if hasattr(self.request, "door_role") else None

    def _sees(self, field: str) -> bool:
        return rule_for(field, self._role()) is Rule.PLAIN


@extend_schema(tags=["children"])
class Children(PairWords):
    """Children the reader may know of."""

    queryset = Child.objects.none()
    serializer_class = ChildRow
    filterset_class = ChildFilter
    secret_actions = frozenset({"reveal", "close"})  # a file's values are sealed at rest, kept answers are not

    def get_queryset(self) -> QuerySet[Child]:
        if getattr(self, "swagger_fake_view", False):
            return Child.objects.none()
        asked: Any = self.request
        asked.door_role = self.reader.role
        visible = children_visible_to(self.reader).select_related("village", "school", "school_class")
        if "state" not in self.request.query_params and self.action == "list":
            visible = visible.filter(state=Child.State.ACTIVE)
        return visible.order_by("name_sort", "pk")

    def list(self, request: Request) -> Response:
        """A page of children, ordered by pinyin."""
        return self.paged(
            self.filter_queryset(self.get_queryset()),
            lambda page: [_row(shown) for shown in present_list(self.reader, page, now=self.now)],
        )

    @extend_schema(request=NewChild, responses={201: Entered})
    def create(self, request: Request) -> Response:
        """Enter a child who is not on file yet; 409 where somebody on file is the child, or may be."""
        facts = data_of(NewChild, request)
        unlike, chosen = facts.pop("unlike", ""), {key: facts.pop(key, "") for key in ("village", "school")}
        cells = cells_of(SheetKind.CHILDREN, facts) | place_cells(SheetKind.CHILDREN, self.reader, chosen)
        child = enter_person(
            kind=SheetKind.CHILDREN, cells=cells, unlike=unlike, actor=self.actor, reader=self.reader, now=self.now
        )
        return Response(Entered(child).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=ChildFile)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One child's file; opening it is noted."""
        return Response(self._read_file(public_id))

    @extend_schema(request=EditInput, responses=ChildFile)
    def partial_update(self, request: Request, public_id: str) -> Response:
        """Change fields of a file; 409 when somebody else changed it since `version`."""
        changes = data_of(EditInput, request)
        child = self._child(public_id)
        edit_child(child=child, changes=changes, version=changes.pop("version"), actor=self.actor)
        return Response(self._read_file(public_id))

    @extend_schema(request=RevealInput, responses=Revealed)
    @action(detail=True, methods=["post"])
    def reveal(self, request: Request, public_id: str) -> Response:
        """Open one hidden field with a reason; noted."""
        wanted = data_of(RevealInput, request)
        child = self._child(public_id)
        value = reveal_field(
            reader=self.reader, child=child, field=wanted["field"], reason=wanted["reason"], now=self.now
        )
        return Response({"field": wanted["field"], "value": value})

    @extend_schema(request=AssessmentInput, responses={201: AssessmentRow, 202: PendingRow})
    @action(detail=True, methods=["post"])
    def assess(self, request: Request, public_id: str) -> Response:
        """Add a dated, signed assessment; a lower level answers 202 and waits for the second person's yes."""
        facts = data_of(AssessmentInput, request)
        child, login = self._child(public_id), facts.pop("second", "")
        second = second_person(login=login, child=child, actor=self.actor, now=self.now) if login else None
        row = assess_child(child=child, actor=self.actor, second=second, now=self.now, **facts)
        if isinstance(row, PendingAssessment):
            return Response(pending_row(row, self.actor), status=status.HTTP_202_ACCEPTED)
        return Response(AssessmentRow(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=AssessmentRow(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def assessments(self, request: Request, public_id: str) -> Response:
        """The history of assessments, the latest first."""
        rows = self._child(public_id).assessments.order_by("-assessed_date", "-pk")
        return Response(AssessmentRow(rows, many=True).data)

    @extend_schema(methods=["get"], responses=ConsentRow(many=True))
    @extend_schema(
        methods=["post"],
        request={"application/json": ConsentInput, "multipart/form-data": ConsentUpload},
        responses={201: ConsentRow},
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    def consents(self, request: Request, public_id: str) -> Response:
        """The guardian's consents; POST records one that was signed on paper."""
        child = self._child(public_id)
        if request.method == "GET":
            return Response(ConsentRow(child.consents.order_by("-given_date", "-pk"), many=True).data)
        consent = record_consent(child=child, actor=self.actor, **data_of(ConsentUpload, request))
        return Response(ConsentRow(consent).data, status=status.HTTP_201_CREATED)

    def get_parsers(self) -> Any:
        """A scan arrives as a form; everything else is JSON."""
        is_upload = getattr(self, "action_map", {}).get("post") == "consents"
        return [JSONParser(), MultiPartParser()] if is_upload else [JSONParser()]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], url_path="consents/(?P<consent_id>[2-9a-hjkmnp-z]{16})/paper")
    def consent_paper(self, request: Request, public_id: str, consent_id: str) -> HttpResponse:
        """The scan of a signed consent; opening it is noted."""
        consent = self.one_of(self._child(public_id).consents.select_related("child"), consent_id)
        paper = read_paper(consent=consent, actor=self.actor)
        return HttpResponse(paper.content, content_type=paper.media_type, headers=paper.headers)

    @extend_schema(request=None, responses=ConsentRow)
    @action(detail=True, methods=["post"], url_path="consents/(?P<consent_id>[2-9a-hjkmnp-z]{16})/withdraw")
    def withdraw_consent(self, request: Request, public_id: str, consent_id: str) -> Response:
        """End a consent at once; offers and pairings that rest on it end too."""
        consent = self.one_of(self._child(public_id).consents.select_related("child"), consent_id)
        withdraw_consent(consent=consent, actor=self.actor, now=self.now)
        consent.refresh_from_db()
        return Response(ConsentRow(consent).data)

    @extend_schema(request=CloseInput, responses=ChildFile)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, public_id: str) -> Response:
        """The child moved away, died, or the case is closed; open offers are withdrawn."""
        facts = data_of(CloseInput, request)
        close_file(child=self._child(public_id), actor=self.actor, **facts)
        return Response(self._read_file(public_id))

    def _child(self, public_id: str) -> Child:
        visible = self.get_queryset().prefetch_related("guardians__ratings", "assessments")
        child: Child = self.one_of(visible, public_id)
        return child

    def _read_file(self, public_id: str) -> dict[str, Any]:
        """The file as an answer, which is a reading of it and noted as such."""
        child = self._child(public_id)
        note_read(reader=self.reader, child=child)
        return self._file(child)

    def _file(self, child: Child) -> dict[str, Any]:
        shown = present_file(self.reader, child, now=self.now)
        body = _row(shown) | {"revealable": list(shown.revealable)}
        return body | {"version": child.version} if self.reader.is_coordinator else body


def _row(shown: ShownChild) -> dict[str, Any]:
    values = {field: _as_json(value) for field, value in shown.values.items()}
    return {"id": shown.public_id, **values}


def _as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
