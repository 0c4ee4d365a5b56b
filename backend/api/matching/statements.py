"""Responsibility statements over the API: made, printed as texts, noted as signed; and a county's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.files import XLSX
from backend.api.inputs import StrictSerializer
from backend.api.matching.list_files import ListFileInput, ListFiles
from backend.api.notifications.telling import CountyDoor
from backend.api.views import data_of
from backend.roster.access import county_of
from matching.models import Statement, StatementKind, StatementText
from matching.services.statement_export import export_statements
from matching.services.statement_texts import (
    check_statement_text,
    finished,
    keep_statement_text,
    reset_statement_text,
    statement_preview,
    statement_text_in_use,
)
from matching.services.statement_words import PLACEHOLDERS, Words
from matching.services.statements import make_statements, print_statements, sign_statements, unsign_statements
from matching.statement_selectors import (
    facts_of_statements,
    in_school,
    in_township,
    missing_statements,
    statements_visible_to,
    term_in_hand,
    terms_visible_to,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse
    from rest_framework.request import Request

    from matching.models import Term

_MOST = 500


class StatementRow(serializers.Serializer):
    id = serializers.CharField()
    kind = serializers.CharField()
    term = serializers.CharField()
    state = serializers.CharField()
    facts = serializers.DictField(child=serializers.CharField())
    is_over = serializers.BooleanField()
    printed_at = serializers.DateTimeField(allow_null=True)
    signed_date = serializers.DateField(allow_null=True)
    recorded_by = serializers.CharField()


class StatementPaper(serializers.Serializer):
    id = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()


class StatementCount(serializers.Serializer):
    count = serializers.IntegerField()


class WhereInput(StrictSerializer):
    """Which kind, in which term (the present one where left out), narrowed to a township or a school."""

    kind = serializers.ChoiceField(choices=StatementKind.choices)
    term = serializers.CharField(max_length=16, required=False)
    township = serializers.CharField(max_length=16, required=False, allow_blank=True)
    school = serializers.CharField(max_length=16, required=False, allow_blank=True)


class IdsInput(StrictSerializer):
    ids = serializers.ListField(child=serializers.CharField(max_length=16), min_length=1, max_length=_MOST)


class SignInput(IdsInput):
    signed_date = serializers.DateField()


class StatementFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=StatementKind.choices)
    state = filters.ChoiceFilter(choices=Statement.State.choices)
    term = filters.CharFilter(field_name="term__public_id")
    township = filters.CharFilter(method="of_township")
    school = filters.CharFilter(method="of_school")

    class Meta:
        model = Statement
        fields: list[str] = []

    def of_township(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return rows.filter(in_township(value))

    def of_school(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return rows.filter(in_school(value))


@extend_schema(tags=["matching"])
class Statements(ListFiles):
    """Statements about children, pairings and units in the reader's scope."""

    queryset = Statement.objects.none()
    serializer_class = StatementRow
    filterset_class = StatementFilter
    secret_actions = frozenset({"print"})  # the texts name children and guardians

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return Statement.objects.none()
        return statements_visible_to(self.reader).order_by("-term__start_date", "kind", "name", "pk")

    def list(self, request: Request) -> Response:
        """A page of them, the latest term first, by name."""
        return self.paged(self.filter_queryset(self.get_queryset()), _rows)

    @extend_schema(request=ListFileInput, responses={(200, XLSX): OpenApiTypes.BINARY}, filters=True)
    @action(detail=False, methods=["post"], pagination_class=None)
    def export(self, request: Request) -> HttpResponse:
        """At most 500 statements as a file: those the list's filters find."""
        found = self.filter_queryset(self.get_queryset())
        return self.list_file(request, "statements", lambda asked: export_statements(statements=found, asked=asked))

    @extend_schema(parameters=[WhereInput], responses=StatementCount, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def missing(self, request: Request) -> Response:
        """For how many children, pairings or units a statement is missing."""
        serializer = WhereInput(data=request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        where = self._where(serializer.validated_data)
        return Response({"count": len(missing_statements(self.reader, where.pop("term"), where.pop("kind"), **where))})

    @extend_schema(request=WhereInput, responses=StatementCount)
    @action(detail=False, methods=["post"])
    def make(self, request: Request) -> Response:
        """Make what is missing; answers how many."""
        where = self._where(data_of(WhereInput, request))
        made = make_statements(actor=self.actor, reader=self.reader, now=self.now, **where)
        return Response({"count": made})

    @extend_schema(request=IdsInput, responses=StatementPaper(many=True))
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def print(self, request: Request) -> Response:
        """The texts of these papers as they stand now; noted as printed."""
        rows = print_statements(statements=self._chosen(data_of(IdsInput, request)), actor=self.actor, now=self.now)
        county, facts = county_of(self.reader), facts_of_statements(rows)
        if county is None:
            return Response([])
        words = {kind: statement_text_in_use(county, kind)[0] for kind in {row.kind for row in rows}}
        papers = [(row, finished(words[row.kind], facts[row.pk])) for row in rows]
        return Response([{"id": row.public_id, "title": said.title, "body": said.body} for row, said in papers])

    @extend_schema(request=SignInput, responses=StatementCount)
    @action(detail=False, methods=["post"])
    def sign(self, request: Request) -> Response:
        """Note that these papers were signed on a day; answers how many were not noted before."""
        wanted = data_of(SignInput, request)
        day = wanted["signed_date"]
        count = sign_statements(statements=self._chosen(wanted), signed_date=day, actor=self.actor, now=self.now)
        return Response({"count": count})

    @extend_schema(request=IdsInput, responses=StatementCount)
    @action(detail=False, methods=["post"])
    def unsign(self, request: Request) -> Response:
        """Take back that these papers were signed."""
        rows = self._chosen(data_of(IdsInput, request))
        return Response({"count": unsign_statements(statements=rows, actor=self.actor)})

    def _chosen(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        return self.get_queryset().filter(public_id__in=wanted["ids"])

    def _where(self, wanted: dict[str, Any]) -> dict[str, Any]:
        place = {name: wanted.get(name, "") for name in ("township", "school")}
        return {"kind": wanted["kind"], "term": self._term(wanted.get("term", "")), **place}

    def _term(self, public_id: str) -> Term:
        present = term_in_hand(self.reader, timezone.localdate(self.now))
        chosen = public_id or (present.public_id if present else "")
        term: Term = self.one_of(terms_visible_to(self.reader), chosen)
        return term


def _rows(page: list[Any]) -> list[dict[str, Any]]:
    facts = facts_of_statements(page)
    return [_row(one, facts[one.pk]) for one in page]


def _row(one: Any, facts: dict[str, str]) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "kind": one.kind,
        "term": one.term.public_id,
        "state": one.state,
        "facts": facts,
        "is_over": bool(one.is_over),
        "printed_at": one.printed_at,
        "signed_date": one.signed_date,
        "recorded_by": one.recorded_by.display_name if one.recorded_by else "",
    }


class StatementTextRow(serializers.Serializer):
    kind = serializers.CharField()
    is_own = serializers.BooleanField()
    title = serializers.CharField()
    body = serializers.CharField()
    placeholders = serializers.ListField(child=serializers.CharField())


class StatementShown(serializers.Serializer):
    title = serializers.CharField()
    body = serializers.CharField()


class WhichStatement(StrictSerializer):
    kind = serializers.ChoiceField(choices=StatementKind.choices)


class StatementTextInput(WhichStatement):
    title = serializers.CharField(max_length=60)
    body = serializers.CharField(max_length=4000)


@extend_schema(tags=["county"])
class StatementTexts(CountyDoor):
    """The words of the three statements."""

    queryset = StatementText.objects.none()
    serializer_class = StatementTextRow

    @extend_schema(responses=StatementTextRow(many=True))
    def list(self, request: Request) -> Response:
        """All three, built in or the county's own."""
        return Response([self._text(kind) for kind in StatementKind.values])

    @extend_schema(request=StatementTextInput, responses=StatementShown)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """How a text would look with invented people in it; refused as when it is kept."""
        wanted = data_of(StatementTextInput, request)
        words = Words(wanted["title"], wanted["body"])
        check_statement_text(kind=wanted["kind"], words=words, county=self.county())
        return Response(StatementShown(statement_preview(words)).data)

    @extend_schema(request=StatementTextInput, responses=StatementTextRow)
    @action(detail=False, methods=["post"])
    def keep(self, request: Request) -> Response:
        """Print the county's own words from now on."""
        wanted = data_of(StatementTextInput, request)
        words = Words(wanted["title"], wanted["body"])
        keep_statement_text(county=self.county(), kind=wanted["kind"], words=words, actor=self.actor, now=self.now)
        return Response(self._text(wanted["kind"]))

    @extend_schema(request=WhichStatement, responses=StatementTextRow)
    @action(detail=False, methods=["post"])
    def reset(self, request: Request) -> Response:
        """Go back to the built-in words."""
        kind = data_of(WhichStatement, request)["kind"]
        reset_statement_text(county=self.county(), kind=kind, actor=self.actor)
        return Response(self._text(kind))

    def _text(self, kind: str) -> dict[str, Any]:
        words, own = statement_text_in_use(self.county(), kind)
        return {
            "kind": kind,
            "is_own": own is not None,
            "title": words.title,
            "body": words.body,
            "placeholders": sorted(PLACEHOLDERS[kind]),
        }
