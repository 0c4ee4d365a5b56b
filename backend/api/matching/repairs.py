"""Places that became free, and what is done about them, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.matching.offers import child_name_for
from backend.api.views import Door
from matching.draft_selectors import vacancies_visible_to
from matching.models import Vacancy
from matching.services.repairs import accept_suggestions, retry_vacancy

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class VacancyRow(serializers.Serializer):
    """A free place: `helper` is whom the latest repair suggests, `certificate` why there is nobody."""

    id = serializers.CharField()
    child = serializers.CharField()
    child_name = serializers.CharField()
    scheme = serializers.CharField()
    place = serializers.CharField()
    cause = serializers.CharField()
    state = serializers.CharField()
    is_half = serializers.BooleanField(help_text="somebody looks after the child already, this place is missing")
    freed_at = serializers.DateTimeField()
    attempts = serializers.IntegerField()
    helper = serializers.CharField(allow_null=True)
    helper_name = serializers.CharField(allow_null=True)
    fit = serializers.IntegerField(allow_null=True)
    certificate = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField()


class Asked(serializers.Serializer):
    offers = serializers.IntegerField()


class VacancyFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Vacancy.State.choices)
    scheme = filters.CharFilter(field_name="slot__rule__scheme__public_id")

    class Meta:
        model = Vacancy
        fields: list[str] = []


@extend_schema(tags=["matching"])
class Vacancies(Door):
    """Places that became free after somebody had been asked, in the reader's scope."""

    queryset = Vacancy.objects.none()
    serializer_class = VacancyRow
    filterset_class = VacancyFilter
    long_actions = frozenset({"accept", "accept_all"})

    def get_queryset(self) -> QuerySet[Vacancy]:
        if getattr(self, "swagger_fake_view", False):
            return Vacancy.objects.none()
        return vacancies_visible_to(self.reader).order_by("-freed_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of free places, the latest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: [_vacancy(one, self.reader.role) for one in page])

    @extend_schema(responses=VacancyRow)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One free place."""
        return Response(_vacancy(self.one_of(self.get_queryset(), public_id), self.reader.role))

    @extend_schema(request=None, responses=Asked)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, public_id: str) -> Response:
        """Ask the person suggested for this place; a bundle's other free place is asked for with it."""
        return self._ask([self.one_of(self.get_queryset(), public_id)])

    @extend_schema(request=None, responses=Asked)
    @action(detail=False, methods=["post"], url_path="accept-all", filterset_class=None)
    def accept_all(self, request: Request) -> Response:
        """Ask everybody suggested at this moment in the reader's scope."""
        return self._ask(self.get_queryset().filter(state=Vacancy.State.FOUND))

    @extend_schema(request=None, responses=VacancyRow)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, public_id: str) -> Response:
        """Look for somebody once more."""
        retry_vacancy(vacancy=self.one_of(self.get_queryset(), public_id), actor=self.actor, now=self.now)
        return self.retrieve(request, public_id)

    def _ask(self, vacancies: Any) -> Response:
        offers = accept_suggestions(vacancies=vacancies, actor=self.actor, reader=self.reader, now=self.now)
        return Response({"offers": len(offers)})


def _vacancy(one: Any, role: str | None) -> dict[str, Any]:
    pair = one.pair
    helper = pair.helper if pair else None
    return {
        "id": one.public_id,
        "child": one.slot.child.public_id,
        "child_name": child_name_for(one.slot.child, role),
        "scheme": one.slot.rule.scheme.public_id,
        "place": one.slot.rule.key,
        "cause": one.cause,
        "state": one.state,
        "is_half": one.is_half,
        "freed_at": one.freed_at.isoformat(),
        "attempts": one.attempts,
        "helper": helper.public_id if helper else None,
        "helper_name": helper.name if helper else None,
        "fit": pair.fit if helper else None,
        "certificate": pair.certificate_id if pair else None,
        "problem": one.problem,
    }
