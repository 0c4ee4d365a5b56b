"""Who might take one place: everyone the rules allow, the worthiest first, with what speaks for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.build import build_problem
from matching.core.rules import broken_rules, points_of
from matching.translation.snapshot import take_snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from matching.models import Slot
    from matching.translation.snapshot import Snapshot


# What depends on who else holds a place is asked of the load rows and constraints when it is claimed.
_ASKED_ELSEWHERE = frozenset({"limit", "scheme_cap", "same_person", "woman_for_girl"})


@dataclass(frozen=True)
class Candidate:
    """
    One allowed helper for one place.

    Args:
        room: places left in total, pairings and open offers taken off; what the draft gives is not.
    """

    helper_id: int
    points: int
    reasons: list[list[Any]]
    room: int


@dataclass(frozen=True)
class Weighed:
    """
    One helper on one place, by the ledger of one moment.

    Args:
        broken: code of the first rule that forbids it, "" where none does; "role" also for somebody out of reach.
        reasons: [[term code, points]], the weightiest first.
    """

    broken: str
    points: int = 0
    reasons: list[list[Any]] = field(default_factory=list)


def weighed(slot: Slot, helper_id: int, now: datetime) -> Weighed:
    """Read one pair's facts, judge it and weigh it; the reading is what takes the time."""
    scheme = slot.rule.scheme
    snapshot = take_snapshot(
        schemes=[scheme], area=scheme.county, slots=[slot], left_out=[], now=now, only_helper=helper_id
    )
    if helper_id not in snapshot.helper_ids:
        return Weighed("role")
    broken = broken_rules(snapshot.facts, 0, snapshot.helper_ids.index(helper_id))
    return Weighed(next((code for code in broken if code not in _ASKED_ELSEWHERE), ""), *weigh(snapshot, helper_id))


def weigh(snapshot: Snapshot, helper_id: int) -> tuple[int, list[list[Any]]]:
    """(points, [[term code, points]] the weightiest first) of one helper for the snapshot's first place."""
    points = points_of(snapshot.facts, 0, snapshot.helper_ids.index(helper_id))
    reasons = sorted(([code, worth] for code, worth in points.items() if worth), key=_by_points)
    return sum(points.values()), reasons


def _by_points(term: list[Any]) -> int:
    return -int(term[1])


def candidates_for(slot: Slot, *, now: datetime, most: int = 12) -> list[Candidate]:
    """The best helpers no rule forbids for this place, by points, then by row id."""
    scheme = slot.rule.scheme
    snapshot = take_snapshot(schemes=[scheme], area=scheme.county, slots=[slot], left_out=[], now=now)
    problem = build_problem(snapshot.facts)
    order = np.lexsort((problem.arc_helper, -problem.arc_fit.astype(np.int32)))
    found = []
    for at in order[:most].tolist():
        position = int(problem.arc_helper[at])
        helper_id = snapshot.helper_ids[position]
        points, reasons = weigh(snapshot, helper_id)
        found.append(Candidate(helper_id, points, reasons, int(snapshot.facts.helpers.limit[position])))
    return found
