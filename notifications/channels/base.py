"""What every channel takes, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Envelope:
    """A finished text for one address. `key` is the same for every copy of the same message."""

    key: str
    address: str
    subject: str
    body: str


class RecipientRefused(Exception):
    """The address does not exist or does not want us."""
