"""Children and helpers as columns: what the rules and the score may know of them."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Q

from backend.roster.models import Child, Helper, HelperRole, TeachingPost
from backend.roster.selectors import live_clearances
from backend.roster.services.buddies import children_who_may_help
from backend.roster.vocabulary import needs_mask, service_mask
from matching.core.facts import ALWAYS, ChildColumns, HelperColumns
from matching.models import PlaceRole
from matching.selectors import targeted_children
from matching.translation.columns import SEXES, as_text, column, columns_of, day_numbers, few

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

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
    "village__parent__parent_id", "x_m", "y_m", "born", "needs_text", "village__x_m", "village__y_m",
)  # fmt: skip


def child_columns(child_ids: list[int]) -> ChildColumns:
    wanted = set(child_ids)
    asked = few(Child.objects.order_by("pk"), "pk", wanted)
    asked = asked.annotate(needs_text=as_text("needs"), born=as_text("birth_date"))
    rows = [row for row in asked.values_list(*_CHILD_FIELDS).iterator(5000) if row[0] in wanted]
    of = columns_of(rows, _CHILD_FIELDS)
    return ChildColumns(
        level=column(of["need_level"], np.int8),
        sex=column([SEXES[sex] for sex in of["sex"]], np.int8),
        school=column(of["school_id"], np.int32),
        klass=column(of["school_class_id"], np.int32),
        village=column(of["village_id"], np.int32),
        township=column(of["village__parent_id"], np.int32),
        county=column(of["village__parent__parent_id"], np.int32),
        x_m=column(_first_known(of["x_m"], of["village__x_m"]), np.int32),
        y_m=column(_first_known(of["y_m"], of["village__y_m"]), np.int32),
        birth_day=column(day_numbers(of["born"]), np.int32),
        needs=column(_masks(of["needs_text"], needs_mask), np.int64),
    )


def _first_known(own: Sequence[int | None], other: Sequence[int | None]) -> list[int | None]:
    """Where somebody lives, else where their village or unit is."""
    return [there if here is None else here for here, there in zip(own, other, strict=True)]


def _masks(lists: Sequence[str], mask: Callable[[list[str]], int]) -> list[int]:
    """The mask of each list of words, handed over as JSON: a county writes the same few lists thousands of times."""
    known = {text: mask(json.loads(text)) for text in set(lists)}
    return [known[text] for text in lists]


_HELPER_FIELDS = (
    "pk", "sex", "unit_id", "unit__kind", "village_id", "township_id", "township__parent_id", "x_m", "y_m",
    "born", "skills_text", "total_limit", "share_permille", "unit__x_m", "unit__y_m", "state",
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
    rows = _helper_rows(area, roles, holders, only_helper)
    of = columns_of(rows, _HELPER_FIELDS)
    ids, classes = list(of["pk"]), of["peer_child__school_class_id"]
    peers = [(at, klass) for at, klass in enumerate(classes) if klass is not None]
    cleared = _clearances(ids, today) | {ids[at]: (0, ALWAYS) for at, _klass in peers}
    heads, teaches = _teaching(ids)
    teaches += peers
    return ids, HelperColumns(
        roles=column([roles.get(pk, 0) for pk in ids], np.int64),
        sex=column([SEXES[sex] for sex in of["sex"]], np.int8),
        school=column(_schools(of["unit_id"], of["unit__kind"]), np.int32),
        heads_class=column([heads.get(pk) for pk in ids], np.int32),
        village=column(of["village_id"], np.int32),
        township=column(of["township_id"], np.int32),
        county=column(of["township__parent_id"], np.int32),
        x_m=column(_first_known(of["x_m"], of["unit__x_m"]), np.int32),
        y_m=column(_first_known(of["y_m"], of["unit__y_m"]), np.int32),
        birth_day=column(day_numbers(of["born"]), np.int32),
        offers=column(_masks(of["skills_text"], service_mask), np.int64),
        cleared_from=column([cleared.get(pk, (None, None))[0] for pk in ids], np.int32),
        cleared_until=column([cleared.get(pk, (None, None))[1] for pk in ids], np.int32),
        limit=column([_limit(room, pk, most) for pk, most in zip(ids, of["total_limit"], strict=True)], np.int32),
        share=column(of["share_permille"], np.int16),
        teaches_helper=column([helper for helper, _klass in teaches], np.int32),
        teaches_class=column([klass for _helper, klass in teaches], np.int32),
    )


def _helper_rows(
    area: Area, roles: Collection[int], holders: set[int], only_helper: int | None
) -> list[tuple[Any, ...]]:
    """`_HELPER_FIELDS` of everybody who is to be read, those in reach first."""
    everybody = Helper.objects.annotate(skills_text=as_text("skills"), born=as_text("birth_date"))
    state = _HELPER_FIELDS.index("state")
    rows = [
        row
        for row in _in_reach(everybody, area, only_helper).values_list(*_HELPER_FIELDS).iterator(5000)
        if row[0] in holders or (row[0] in roles and row[state] == Helper.State.ACTIVE)
    ]
    known = {row[0] for row in rows}
    return rows + list(everybody.filter(pk__in=holders - known).values_list(*_HELPER_FIELDS))


def _schools(units: Sequence[int | None], kinds: Sequence[str | None]) -> list[int | None]:
    return [unit if kind == "SCHOOL" else None for unit, kind in zip(units, kinds, strict=True)]


def _limit(room: Mapping[int, int] | None, helper_id: int, total_limit: int) -> int:
    return UNCOUNTED if room is None else max(0, room.get(helper_id, total_limit))


def _in_reach(everybody: QuerySet[Helper], area: Area, only_helper: int | None) -> QuerySet[Helper]:
    here = everybody.filter(Q(township__code__startswith=area.code) | Q(unit__area__code__startswith=area.code))
    return (here if only_helper is None else here.filter(pk=only_helper)).order_by("pk")


def _roles_by_helper(rules: Sequence[SlotRule], today: date, only_helper: int | None) -> dict[int, int]:
    """Bits of the roles the schemes ask for, by helper."""
    wanted = {role for rule in rules for role in rule.roles}
    bits: dict[int, int] = {}
    asked = HelperRole.objects.filter(role__in=wanted)
    buddies = _buddies(rules, today) if PlaceRole.PEER in wanted else Helper.objects.none()
    if only_helper is not None:
        asked, buddies = asked.filter(helper_id=only_helper), buddies.filter(pk=only_helper)
    bit = {str(role): one for role, one in _ROLE_BITS.items()}
    for helper_id, role, kind in asked.values_list("helper_id", "role", "elder_kind"):
        bits[helper_id] = bits.get(helper_id, 0) | bit[role] | _ELDER_BITS.get(kind, 0)
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
    live = live_clearances().filter(issued_date__lte=today).order_by("expires_date")
    rows = few(live, "helper_id", wanted).annotate(since=as_text("issued_date"), until=as_text("expires_date"))
    # The last one read of each helper ends latest.
    best = {helper: (since, until) for helper, since, until in rows.values_list("helper_id", "since", "until")}
    number = {day: date.fromisoformat(day).toordinal() for pair in best.values() for day in pair}
    return {helper: (number[since], number[until]) for helper, (since, until) in best.items() if helper in wanted}


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
