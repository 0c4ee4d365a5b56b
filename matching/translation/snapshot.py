"""Rows to problem: everything one run reads, as columns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from django.utils import timezone

from backend.roster.models import Consent
from backend.roster.vocabulary import service_mask
from matching.core.build import build_problem
from matching.core.facts import UNKNOWN, Facts, Reach, SchemeRules, SexRule, SlotColumns, SlotKind, Weights
from matching.core.problem import save_problem
from matching.models import LeftOut
from matching.selectors import applied_children, targeted_children
from matching.translation.columns import column
from matching.translation.people import child_columns, helper_columns, role_mask
from matching.translation.standing import caps_left, exclusions, held_pairs, standing_of, total_room, wishes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from backend.roster.models import Area
    from matching.core.problem import MatchingProblem
    from matching.models import Scheme, Slot, SlotRow, SlotRule

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Snapshot:
    """
    What one run reads, with the way back from positions to rows.

    Args:
        facts: the core's columns; positions below index them.
        schemes, rules: by the positions `facts.slots` names: schemes, and the kinds of place of each.
        slot_ids, child_ids, helper_ids: row ids by position.
        left_out: (child row id, reason) of children who are not solved.
    """

    facts: Facts
    schemes: Sequence[Scheme]
    rules: list[list[SlotRule]]
    slot_ids: list[int]
    child_ids: list[int]
    helper_ids: list[int]
    left_out: list[tuple[int, str]]


def target_children(scheme: Scheme, area: Area, today: date) -> tuple[list[int], list[tuple[int, str]]]:
    """(row ids of the children to solve, (row id, reason) of those left out), each in order of id."""
    children = targeted_children(scheme, today).filter(village__code__startswith=area.code)
    agreed = set(
        Consent.objects.filter(purpose=Consent.Purpose.MATCHING, withdrawn_at=None)
        .filter(child__village__code__startswith=area.code)
        .values_list("child_id", flat=True)
    )
    everyone = list(children.order_by("pk").values_list("pk", flat=True))
    applied = set(everyone)
    if scheme.needs_application:
        applied &= set(applied_children(scheme).values_list("pk", flat=True))
    # Who is not applied for is told that first: the guardian is asked in the course of the application.
    reasons = {pk: LeftOut.Reason.NO_CONSENT.value for pk in everyone if pk not in agreed}
    reasons |= {pk: LeftOut.Reason.NOT_APPLIED.value for pk in everyone if pk not in applied}
    return [pk for pk in everyone if pk not in reasons], sorted(reasons.items())


def take_snapshot(
    *,
    schemes: Sequence[Scheme],
    area: Area,
    slots: Sequence[Slot | SlotRow],
    left_out: list[tuple[int, str]],
    now: datetime,
    only_helper: int | None = None,
) -> Snapshot:
    """
    Read everything one run needs. No transaction needs to be open; publishing checks each pair again.

    Args:
        schemes: those solved together; either all count towards a helper's total or none does.
        slots: the places to fill, of these schemes.
        only_helper: read one helper instead of everybody within reach, to judge a single pair.
    """
    today = timezone.localdate(now)
    rules = [list(scheme.slot_rules.select_related("scheme").order_by("position", "pk")) for scheme in schemes]
    scheme_at = {rule.pk: at for at, book in enumerate(rules) for rule in book}
    scheme_of = {slot.pk: schemes[scheme_at[slot.rule_id]].pk for slot in slots}
    standing = standing_of(scheme_of)
    counting = {scheme.pk for scheme in schemes if scheme.counts_towards_total}
    child_ids = sorted({slot.child_id for slot in slots})
    helper_ids, helpers = helper_columns(
        [rule for book in rules for rule in book],
        area,
        today,
        holders=standing.holders,
        room=total_room(standing, counting) if counting else None,
        only_helper=only_helper,
    )
    child_at = {pk: at for at, pk in enumerate(child_ids)}
    helper_at = {pk: at for at, pk in enumerate(helper_ids)}
    held = held_pairs(slots, standing, helper_at)
    facts = Facts(
        children=child_columns(child_ids),
        helpers=helpers,
        slots=_slot_columns(slots, schemes, rules, child_at),
        schemes=tuple(_scheme_rules(scheme, book, today) for scheme, book in zip(schemes, rules, strict=True)),
        exclusions=exclusions(child_at, helper_at, scheme_of),
        kept=held,
        locked=held,
        wishes=wishes(child_at, helper_at),
        caps=caps_left(schemes, standing, helper_at),
    )
    return Snapshot(facts, schemes, rules, [slot.pk for slot in slots], child_ids, helper_ids, left_out)


def write_problem(snapshot: Snapshot, path: Path) -> MatchingProblem:
    """Build the core's arrays and write them for the solver's process: positions only, nobody's name."""
    problem = build_problem(snapshot.facts)
    save_problem(problem, path)
    return problem


