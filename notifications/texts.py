"""Putting facts into a text. Only {placeholders} are understood: a text is data and can run nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import override

from backend.kernel.calendar import clean_line, clean_text
from backend.roster.own_texts import filled_in
from notifications.kinds import EMAIL, ENGLISH, SMS, Text, kind_of
from notifications.models import OwnText

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from notifications.models import Message

# Where nobody reads along: only there a personal link may stand.
_PRIVATE = frozenset({EMAIL, SMS})


def filled(text: Text, facts: Mapping[str, str]) -> Text:
    """A text with its placeholders said, without signs that fool a reader; a subject is one line of fit length."""
    subject, body, short = (filled_in(one, facts) for one in (text.subject, text.body, text.short))
    return Text(clean_line(subject), clean_text(body), clean_text(short))


def facts_of(message: Message, *, language: str, now: datetime) -> dict[str, str] | None:
    """What the message's placeholders say in a language, or None when there is nothing left to tell."""
    with override(language):
        return kind_of(message.kind).facts_function()(message, now=now)


def text_of(message: Message, *, language: str, county_code: str) -> Text:
    """The county's own words for a message's kind, or the built-in ones."""
    own = OwnText.objects.filter(county__code=county_code, kind=message.kind, language=language).first()
    return Text(own.subject, own.body, own.short) if own else kind_of(message.kind).text(language)


def own_texts(*, county_code: str, language: str) -> dict[str, Text]:
    """All of a county's own words in a language, by kind: for whoever shows many messages at once."""
    rows = OwnText.objects.filter(county__code=county_code, language=language)
    return {row.kind: Text(row.subject, row.body, row.short) for row in rows}


def in_language(link: str, language: str) -> str:
    """A personal link that opens in the language of the message it stands in."""
    return f"{link}?lang=en" if language == ENGLISH else link


def may_carry_link(channel: str) -> bool:
    """Whether one person alone reads this channel. The inbox leads to the page of the signed-in instead."""
    return channel in _PRIVATE
