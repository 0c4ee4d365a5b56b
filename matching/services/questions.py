"""Asking before answering: one open question for each offer, and what a coordinator says to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from matching.events import OfferAsked
from matching.models import Offer, OfferQuestion
from matching.services.offers import OfferNotOpen

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = 300
MOST = 5


class AskedAlready(DomainError):
    """One question waits for its answer, or five were asked."""

    code = "question.asked_already"
    message = "Your question is with the coordinator already; the answer will come to you."


class NamesTheChild(DomainError):
    """Whoever was asked, or takes over, reads the child's name where the rules of their role show it, nowhere else."""

    code = "text.names_the_child"
    status = 400
    message = "Please leave the child's name out; the reader sees it where they may."


class EmptyText(DomainError):
    code = "question.empty"
    status = 400
    message = "Write at least a word."


def ask_about_offer(*, offer: Offer, text: str, actor: Any, now: datetime) -> OfferQuestion:
    """
    Put a question to whoever coordinates.

    Args:
        actor: the helper's user, or None for the holder of the link.

    Raises:
        EmptyText
        OfferNotOpen: answered, withdrawn or past its deadline.
        AskedAlready: an earlier one is open still, or there were five.
    """
    if not text.strip():
        raise EmptyText
    with transaction.atomic():
        if not Offer.objects.filter(pk=offer.pk, state=Offer.State.SENT, expires_at__gt=now).exists():
            raise OfferNotOpen(state=Offer.objects.values_list("state", flat=True).get(pk=offer.pk))
        if OfferQuestion.objects.filter(offer=offer).count() >= MOST:
            raise AskedAlready
        try:
            with transaction.atomic():
                question = OfferQuestion.objects.create(offer=offer, text=text.strip()[:LONGEST], asked_at=now)
        except IntegrityError as error:
            raise AskedAlready from error
        record(actor=actor or offer.asked.user, verb="offer.question_asked", subject=offer)
        publish(OfferAsked(question_id=question.pk, is_answer=0))
    return question


def answer_question(*, question: OfferQuestion, text: str, actor: Any, now: datetime) -> None:
    """
    Answer it; whoever asked is told that there is an answer.

    Raises:
        EmptyText, NamesTheChild
        InvalidMove: answered already.
    """
    if not text.strip():
        raise EmptyText
    if question.offer.child.name in text:
        raise NamesTheChild
    with transaction.atomic():
        open_one = OfferQuestion.objects.filter(pk=question.pk, answered_at=None)
        if open_one.update(answer=text.strip()[:LONGEST], answered_at=now, answered_by=actor) != 1:
            raise InvalidMove(state="DONE")
        record(actor=actor, verb="offer.question_answered", subject=question.offer)
        publish(OfferAsked(question_id=question.pk, is_answer=1))
