"""The things that wait for a coordinator, listed by harm to a child. The kinds stand in the rooms beside this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.web.coordinator.due_answers import lapsing, lost_messages, questions
from backend.web.coordinator.due_concerns import concerns_due
from backend.web.coordinator.due_drafts import finished_runs, half_sent, objections, open_places, to_review, unpublished
from backend.web.coordinator.due_first import never_matched, not_assessed
from backend.web.coordinator.due_pairings import (
    long_pauses,
    nobody_left,
    paused_helpers,
    suggested,
    to_renew,
    uncleared,
)
from backend.web.coordinator.due_papers import applications, clearances, imports, lowered, unconfirmed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from backend.roster.access import Reader
    from backend.web.coordinator.due_item import Due


def due_for(reader: Reader, now: datetime) -> list[Due]:
    """Everything that waits for the reader, the most harmful first."""
    found = (kind(reader, now) for kind in _KINDS)
    return [item for items in found for item in items]


_KINDS: tuple[Callable[[Reader, datetime], list[Due]], ...] = (
    concerns_due,
    never_matched,
    open_places,
    questions,
    suggested,
    nobody_left,
    uncleared,
    lapsing,
    paused_helpers,
    to_renew,
    clearances,
    objections,
    to_review,
    long_pauses,
    unpublished,
    half_sent,
    finished_runs,
    lowered,
    applications,
    unconfirmed,
    imports,
    lost_messages,
    not_assessed,
)
