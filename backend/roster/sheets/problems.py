"""What is wrong with a cell, kept as msgids and facts so that it can be said in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext


class CellProblem(Exception):
    """
    A cell cannot be taken as it is.

    Args:
        problem, mend: English msgids with named %-places: what is wrong, and how to mend it.
        suggest: text that would be right, where one is likely.
        facts: values for the %-places; never an ID number, a phone number or an address.
    """

    def __init__(self, problem: str, mend: str, suggest: str = "", **facts: Any) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend
        self.suggest = suggest
        self.facts = facts | {"suggest": suggest} if suggest else facts

    def noted(self, column: str, cell: str) -> dict[str, Any]:
        """The problem as it is kept on a staged row."""
        note = {"column": column, "cell": cell, "problem": self.problem, "mend": self.mend, "facts": self.facts}
        return note | {"suggest": self.suggest} if self.suggest else note


def said(text: str, facts: dict[str, Any]) -> str:
    """A msgid in the active language with its facts filled in."""
    return gettext(text) % facts if facts else gettext(text)


def spoken(note: dict[str, Any], heading: str = "") -> dict[str, str]:
    """A kept problem in the active language: {column, heading, cell, problem, mend, suggest}."""
    facts = note.get("facts") or {}
    return {
        "column": note["column"],
        "heading": heading,
        "cell": note["cell"],
        "problem": said(note["problem"], facts),
        "mend": said(note["mend"], facts),
        "suggest": note.get("suggest", ""),
    }
