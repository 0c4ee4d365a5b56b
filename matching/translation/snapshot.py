"""Rows to problem: everything one run reads, as columns."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import F
from django.utils import timezone

from backend.accounts.models import Role
from backend.roster.models import Area, Child, Consent, Exclusion, Helper, HelperRole, TeachingPost
from backend.roster.selectors import live_clearances
from backend.roster.vocabulary import needs_mask, service_mask
from matching.core.build import build_problem
from matching.core.facts import (
    UNKNOWN,
    ChildColumns,
    Facts,
    HelperColumns,
    PairColumns,
    Reach,
    SchemeRules,
    Sex,
    SexRule,
    SlotColumns,
    SlotKind,
    Weights,
)
from matching.core.problem import save_problem
from matching.models import HelperLoad, LeftOut, Offer, Pairing, Slot, SlotRule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime
    from pathlib import Path

    from django.db.models import QuerySet

    from backend.roster.models import Area
    from matching.core.problem import MatchingProblem
    from matching.models import Scheme

# Up to so many ids are named in a statement; above that, reading everything is quicker.
_FEW = 500
_ROLE_BITS = {Role.CADRE: 1, Role.TEACHER: 2, Role.ELDER: 4, Role.VOLUNTEER: 8}
_SEXES = {"M": Sex.MALE, "F": Sex.FEMALE}
_EXCLUSION_CODES = {reason: number for number, reason in enumerate(Exclusion.Reason.values, start=1)}


@dataclass(frozen=True)
class Snapshot:
    """
    What one run reads, with the way back from positions to rows.

    Args:
        facts: the core's columns; positions below index them.
        slot_ids, child_ids, helper_ids: row ids by position.
        held: (slot position, helper position) of places that stand: open pairings and open offers.
        left_out: (child row id, reason) of children who are not solved.
    """

    facts: Facts
    slot_ids: list[int]
    child_ids: list[int]
    helper_ids: list[int]
    left_out: list[tuple[int, str]]


def target_children(scheme: Scheme, area: Area) -> tuple[list[int], list[tuple[int, str]]]:
    """(row ids of the children to solve, (row id, reason) of those left out), each in order of id."""
    children = Child.objects.filter(
        state=Child.State.ACTIVE, need_level__in=scheme.target_levels, village__code__startswith=area.code
    )
    agreed = set(
        Consent.objects.filter(purpose=Consent.Purpose.MATCHING, withdrawn_at=None, child__in=children).values_list(
            "child_id", flat=True
        )
    )
    everyone = list(children.order_by("pk").values_list("pk", flat=True))
    left_out = [(pk, LeftOut.Reason.NO_CONSENT.value) for pk in everyone if pk not in agreed]
    return [pk for pk in everyone if pk in agreed], left_out


def take_snapshot(
    *,
    scheme: Scheme,
    area: Area,
    slots: list[Slot],
    left_out: list[tuple[int, str]],
    now: datetime,
    only_helper: int | None = None,
) -> Snapshot:
    """
    Read everything one run needs. No transaction needs to be open; publishing checks each pair again.

    Args:
        slots: the places to fill, ordered; their rules belong to `scheme`.
        only_helper: read one helper instead of everybody within reach, to judge a single pair.
    """
    rules = list(scheme.slot_rules.order_by("position", "pk"))
    standing = _standing(slots)
    child_ids = sorted({slot.child_id for slot in slots})
    children = _child_columns(child_ids)
    helper_ids, helpers = _helper_columns(rules, area, timezone.localdate(now), standing, only_helper)
    child_at = {pk: at for at, pk in enumerate(child_ids)}
    helper_at = {pk: at for at, pk in enumerate(helper_ids)}
    locked = _held_pairs(slots, standing, helper_at)
    facts = Facts(
        children=children,
        helpers=helpers,
        slots=_slot_columns(slots, rules, child_at, is_bundled=scheme.is_bundled),
        schemes=(_scheme_rules(scheme, rules, timezone.localdate(now)),),
        exclusions=_exclusions(child_at, helper_at),
        kept=locked,
        locked=locked,
    )
    return Snapshot(facts, [slot.pk for slot in slots], child_ids, helper_ids, left_out)


def write_problem(snapshot: Snapshot, path: Path) -> MatchingProblem:
    """Build the core's arrays and write them for the solver's process: positions only, nobody's name."""
    problem = build_problem(snapshot.facts)
    save_problem(problem, path)
    return problem


