"""What a kind of message is, and the one list of all kinds. A new message begins here."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Callable

EMAIL, SMS, ROBOT, INBOX = "email", "sms", "robot", "inbox"
EVERY_CHANNEL = frozenset({EMAIL, SMS, ROBOT, INBOX})
CHINESE, ENGLISH = "zh-hans", "en"


class Urgency(StrEnum):
    """How long a message may wait: URGENT goes out even in quiet hours, CALM may wait for the day's digest."""

    URGENT = "URGENT"
    SOON = "SOON"
    CALM = "CALM"


class Audience(StrEnum):
    """Whom a kind is written to."""

    HELPER = "HELPER"
    GUARDIAN = "GUARDIAN"
    COORDINATOR = "COORDINATOR"
    ANYBODY = "ANYBODY"


@dataclass(frozen=True)
class Text:
    """
    One message in one language, with {placeholders}.

    Args:
        body: for mail and the inbox. short: for text messages and group robots, where others read along.
    """

    subject: str
    body: str
    short: str

    def placeholders(self) -> frozenset[str]:
        """Names of all placeholders used."""
        whole = f"{self.subject}\n{self.body}\n{self.short}"
        return frozenset(name for _text, name, _spec, _how in string.Formatter().parse(whole) if name)


@dataclass(frozen=True)
class Kind:
    """
    One kind of message.

    Args:
        code: what stands in the row's `kind` and begins its key; never changed once used.
        words: what people call it.
        facts: dotted name of `def facts(message, *, now) -> dict[str, str] | None`: what the placeholders say, with
            `url`, the page about it. None when there is nothing left to tell: the message then ends as expired.
        zh, en: built-in texts; the recipient's language decides.
        has_link: {link} is a personal link for mail and text message, and the plain page where others read along.
        gives_up_after: when an undelivered message is shown to a person; None: it is tried for ever.
        placeholders: names a county's own text may use; the built-in texts' by default.
        calendar: dotted name of `def calendar(message, *, address) -> CalendarPart` for a mail that is an invitation,
            asked right after the facts; it goes to whoever chose such mails, also where other mails are not wanted.
    """

    code: str
    words: Any
    audience: Audience
    facts: str
    zh: Text
    en: Text
    urgency: Urgency = Urgency.SOON
    channels: frozenset[str] = EVERY_CHANNEL
    has_link: bool = False
    gives_up_after: timedelta | None = timedelta(hours=24)
    placeholders: frozenset[str] = field(default=frozenset())
    calendar: str = ""

    def allowed(self) -> frozenset[str]:
        """Placeholders that stand for something in this kind."""
        return self.placeholders | self.zh.placeholders() | self.en.placeholders()

    def text(self, language: str) -> Text:
        """The built-in text of a language; Chinese for one we do not speak."""
        return self.en if language == ENGLISH else self.zh

    def facts_function(self) -> Callable[..., dict[str, str] | None]:
        found: Callable[..., dict[str, str] | None] = import_string(self.facts)
        return found

    def calendar_function(self) -> Callable[..., Any] | None:
        return import_string(self.calendar) if self.calendar else None


class UnknownKind(LookupError):
    """No kind bears this code."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a kind to the list; saying it twice changes nothing."""
    _kinds[kind.code] = kind
    return kind


def kind_of(code: str) -> Kind:
    """
    The kind of a code.

    Raises:
        UnknownKind: there is none.
    """
    try:
        return _kinds[code]
    except KeyError:
        raise UnknownKind(code) from None


def all_kinds() -> tuple[Kind, ...]:
    """Every kind, in the order of its registration."""
    return tuple(_kinds.values())


def words_of(code: str) -> str:
    """What people call a kind; the code itself for one that no longer exists."""
    found = _kinds.get(code)
    return str(found.words) if found else code
