"""Result to rows: what the solver program wrote, back in plain values and names of places."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.roster.bulk import kept
from backend.roster.models import Area, Organisation
from matching.core.candidates import Candidates
from matching.core.result import load_assignment
from matching.core.rules import slot_kinds
from matching.core.score import TERMS
from matching.models import Certificate, ProposedPair, SlotRule
from matching.translation.lone_slots import told_by_place

_LONGEST_NAME = 40

if TYPE_CHECKING:
    from pathlib import Path

    from backend.roster.bulk import Kept
    from matching.core.facts import Facts
    from matching.core.problem import MatchingProblem
    from matching.translation.snapshot import Snapshot


@dataclass(frozen=True)
class Assigned:
    """
    Who fills which place; lists are by slot position.

    Args:
        slot_helper: helper position, -1 = open.
        fit: points of the pair, 0 where open.
        reasons: [[term code, points]] of each pair, as the database keeps them.
    """

    slot_helper: list[int]
    fit: list[int]
    reasons: Kept


@dataclass(frozen=True)
class Answer:
    """
    A verified result in plain values; lists and dicts are by slot position.

    Args:
        slot_helper, fit, reasons: as in `Assigned`.
        alternatives: [[helper row id, price, kind, fit]] as `core.alternatives` says, at most two.
        certificates: columns of `Certificate` rows, with the position of the scheme each belongs to.
        slot_certificate: slot position -> place in that list.
        held: slot positions that stood before the run.
    """

    status: str
    stopped_by: str | None
    tiers: list[dict[str, Any]]
    proofs: dict[str, int]
    is_certified: bool
    seconds: dict[str, float]
    slot_helper: list[int]
    fit: list[int]
    reasons: Kept
    alternatives: dict[int, list[list[int | None]]]
    certificates: list[dict[str, Any]]
    slot_certificate: dict[int, int]
    held: set[int]

    @property
    def largest_load(self) -> int:
        """Most places one person fills in these schemes, those that stood before among them."""
        loads = Counter(helper for helper in self.slot_helper if helper >= 0)
        return max(loads.values(), default=0)

    @property
    def filled(self) -> int:
        return sum(1 for helper in self.slot_helper if helper >= 0)


def read_assigned(snapshot: Snapshot, problem: MatchingProblem, folder: Path) -> Assigned:
    """Bring the solver program's result back to plain values; the program has verified it before writing it."""
    slot_helper = load_assignment(folder / "result.npz")
    reasons = kept(ProposedPair, "reasons", _reasons(snapshot.facts, slot_helper))
    return Assigned(slot_helper.tolist(), _fit_of(problem, slot_helper), reasons)


def read_answer(snapshot: Snapshot, folder: Path, line: str, assigned: Assigned) -> Answer:
    """
    Bring what the solver program says of its result back to plain values.

    Args:
        line: the program's one JSON line.
    """
    facts = json.loads(line)
    why = json.loads((folder / "why.json").read_text())
    held = {int(at) for at in snapshot.facts.locked.first}
    certificates, slot_certificate = _certificates(snapshot, why["certificates"])
    return Answer(
        status=facts["status"],
        stopped_by=facts["stopped_by"],
        tiers=facts["tiers"],
        proofs=facts["proofs"],
        is_certified=facts["certified"],
        seconds=facts["seconds"],
        slot_helper=assigned.slot_helper,
        fit=assigned.fit,
        reasons=assigned.reasons,
        alternatives={slot: _others(snapshot, rows) for slot, rows in why["alternatives"]},
        certificates=certificates,
        slot_certificate=slot_certificate,
        held=held,
    )


def _others(snapshot: Snapshot, rows: list[list[Any]]) -> list[list[int | None]]:
    return [[snapshot.helper_ids[helper], price, kind, fit] for helper, price, kind, fit in rows]


def _fit_of(problem: MatchingProblem, slot_helper: Any) -> list[int]:
    """Points of the chosen pair of each slot."""
    fit = np.zeros(problem.slots, np.int64)
    chosen = slot_helper[problem.arc_slot] == problem.arc_helper
    fit[problem.arc_slot[chosen]] = problem.arc_fit[chosen]
    points: list[int] = fit.tolist()
    return points


