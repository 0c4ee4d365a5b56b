"""Classes over the API: who may be talked with, which teachers may take part, and who had better sit with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from activities.models import TalkWish
from activities.selectors import (
    children_for_talks,
    children_who_may_talk,
    talk_classes_visible_to,
    teachers_for_talks,
    term_for_talks,
)
from activities.services.talk_edits import forget_wish, note_wish
from activities.translation import months_left
from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.models import SchoolClass

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class TalkClassRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    school = serializers.CharField(source="school.public_id")
    school_name = serializers.CharField(source="school.name")
    name = serializers.CharField()
    children = serializers.IntegerField(help_text="left-behind children on file in the class")
    may_take_part = serializers.IntegerField(help_text="those of them whose guardians agreed")


class TalkWishRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    one = serializers.CharField(source="first.public_id")
    other = serializers.CharField(source="second.public_id")
    kind = serializers.CharField()


class TalkClassFile(TalkClassRow):
    agreed = serializers.ListField(child=serializers.CharField(), help_text="children whose guardians agreed")
    teachers = serializers.ListField(child=serializers.CharField(), help_text="teachers who may take part today")
    months = serializers.ListField(child=serializers.DateField(), help_text="months of the term that are not over")
    wishes = TalkWishRow(many=True)


class TalkWishInput(StrictSerializer):
    one = serializers.CharField(max_length=16)
    other = serializers.CharField(max_length=16)
    kind = serializers.ChoiceField(choices=TalkWish.Kind.choices)


class ForgetInput(StrictSerializer):
    wish = serializers.CharField(max_length=16)


class TalkClassFilter(filters.FilterSet):
    school = filters.CharFilter(field_name="school__public_id")

    class Meta:
        model = SchoolClass
        fields: list[str] = []


@extend_schema(tags=["talks"])
class TalkClasses(Door):
    """Classes with left-behind children, in the reader's scope."""

    queryset = SchoolClass.objects.none()
    serializer_class = TalkClassRow
    filterset_class = TalkClassFilter

    def get_queryset(self) -> QuerySet[SchoolClass]:
        if getattr(self, "swagger_fake_view", False):
            return SchoolClass.objects.none()
        counted = Count("pupils", filter=Q(pupils__state="ACTIVE"))
        agreed = Count("pupils", filter=Q(pupils__in=children_who_may_talk()))
        rows = talk_classes_visible_to(self.reader).annotate(children=counted, may_take_part=agreed)
        rows = rows.filter(children__gt=0)
        return rows.order_by("school__area__code", "school__name", "grade", "name", "pk")

    def list(self, request: Request) -> Response:
        """A page of classes, school by school."""
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, lambda page: list(TalkClassRow(page, many=True).data))

    @extend_schema(responses=TalkClassFile)
    def retrieve(self, request: Request, public_id: str) -> Response:
        """One class with all that planning its next cycle takes."""
        return Response(self._file(public_id))

    @extend_schema(request=TalkWishInput, responses={201: TalkClassFile})
    @action(detail=True, methods=["post"])
    def wish(self, request: Request, public_id: str) -> Response:
        """Note that two children of the class had better sit together, or better not."""
        asked = data_of(TalkWishInput, request)
        children = children_for_talks(self.one_of(self.get_queryset(), public_id).pk)
        one, other = (self.one_of(children, asked[name]) for name in ("one", "other"))
        note_wish(one=one, other=other, kind=asked["kind"], actor=self.actor)
        return Response(self._file(public_id), status=status.HTTP_201_CREATED)

    @extend_schema(request=ForgetInput, responses=TalkClassFile)
    @action(detail=True, methods=["post"], url_path="forget-wish")
    def forget_wish(self, request: Request, public_id: str) -> Response:
        """Take a wish back."""
        # Also of children who may not take part any more: their wishes are not listed, and can still be taken back.
        wishes = TalkWish.objects.filter(first__school_class=self.one_of(self.get_queryset(), public_id))
        forget_wish(wish=self.one_of(wishes, data_of(ForgetInput, request)["wish"]), actor=self.actor)
        return Response(self._file(public_id))

    def _file(self, public_id: str) -> dict[str, Any]:
        one = self.one_of(self.get_queryset(), public_id)
        today = timezone.localdate(self.now)
        term = term_for_talks(one, today)
        teachers = teachers_for_talks(one.pk, from_date=today, until_date=today).order_by("name_sort", "pk")
        body: dict[str, Any] = dict(TalkClassRow(one).data)
        body["agreed"] = list(children_for_talks(one.pk).order_by("pk").values_list("public_id", flat=True))
        body["teachers"] = list(teachers.values_list("public_id", flat=True))
        body["months"] = months_left(term.start_date, term.end_date, today) if term else []
        body["wishes"] = TalkWishRow(_wishes_of(one), many=True).data
        return body


def _wishes_of(one: SchoolClass) -> QuerySet[TalkWish]:
    """Wishes about two who both sit in the class now."""
    children = children_for_talks(one.pk)
    rows = TalkWish.objects.filter(first__in=children, second__in=children)
    return rows.select_related("first", "second").order_by("pk")
