"""What every channel takes, and how it says no."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class CalendarPart:
    """
    What makes a mail an invitation (RFC 6047).

    Args:
        method: REQUEST or CANCEL. content: the calendar, UTF-8.
        reply_to: where the answer goes; holds a secret of its own.
    """

    method: str
    content: bytes
    reply_to: str


@dataclass(frozen=True)
class Envelope:
    """
    A finished text for one address. `key` is the same for every copy of the same message.

    Args:
        body: for channels one person reads. short: for a text message, and for a group robot, where others read along.
        calendar: of a mail that is an invitation.
    """

    key: str
    address: str
    subject: str
    body: str
    short: str = ""
    calendar: CalendarPart | None = None


class RecipientRefused(Exception):
    """The address does not exist or does not want us."""


class NotNow(Exception):
    """This message, or this address, is in trouble; others over the same channel may go. Says neither."""


class ChannelDown(Exception):
    """Nothing goes over this channel at the moment; trying the next message at once would help nobody."""


def within(seconds: float, work: Callable[[], Answer]) -> Answer:
    """
    What `work` answers, in a thread that is left to itself when it is late: a socket's own limit starts anew with every
    byte, and cannot be stopped from outside.

    Raises:
        ChannelDown: no answer in time.
    """
    answers: list[Answer] = []
    problems: list[Exception] = []

    def run() -> None:
        try:
            answers.append(work())
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            problems.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if problems:
        raise problems[0]
    if not answers:
        raise ChannelDown("no answer in time")
    return answers[0]
