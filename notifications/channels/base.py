"""What every channel takes, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Envelope:
    """
    A finished text for one address. `key` is the same for every copy of the same message.

    Args:
        body: for channels one person reads. short: for a text message, and for a group robot, where others read along.
    """

    key: str
    address: str
    subject: str
    body: str
    short: str = ""


class RecipientRefused(Exception):
    """The address does not exist or does not want us."""


class NotNow(Exception):
    """This message, or this address, is in trouble; others over the same channel may go. Says neither."""


class ChannelDown(Exception):
    """Nothing goes over this channel at the moment; trying the next message at once would help nobody."""
