"""The inbox of an account: what a message says when it is read, and that it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from matching.models import Offer
from notifications.kinds.offers import ASKING
from notifications.kinds.registry import UnknownKind
from notifications.texts import facts_of, filled, text_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from notifications.models import Message


@dataclass(frozen=True)
class Letter:
    """
    A message as its reader sees it.

    Args:
        url: the page it is about, "" when what it was about is over.
    """

    message: Message
    subject: str
    body: str
    url: str


def letter_of(message: Message, *, language: str, now: datetime) -> Letter:
    """The message in words; one that is over keeps its subject's kind only."""
    try:
        facts = facts_of(message, language=language, now=now)
    except UnknownKind:
        facts = None
    if facts is None:
        return Letter(message, message.kind_words, "", "")
    url = facts["url"]
    text = filled(text_of(message, language=language), facts | {"link": url, "url": ""})
    # The page opens by a button: its address would only be noise.
    body = text.body.replace(url, "").strip()
    return Letter(message, text.subject, body, url)


def read_letters(letters: QuerySet[Message], *, now: datetime) -> list[Offer]:
    """
    Mark messages of one's own inbox as read.

    The caller's request is a POST: looking alone marks nothing, since previews look too.

    Returns:
        The offers that were asked about in them: the door marks those as seen.
    """
    with transaction.atomic():
        unread = letters.filter(read_at=None)
        asked = list(Offer.objects.filter(pk__in=unread.filter(kind__in=ASKING).values("offer_id")).order_by("pk"))
        unread.order_by().update(read_at=now)
    return asked