def input_hash(problem: MatchingProblem) -> str:
    """SHA-256 over every array of the problem: equal inputs give equal answers."""
    digest = hashlib.sha256()
    for item in fields(problem):
        column = getattr(problem, item.name)
        digest.update(item.name.encode())
        digest.update(b"-" if column is None else np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def _column(values: Iterable[int | None], dtype: Any) -> Any:
    return np.fromiter((UNKNOWN if value is None else value for value in values), dtype)


def _day(value: date | None) -> int | None:
    return value.toordinal() if value is not None else None


_CHILD_FIELDS = (
    "pk", "need_level", "sex", "school_id", "school_class_id", "village_id", "village__parent_id",
    "village__parent__parent_id", "x_m", "y_m", "birth_date", "needs", "village__x_m", "village__y_m",
)  # fmt: skip


def _child_columns(child_ids: list[int]) -> ChildColumns:
    wanted = set(child_ids)
    found = _few(Child.objects.order_by("pk"), "pk", wanted).values_list(*_CHILD_FIELDS)
    rows = [row for row in found.iterator(5000) if row[0] in wanted]
    return ChildColumns(
        level=_column((row[1] for row in rows), np.int8),
        sex=_column((_SEXES[row[2]] for row in rows), np.int8),
        school=_column((row[3] for row in rows), np.int32),
        klass=_column((row[4] for row in rows), np.int32),
        village=_column((row[5] for row in rows), np.int32),
        township=_column((row[6] for row in rows), np.int32),
        county=_column((row[7] for row in rows), np.int32),
        x_m=_column((row[8] if row[8] is not None else row[12] for row in rows), np.int32),
        y_m=_column((row[9] if row[9] is not None else row[13] for row in rows), np.int32),
        birth_day=_column((_day(row[10]) for row in rows), np.int32),
        needs=_column((needs_mask(row[11]) for row in rows), np.int64),
    )


_HELPER_FIELDS = (
    "pk", "sex", "unit_id", "unit__kind", "village_id", "township_id", "township__parent_id", "x_m", "y_m",
    "birth_date", "skills", "total_limit", "share_permille", "unit__x_m", "unit__y_m", "state",
)  # fmt: skip


def _helper_columns(
    rules: list[SlotRule], area: Area, today: date, standing: list[tuple[int, int]], only_helper: int | None
) -> tuple[list[int], HelperColumns]:
    holders = {helper for _slot, helper in standing}
    roles = _roles_by_helper(rules, only_helper)
    code = area.code
    reachable = Helper.objects.filter(township__code__startswith=code) | Helper.objects.filter(
        unit__area__code__startswith=code
    )
    if only_helper is not None:
        reachable = reachable.filter(pk=only_helper)
    rows = [
        row
        for row in reachable.distinct().order_by("pk").values_list(*_HELPER_FIELDS).iterator(5000)
        if row[0] in holders or (row[0] in roles and row[15] == Helper.State.ACTIVE)
    ]
    known = {row[0] for row in rows}
    rows += list(Helper.objects.filter(pk__in=holders - known).values_list(*_HELPER_FIELDS))
    ids = [row[0] for row in rows]
    cleared = _clearances(ids, today)
    heads, teaches = _teaching(ids)
    elsewhere = _held_elsewhere(standing)
    return ids, HelperColumns(
        roles=_column((roles.get(pk, 0) for pk in ids), np.int64),
        sex=_column((_SEXES[row[1]] for row in rows), np.int8),
        school=_column((row[2] if row[3] == "SCHOOL" else None for row in rows), np.int32),
        heads_class=_column((heads.get(pk) for pk in ids), np.int32),
        village=_column((row[4] for row in rows), np.int32),
        township=_column((row[5] for row in rows), np.int32),
        county=_column((row[6] for row in rows), np.int32),
        x_m=_column((row[7] if row[7] is not None else row[13] for row in rows), np.int32),
        y_m=_column((row[8] if row[8] is not None else row[14] for row in rows), np.int32),
        birth_day=_column((_day(row[9]) for row in rows), np.int32),
        offers=_column((service_mask(row[10]) for row in rows), np.int64),
        cleared_from=_column((cleared.get(pk, (None, None))[0] for pk in ids), np.int32),
        cleared_until=_column((cleared.get(pk, (None, None))[1] for pk in ids), np.int32),
        limit=_column((max(0, row[11] - elsewhere.get(row[0], 0)) for row in rows), np.int32),
        share=_column((row[12] for row in rows), np.int16),
        teaches_helper=_column((helper for helper, _klass in teaches), np.int32),
        teaches_class=_column((klass for _helper, klass in teaches), np.int32),
    )


def _few(rows: QuerySet[Any], column: str, ids: Collection[int]) -> QuerySet[Any]:
    """Only the rows of these ids, where they are few enough to be named in one statement."""
    return rows.filter(**{f"{column}__in": list(ids)}) if len(ids) <= _FEW else rows


def _roles_by_helper(rules: list[SlotRule], only_helper: int | None) -> dict[int, int]:
    """Bits of the roles the scheme asks for, by helper."""
    bits: dict[int, int] = {}
    asked = HelperRole.objects.filter(role__in={rule.role for rule in rules})
    if only_helper is not None:
        asked = asked.filter(helper_id=only_helper)
    for helper_id, role in asked.values_list("helper_id", "role"):
        bits[helper_id] = bits.get(helper_id, 0) | _ROLE_BITS[Role(role)]
    return bits


def _clearances(ids: list[int], today: date) -> dict[int, tuple[int, int]]:
    """Per helper the background check that holds today and ends latest, as day numbers."""
    wanted = set(ids)
    best: dict[int, tuple[int, int]] = {}
    rows = _few(live_clearances().filter(issued_date__lte=today).order_by("expires_date"), "helper_id", wanted)
    for helper_id, issued, expires in rows.values_list("helper_id", "issued_date", "expires_date"):
        if helper_id in wanted:
            best[helper_id] = (issued.toordinal(), expires.toordinal())
    return best


def _teaching(ids: list[int]) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """(class headed, by helper; (helper position, class) of every class taught)."""
    at = {pk: position for position, pk in enumerate(ids)}
    heads: dict[int, int] = {}
    teaches: list[tuple[int, int]] = []
    posts = _few(TeachingPost.objects.all(), "helper_id", ids)
    for helper_id, class_id, is_head in posts.values_list("helper_id", "school_class_id", "is_head"):
        if helper_id in at:
            teaches.append((at[helper_id], class_id))
            if is_head:
                heads[helper_id] = class_id
    return heads, teaches


def _slot_columns(
    slots: list[Slot], rules: list[SlotRule], child_at: dict[int, int], *, is_bundled: bool
) -> SlotColumns:
    kind_at = {rule.pk: at for at, rule in enumerate(rules)}
    child = _column((child_at[slot.child_id] for slot in slots), np.int32)
    return SlotColumns(
        child=child,
        scheme=np.zeros(len(slots), np.int16),
        kind=_column((kind_at[slot.rule_id] for slot in slots), np.int16),
        bundle=child.copy() if is_bundled else np.full(len(slots), UNKNOWN, np.int32),
        turn=_column((slot.turn for slot in slots), np.int8),
    )


def _scheme_rules(scheme: Scheme, rules: list[SlotRule], today: date) -> SchemeRules:
    end = max(scheme.term.end_date, today)
    return SchemeRules(
        code=scheme.key,
        kinds=tuple(_slot_kind(rule) for rule in rules),
        start_day=max(scheme.term.start_date, today).toordinal(),
        end_day=end.toordinal(),
        helper_cap=scheme.limit_per_helper,
    )


def _slot_kind(rule: SlotRule) -> SlotKind:
    known = {item.name for item in fields(Weights)}
    nothing = dict.fromkeys((name for name in known if not name.endswith("_m")), 0)
    return SlotKind(
        code=rule.key,
        roles=_ROLE_BITS[Role(rule.role)],
        reach=Reach[rule.reach],
        sex_rule=SexRule.SAME if rule.is_same_sex else SexRule.NONE,
        required_offers=service_mask(rule.required_skills),
        weights=Weights(**nothing | {key: value for key, value in rule.weights.items() if key in known}),
    )


def _exclusions(child_at: dict[int, int], helper_at: dict[int, int]) -> PairColumns:
    rows = [
        (child_at[child], helper_at[helper], _EXCLUSION_CODES[reason])
        for child, helper, reason in _few(Exclusion.objects.all(), "child_id", child_at).values_list(
            "child_id", "helper_id", "reason"
        )
        if child in child_at and helper in helper_at
    ]
    return PairColumns(
        _column((row[0] for row in rows), np.int32),
        _column((row[1] for row in rows), np.int32),
        _column((row[2] for row in rows), np.int16),
    )


def _standing(slots: list[Slot]) -> list[tuple[int, int]]:
    """(slot row id, helper row id) of open pairings and open offers."""
    wanted = {slot.pk for slot in slots}
    open_pairings = Pairing.objects.filter(state__in=("ACTIVE", "SUSPENDED"))
    pairings = _few(open_pairings, "slot_id", wanted).values_list("slot_id", "helper_id")
    offers = _few(Offer.objects.filter(state=Offer.State.SENT), "slot_id", wanted).values_list("slot_id", "helper_id")
    return [row for row in (*pairings, *offers) if row[0] in wanted]


def _held_elsewhere(standing: list[tuple[int, int]]) -> dict[int, int]:
    """Places each helper holds outside this run (another scheme, another area) that count towards the total."""
    held = HelperLoad.objects.filter(scheme=None).annotate(held=F("active") + F("offered")).filter(held__gt=0)
    here = Counter(helper for _slot, helper in standing)
    return {helper: count - here[helper] for helper, count in held.values_list("helper_id", "held")}


def _held_pairs(slots: list[Slot], standing: list[tuple[int, int]], helper_at: dict[int, int]) -> PairColumns:
    slot_at = {slot.pk: at for at, slot in enumerate(slots)}
    pairs = sorted({(slot_at[slot], helper_at[helper]) for slot, helper in standing if helper in helper_at})
    return PairColumns(_column((pair[0] for pair in pairs), np.int32), _column((pair[1] for pair in pairs), np.int32))
