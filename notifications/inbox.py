"""The inbox of an account: what a message says when it is read, and that it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from matching.models import Offer
from notifications.facts import read_ahead
from notifications.kinds import kind_of
from notifications.kinds.offers import ASKING
from notifications.kinds.registry import UnknownKind
from notifications.recipients import of_message
from notifications.texts import facts_of, filled, own_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from notifications.kinds import Text
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


def letters_of(messages: Sequence[Message], *, language: str, now: datetime) -> list[Letter]:
    """Messages of one inbox in words; one that is over keeps its kind's name only."""
    if not messages:
        return []
    read_ahead(messages)
    own = own_texts(county_code=of_message(messages[0]).county_code, language=language)
    return [_letter_of(one, own.get(one.kind), language, now) for one in messages]


def _letter_of(message: Message, own: Text | None, language: str, now: datetime) -> Letter:
    try:
        facts = facts_of(message, language=language, now=now)
    except UnknownKind:
        facts = None
    if facts is None:
        return Letter(message, message.kind_words, "", "")
    url = facts["url"]
    text = filled(own or kind_of(message.kind).text(language), facts | {"link": url, "url": ""})
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
