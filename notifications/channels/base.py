"""What every channel takes, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass


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
