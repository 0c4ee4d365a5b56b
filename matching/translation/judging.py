"""Judging pairs that were proposed, offered or chosen by hand against the ledger of this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.utils import timezone

from matching.core.facts import PairColumns
from matching.core.rules import broken_by_rule, broken_rules
from matching.models import Slot
from matching.translation.snapshot import take_snapshot, target_children

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.models import Area
    from matching.models import ProposedPair, Scheme

# What depends on who else holds a place is asked of the load rows and constraints when it is claimed.
_ASKED_ELSEWHERE = frozenset({"limit", "scheme_cap", "same_person"})


def rule_broken_by(*, slot: Slot, helper_id: int, now: datetime) -> str:
    """Code of the first rule that forbids this helper for this place now, "" where none does."""
    scheme = slot.rule.scheme
    snapshot = take_snapshot(
        schemes=[scheme], area=scheme.county, slots=[slot], left_out=[], now=now, only_helper=helper_id
    )
    if helper_id not in snapshot.helper_ids:
        return "role"
    broken = broken_rules(snapshot.facts, 0, snapshot.helper_ids.index(helper_id))
    return next((code for code in broken if code not in _ASKED_ELSEWHERE), "")


def broken_pairs(*, scheme: Scheme, area: Area, pairs: list[ProposedPair], now: datetime) -> dict[int, str]:
    """
    Judge proposed pairs against the ledger of this moment.

    Returns:
        proposed pair's row id -> code of the first rule it breaks; "consent" where the child may not be solved.
    """
    children, _left_out = target_children(scheme, area, timezone.localdate(now))
    free = set(children)
    broken = {pair.pk: "consent" for pair in pairs if pair.child_id not in free}
    slots = list(Slot.objects.filter(rule__scheme=scheme, child_id__in=free).order_by("child_id", "rule_id", "turn"))
    snapshot = take_snapshot(schemes=[scheme], area=area, slots=slots, left_out=[], now=now)
    slot_at = {pk: at for at, pk in enumerate(snapshot.slot_ids)}
    helper_at = {pk: at for at, pk in enumerate(snapshot.helper_ids)}
    judged = [pair for pair in pairs if pair.pk not in broken and pair.slot_id in slot_at]
    broken |= {pair.pk: "helper_left" for pair in judged if pair.helper_id not in helper_at}
    judged = [pair for pair in judged if pair.pk not in broken]
    slot = np.fromiter((slot_at[pair.slot_id] for pair in judged), np.int32)
    helper = np.fromiter((helper_at[pair.helper_id] for pair in judged if pair.helper_id), np.int32)
    held = snapshot.facts.locked
    taken = PairColumns(np.concatenate([slot, held.first]), np.concatenate([helper, held.second]))
    for code, flags in broken_by_rule(snapshot.facts, slot, helper, taken).items():
        for at in np.flatnonzero(flags):
            broken.setdefault(judged[at].pk, code)
    return broken
