"""
Which queue a solve waits in, and how much memory it may take there.

A county may be solved for ten minutes. What a person waits for, a freed place or one township, must not stand behind
that, so it has a queue of its own. Both queues together stay within `SOLVER_MEMORY_MB`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.utils import timezone

from matching.selectors import targeted_children

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from backend.roster.models import Area
    from matching.models import Scheme

SolveQueue = Literal["quick", "solve"]
QUICK: SolveQueue = "quick"
LONG: SolveQueue = "solve"
MOST_QUICK_SLOTS = 2_500
"""Places up to which a run counts as small: a township with all its schemes, solved within seconds."""
MOST_QUICK_SECONDS = 120
_LEAST_MB = 128


def queue_of_run(schemes: Sequence[Scheme], area: Area, *, seconds: int, now: datetime) -> SolveQueue:
    """The queue of a run over these schemes; one that may take minutes is not small, however few its places."""
    if seconds > MOST_QUICK_SECONDS:
        return LONG
    return queue_of_slots(sum(_slots(scheme, area, now) for scheme in schemes))


def queue_of_slots(slots: int) -> SolveQueue:
    """The queue of a problem of so many places."""
    return QUICK if slots <= MOST_QUICK_SLOTS else LONG


def _slots(scheme: Scheme, area: Area, now: datetime) -> int:
    """How many places a scheme may have in an area, before anybody is asked for consent."""
    children = targeted_children(scheme, timezone.localdate(now)).filter(village__code__startswith=area.code)
    return children.count() * sum(scheme.slot_rules.values_list("count", flat=True))


def memory_mb(queue: str) -> int:
    """
    What one solve of a queue may plan for, in mebibytes.

    The two shares sum to the setting (to 256 at least), so that one solve of each queue at a time keeps within it.
    """
    quick = max(_LEAST_MB, settings.SOLVER_MEMORY_MB // 3)
    return quick if queue == QUICK else max(_LEAST_MB, settings.SOLVER_MEMORY_MB - quick)
