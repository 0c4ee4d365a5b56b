"""The one family of expected failures. Doors translate them: a form error in pages, a problem body in the API."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """
    Something a person asked for cannot be done, and the reason is theirs to know.

    Subclasses set `code` (stable, upper case free, `noun.reason`), `status` (what the API answers) and
    `message` (an English msgid with named %-places filled from the keyword arguments).
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "This cannot be done now."

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.message % facts if facts else self.message)


class NotAllowed(DomainError):
    """The person may see the thing but not do this to it."""

    code = "not_allowed"
    status = 403
    message = "Your role does not allow this."


class InvalidMove(DomainError):
    """A state machine was asked for a move that does not exist from the present state."""

    code = "invalid_move"
    message = "This is already %(state)s."
