"""What is refused before anything is planned: the place in the file, what is wrong there, what to write instead."""

from __future__ import annotations


class MalformedDay(ValueError):
    """
    The data do not describe an event day, a plan or a scheduling problem.

    Args:
        place: where, as a path: `segments[2].minutes`.
        reason: what is wrong there, as the end of a sentence.
        remedy: what would be accepted.
    """

    def __init__(self, place: str, reason: str, remedy: str) -> None:
        super().__init__(f"{place}: {reason}; {remedy}")
        self.place = place
        self.reason = reason
        self.remedy = remedy
