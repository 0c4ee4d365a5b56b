"""What every gateway takes, and how it says no."""

from __future__ import annotations

from typing import Protocol


class SmsNotSent(Exception):
    """The gateway could not be reached or is in trouble; trying again may help. Says neither number nor text."""


class SmsRefused(Exception):
    """The gateway does not want this number or this text; trying again does not help. Says neither."""


class SmsGateway(Protocol):
    """Carries one text to one phone and knows no person."""

    def send(self, *, phone: str, text: str, key: str) -> None:
        """
        Hand one text over.

        Args:
            phone: a mobile number, digits only. key: the same for every copy of the same message.

        Raises:
            SmsNotSent: try again later.
            SmsRefused: do not.
        """
