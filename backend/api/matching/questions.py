"""Questions about offers over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from matching.models import OfferQuestion
from matching.selectors import offers_visible_to, questions_visible_to
from matching.services.questions import LONGEST, answer_question, ask_about_offer

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class QuestionRow(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    offer = serializers.CharField(source="offer.public_id")
    text = serializers.CharField()
    asked_at = serializers.DateTimeField()
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)


class QuestionInput(StrictSerializer):
    offer = serializers.CharField()
    text = serializers.CharField(max_length=LONGEST)


class AnswerInput(StrictSerializer):
    text = serializers.CharField(max_length=LONGEST, help_text="without the child's name: it is shown by the link")


@extend_schema(tags=["offers"])
class OfferQuestions(Door):
    """What people ask before they answer: a helper's own, or those of a coordinator's scope."""

    queryset = OfferQuestion.objects.none()
    serializer_class = QuestionRow

    def get_queryset(self) -> QuerySet[OfferQuestion]:
        if getattr(self, "swagger_fake_view", False):
            return OfferQuestion.objects.none()
        return questions_visible_to(self.reader).order_by("-asked_at", "-pk")

    def list(self, request: Request) -> Response:
        """A page of questions, the latest first."""
        return self.paged(self.get_queryset(), lambda page: list(QuestionRow(page, many=True).data))

    @extend_schema(request=QuestionInput, responses={201: QuestionRow})
    def create(self, request: Request) -> Response:
        """Ask about an open offer of one's own; one question waits at a time."""
        wanted = data_of(QuestionInput, request)
        offer: Any = self.one_of(offers_visible_to(self.reader), wanted["offer"])
        made = ask_about_offer(offer=offer, text=wanted["text"], actor=self.actor, now=self.now)
        return Response(QuestionRow(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=AnswerInput, responses=QuestionRow)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, public_id: str) -> Response:
        """Answer; whoever asked is told."""
        question = self.one_of(self.get_queryset(), public_id)
        text = data_of(AnswerInput, request)["text"]
        answer_question(question=question, text=text, actor=self.actor, now=self.now)
        return Response(QuestionRow(self.one_of(self.get_queryset(), public_id)).data)
