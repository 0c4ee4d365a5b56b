"""Children and helpers as columns: what the rules and the score may know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Q

from backend.roster.models import Child, Helper, HelperRole, TeachingPost
from backend.roster.selectors import live_clearances
from backend.roster.services.buddies import children_who_may_help
from backend.roster.vocabulary import needs_mask, service_mask
from matching.core.facts import ALWAYS, ChildColumns, HelperColumns
from matching.models import PlaceRole
from matching.selectors import targeted_children
from matching.translation.columns import SEXES, column, day_number, few

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from backend.roster.models import Area
    from matching.models import SlotRule

UNCOUNTED = 10_000
"""Stands for "no limit" where a scheme does not count: more than one person can hold, and small enough to add up."""
_ROLE_BITS = {PlaceRole.CADRE: 1, PlaceRole.TEACHER: 2, PlaceRole.ELDER: 4, PlaceRole.VOLUNTEER: 8, PlaceRole.PEER: 16}
# An elder of a kind holds this bit too, so that a place may ask for some kinds only.
_ELDER_BITS = {kind: 32 << number for number, kind in enumerate(HelperRole.ElderKind.values)}


def role_mask(rule: SlotRule) -> int:
    """The bits of which one is enough to fill a place."""
    mask = 0
    for role in rule.roles:
        kinds = rule.elder_kinds if role == PlaceRole.ELDER else []
        mask |= sum(_ELDER_BITS[kind] for kind in kinds) if kinds else _ROLE_BITS[PlaceRole(role)]
    return mask


_CHILD_FIELDS = (
    "pk", "need_level", "sex", "school_id", "school_class_id", "village_id", "village__parent_id",
    "village__parent__parent_id", "x_m", "y_m", "birth_date", "needs", "village__x_m", "village__y_m",
)  # fmt: skip


def child_columns(child_ids: list[int]) -> ChildColumns:
    wanted = set(child_ids)
    found = few(Child.objects.order_by("pk"), "pk", wanted).values_list(*_CHILD_FIELDS)
    rows = [row for row in found.iterator(5000) if row[0] in wanted]
    return ChildColumns(
        level=column((row[1] for row in rows), np.int8),
        sex=column((SEXES[row[2]] for row in rows), np.int8),
        school=column((row[3] for row in rows), np.int32),
        klass=column((row[4] for row in rows), np.int32),
        village=column((row[5] for row in rows), np.int32),
        township=column((row[6] for row in rows), np.int32),
        county=column((row[7] for row in rows), np.int32),
        x_m=column((row[8] if row[8] is not None else row[12] for row in rows), np.int32),
        y_m=column((row[9] if row[9] is not None else row[13] for row in rows), np.int32),
        birth_day=column((day_number(row[10]) for row in rows), np.int32),
        needs=column((needs_mask(row[11]) for row in rows), np.int64),
    )


_HELPER_FIELDS = (
    "pk", "sex", "unit_id", "unit__kind", "village_id", "township_id", "township__parent_id", "x_m", "y_m",
    "birth_date", "skills", "total_limit", "share_permille", "unit__x_m", "unit__y_m", "state",
    "peer_child__school_class_id",
)  # fmt: skip


def helper_columns(
    rules: Sequence[SlotRule],
    area: Area,
    today: date,
    *,
    holders: set[int],
    room: Mapping[int, int] | None,
    only_helper: int | None = None,
) -> tuple[list[int], HelperColumns]:
    """
    Read everybody in reach who holds a role the rules ask for, and whoever holds a place already.

    Args:
        holders: helpers who hold a place of the run, read wherever they live.
        room: places left to a helper who holds some elsewhere, everybody else has all of their limit; None where no
            place of the run counts towards anybody's limit.

    Returns:
        (row ids by position, the columns).
    """
    roles = _roles_by_helper(rules, today, only_helper)
    rows = [
        row
        for row in _in_reach(area, only_helper).values_list(*_HELPER_FIELDS).iterator(5000)
        if row[0] in holders or (row[0] in roles and row[15] == Helper.State.ACTIVE)
    ]
    known = {row[0] for row in rows}
    rows += list(Helper.objects.filter(pk__in=holders - known).values_list(*_HELPER_FIELDS))
    ids = [row[0] for row in rows]
    cleared = _clearances(ids, today) | {row[0]: (0, ALWAYS) for row in rows if row[16] is not None}
    heads, teaches = _teaching(ids)
    teaches += [(at, row[16]) for at, row in enumerate(rows) if row[16] is not None]
    return ids, HelperColumns(
        roles=column((roles.get(pk, 0) for pk in ids), np.int64),
        sex=column((SEXES[row[1]] for row in rows), np.int8),
        school=column((row[2] if row[3] == "SCHOOL" else None for row in rows), np.int32),
        heads_class=column((heads.get(pk) for pk in ids), np.int32),
        village=column((row[4] for row in rows), np.int32),
        township=column((row[5] for row in rows), np.int32),
        county=column((row[6] for row in rows), np.int32),
        x_m=column((row[7] if row[7] is not None else row[13] for row in rows), np.int32),
        y_m=column((row[8] if row[8] is not None else row[14] for row in rows), np.int32),
        birth_day=column((day_number(row[9]) for row in rows), np.int32),
        offers=column((service_mask(row[10]) for row in rows), np.int64),
        cleared_from=column((cleared.get(pk, (None, None))[0] for pk in ids), np.int32),
        cleared_until=column((cleared.get(pk, (None, None))[1] for pk in ids), np.int32),
        limit=column((_limit(room, row[0], row[11]) for row in rows), np.int32),
        share=column((row[12] for row in rows), np.int16),
        teaches_helper=column((helper for helper, _klass in teaches), np.int32),
        teaches_class=column((klass for _helper, klass in teaches), np.int32),
    )


def _limit(room: Mapping[int, int] | None, helper_id: int, total_limit: int) -> int:
    return UNCOUNTED if room is None else max(0, room.get(helper_id, total_limit))


def _in_reach(area: Area, only_helper: int | None) -> QuerySet[Helper]:
    here = Helper.objects.filter(Q(township__code__startswith=area.code) | Q(unit__area__code__startswith=area.code))
    return (here if only_helper is None else here.filter(pk=only_helper)).order_by("pk")


def _roles_by_helper(rules: Sequence[SlotRule], today: date, only_helper: int | None) -> dict[int, int]:
    """Bits of the roles the schemes ask for, by helper."""
    wanted = {role for rule in rules for role in rule.roles}
    bits: dict[int, int] = {}
    asked = HelperRole.objects.filter(role__in=wanted)
    buddies = _buddies(rules, today) if PlaceRole.PEER in wanted else Helper.objects.none()
    if only_helper is not None:
        asked, buddies = asked.filter(helper_id=only_helper), buddies.filter(pk=only_helper)
    for helper_id, role, kind in asked.values_list("helper_id", "role", "elder_kind"):
        bits[helper_id] = bits.get(helper_id, 0) | _ROLE_BITS[PlaceRole(role)] | _ELDER_BITS.get(kind, 0)
    return bits | dict.fromkeys(buddies.values_list("pk", flat=True), _ROLE_BITS[PlaceRole.PEER])


def _buddies(rules: Sequence[SlotRule], today: date) -> QuerySet[Helper]:
    """
    Classmates who may help at this moment. Where a scheme is for children with a need, a child who has it is helped
    and does not help; where it is for everybody, everybody may do both.
    """
    buddies = Helper.objects.filter(peer_child__in=children_who_may_help(today))
    for scheme in {rule.scheme for rule in rules if PlaceRole.PEER in rule.roles and "needs" in rule.scheme.target}:
        buddies = buddies.exclude(peer_child__in=targeted_children(scheme, today))
    return buddies


def _clearances(ids: Collection[int], today: date) -> dict[int, tuple[int, int]]:
    """Per helper the background check that holds today and ends latest, as day numbers."""
    wanted = set(ids)
    best: dict[int, tuple[int, int]] = {}
    rows = few(live_clearances().filter(issued_date__lte=today).order_by("expires_date"), "helper_id", wanted)
    for helper_id, issued, expires in rows.values_list("helper_id", "issued_date", "expires_date"):
        if helper_id in wanted:
            best[helper_id] = (issued.toordinal(), expires.toordinal())
    return best


def _teaching(ids: list[int]) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """(class headed, by helper; (helper position, class) of every class taught)."""
    at = {pk: position for position, pk in enumerate(ids)}
    heads: dict[int, int] = {}
    teaches: list[tuple[int, int]] = []
    posts = few(TeachingPost.objects.all(), "helper_id", ids)
    for helper_id, class_id, is_head in posts.values_list("helper_id", "school_class_id", "is_head"):
        if helper_id in at:
            teaches.append((at[helper_id], class_id))
            if is_head:
                heads[helper_id] = class_id
    return heads, teaches