def _reasons(facts: Facts, slot_helper: Any) -> list[list[list[Any]]]:
    """[[term code, points]] of each filled slot, the weightiest first; terms worth nothing are left out."""
    reasons: list[list[list[Any]]] = [[] for _ in range(len(slot_helper))]
    filled = np.flatnonzero(slot_helper >= 0)
    for scheme, kind in slot_kinds(facts):
        here = filled[(facts.slots.scheme[filled] == scheme) & (facts.slots.kind[filled] == kind)].astype(np.int32)
        pairs = Candidates(facts, scheme, kind, here, slot_helper[here], facts.locked)
        for term in TERMS:
            points = term.points(pairs)
            counted = np.flatnonzero(points)
            for slot, worth in zip(here[counted].tolist(), points[counted].tolist(), strict=True):
                reasons[slot].append([term.code, worth])
    for terms in reasons:
        terms.sort(key=lambda term: -term[1])
    return reasons


def _certificates(snapshot: Snapshot, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[int, int]]:
    """
    Certificates as columns of rows, named after the place most of their children share.

    Each belongs to one scheme; what several schemes are short of together is said once in each, every scheme counting
    its own open places only.
    """
    names = _PlaceNames(snapshot)
    certificates: list[dict[str, Any]] = []
    slot_certificate: dict[int, int] = {}
    for row in told_by_place(snapshot.facts, rows, names.place_of):
        for scheme, still_open in _by_scheme(snapshot, row["open"] or row["slots"]).items():
            slot_certificate |= dict.fromkeys(still_open if row["open"] else [], len(certificates))
            certificates.append(_certificate(snapshot, names, row, scheme, still_open))
    return certificates, slot_certificate


def _by_scheme(snapshot: Snapshot, slots: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for slot in slots:
        found.setdefault(int(snapshot.facts.slots.scheme[slot]), []).append(slot)
    return found


def _certificate(
    snapshot: Snapshot, names: _PlaceNames, row: dict[str, Any], scheme: int, still_open: list[int]
) -> dict[str, Any]:
    slots = row["slots"] or row["open"]
    is_shared = len(_by_scheme(snapshot, row["open"] or slots)) > 1
    return {
        "scheme": scheme,
        "slot_name": names.kind_of(_named_by(row, still_open, is_shared=is_shared)),
        "place_name": names.place_of(slots),
        "kind": Certificate.Kind.JOINT.value if is_shared else row["kind"],
        "children": len({int(snapshot.facts.slots.child[slot]) for slot in slots}),
        "helpers": len(row["helpers"]),
        "places": row["places"],
        "needed": row["needed"],
        "short": len(still_open) if is_shared else row["short"],
        "level": max(row["levels"], default=1),
    }


def _named_by(row: dict[str, Any], still_open: list[int], *, is_shared: bool) -> list[int]:
    """The slots whose kinds say what is short: of several schemes its own, of a pair the scarce side."""
    if is_shared:
        return still_open
    return row["slots"] if row["kind"] == "pair" else row["open"] or row["slots"]  # type: ignore[no-any-return]


class _PlaceNames:
    """Names for certificates: the school where helpers must be of the school, else the township or county."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.facts = snapshot.facts
        self.rules = snapshot.rules
        self.schools = dict(Organisation.objects.values_list("pk", "name"))
        self.areas = dict(Area.objects.values_list("pk", "name"))

    def rules_of(self, slots: list[int]) -> list[SlotRule]:
        """The kinds of place these slots are, each once."""
        columns = self.facts.slots
        kinds = sorted({(int(columns.scheme[slot]), int(columns.kind[slot])) for slot in slots})
        return [self.rules[scheme][kind] for scheme, kind in kinds]

    def kind_of(self, slots: list[int]) -> str:
        return "、".join(dict.fromkeys(rule.name for rule in self.rules_of(slots)))[:_LONGEST_NAME]

    def place_of(self, slots: list[int]) -> str:
        """The one school, village or township all these children share; the widest shared place otherwise."""
        children = self.facts.children
        at = self.facts.slots.child[slots]
        reach = {rule.reach for rule in self.rules_of(slots)}
        columns = [(children.township, self.areas), (children.county, self.areas)]
        if reach <= {SlotRule.Reach.SCHOOL, SlotRule.Reach.SAME_CLASS}:
            columns.insert(0, (children.school, self.schools))
        elif reach <= {SlotRule.Reach.VILLAGE}:
            columns.insert(0, (children.village, self.areas))
        for column, names in columns:
            keys = set(column[at].tolist())
            if len(keys) == 1 and next(iter(keys)) in names:
                return names[next(iter(keys))]
        return ""