def input_hash(problem: MatchingProblem) -> str:
    """SHA-256 over every array of the problem: equal inputs give equal answers."""
    digest = hashlib.sha256()
    for item in fields(problem):
        values = getattr(problem, item.name)
        digest.update(item.name.encode())
        digest.update(b"-" if values is None else np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _slot_columns(
    slots: Sequence[Slot | SlotRow], schemes: Sequence[Scheme], rules: list[list[SlotRule]], child_at: Mapping[int, int]
) -> SlotColumns:
    """Places in their order; a bundle is one child's required places of one scheme."""
    where = {rule.pk: (scheme, kind) for scheme, book in enumerate(rules) for kind, rule in enumerate(book)}
    rule_ids = [slot.rule_id for slot in slots]
    child = column([child_at[slot.child_id] for slot in slots], np.int32)
    scheme = column([where[rule][0] for rule in rule_ids], np.int16)
    kind = column([where[rule][1] for rule in rule_ids], np.int16)
    bound = {rule.pk for at, book in enumerate(rules) for rule in book if schemes[at].is_bundled and rule.is_required}
    is_bound = np.array([rule in bound for rule in rule_ids], bool)
    optional = {rule.pk: 0 if rule.is_required else _required_turns(book) for book in rules for rule in book}
    return SlotColumns(
        child=child,
        scheme=scheme,
        kind=kind,
        bundle=np.where(is_bound, child * np.int32(len(schemes)) + scheme, UNKNOWN).astype(np.int32),
        turn=column([slot.turn + optional[slot.rule_id] for slot in slots], np.int8),
    )


def _required_turns(book: list[SlotRule]) -> int:
    """Turns of the required places; places that may stay open come after all of them."""
    return max((rule.count for rule in book if rule.is_required), default=0)


def _scheme_rules(scheme: Scheme, rules: list[SlotRule], today: date) -> SchemeRules:
    end = max(scheme.term.end_date, today)
    return SchemeRules(
        code=scheme.key,
        kinds=tuple(_slot_kind(rule) for rule in rules),
        start_day=max(scheme.term.start_date, today).toordinal(),
        end_day=end.toordinal(),
        helper_cap=scheme.limit_per_helper,
        has_woman_for_girl=scheme.has_woman_for_girl,
    )


def _slot_kind(rule: SlotRule) -> SlotKind:
    known = {item.name for item in fields(Weights)}
    nothing = dict.fromkeys((name for name in known if not name.endswith("_m")), 0)
    return SlotKind(
        code=rule.key,
        roles=role_mask(rule),
        reach=Reach[rule.reach],
        radius_m=rule.radius_m,
        sex_rule=SexRule[rule.sex_rule],
        age_gap_days=round(rule.age_gap_years * DAYS_PER_YEAR),
        required_offers=service_mask(rule.required_skills),
        weights=Weights(**nothing | {key: value for key, value in rule.weights.items() if key in known}),
    )
