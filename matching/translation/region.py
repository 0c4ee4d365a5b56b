"""One part of a draft as a problem of its own: what the draft does elsewhere is taken as given."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from matching.core.facts import NO_CAP, PairColumns
from matching.models import ProposedPair, Slot
from matching.translation.snapshot import Snapshot, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from backend.roster.models import Area
    from matching.core.facts import Caps, Facts
    from matching.models import MatchingRun, Proposal, Scheme


@dataclass(frozen=True)
class Region:
    """
    A part of a run's drafts.

    Args:
        snapshot: its facts; `locked` holds what stands and what somebody locked.
        present: int32[S], the drafts' helper position per slot, -1 = open, or somebody no longer on file.
        pair_ids: the proposed pair's row id by slot position.
    """

    snapshot: Snapshot
    present: NDArray[np.int32]
    pair_ids: list[int]


def take_region(*, run: MatchingRun, area: Area, now: datetime, helpers_of: Area | None = None) -> Region:
    """
    Read the drafts of a run for the children of one area.

    Args:
        helpers_of: read helpers of this wider area too, with the places the drafts leave them.
    """
    drafts = list(run.proposals.select_related("scheme__term", "scheme__county").order_by("pk"))
    schemes = [draft.scheme for draft in drafts]
    pairs = list(
        ProposedPair.objects.filter(proposal__in=drafts, child__village__code__startswith=area.code).order_by(
            "child_id", "slot__rule_id", "slot__turn", "pk"
        )
    )
    slot_of = Slot.objects.in_bulk([pair.slot_id for pair in pairs])
    slots = [slot_of[pair.slot_id] for pair in pairs]
    snapshot = take_snapshot(schemes=schemes, area=helpers_of or area, slots=slots, left_out=[], now=now)
    helper_at = {pk: at for at, pk in enumerate(snapshot.helper_ids)}
    present = np.array([helper_at.get(pair.helper_id or 0, -1) for pair in pairs], np.int32)
    is_locked = np.array([pair.is_locked for pair in pairs], dtype=bool)
    elsewhere = _elsewhere(drafts, area)
    facts = _less(snapshot.facts, schemes, elsewhere, helper_at)
    facts = replace(facts, locked=_locked(facts, present, is_locked))
    return Region(replace(snapshot, facts=facts), present, [pair.pk for pair in pairs])


def _elsewhere(drafts: Sequence[Proposal], area: Area) -> Counter[tuple[int, int]]:
    """(helper row id, scheme row id) -> places the drafts give them outside the area; what stands counts already."""
    rows = ProposedPair.objects.filter(proposal__in=drafts, helper__isnull=False)
    rows = rows.exclude(child__village__code__startswith=area.code).exclude(origin=ProposedPair.Origin.KEPT)
    return Counter(rows.values_list("helper_id", "proposal__scheme_id"))


def _less(
    facts: Facts, schemes: Sequence[Scheme], elsewhere: Counter[tuple[int, int]], helper_at: Mapping[int, int]
) -> Facts:
    """Take the places given elsewhere off limits and caps."""
    limit = facts.helpers.limit.copy()
    caps: dict[tuple[int, int], int] = {}
    if facts.caps is not None:
        caps = {(int(h), int(s)): int(m) for h, s, m in zip(*facts.caps, strict=True)}
    scheme_at = {scheme.pk: at for at, scheme in enumerate(schemes)}
    for (helper_id, scheme_id), count in elsewhere.items():
        if helper_id not in helper_at:
            continue
        helper, scheme = helper_at[helper_id], scheme_at[scheme_id]
        if schemes[scheme].counts_towards_total:
            limit[helper] = max(0, limit[helper] - count)
        cap = schemes[scheme].limit_per_helper
        caps[helper, scheme] = max(0, caps.get((helper, scheme), NO_CAP if cap is None else cap) - count)
    return replace(facts, helpers=replace(facts.helpers, limit=limit), caps=_caps(caps))


def _caps(caps: Mapping[tuple[int, int], int]) -> Caps | None:
    if not caps:
        return None
    rows = sorted((helper, scheme, most) for (helper, scheme), most in caps.items())
    helper, of_scheme, most = (np.array(column, np.int32) for column in zip(*rows, strict=True))
    return helper, of_scheme, most


def _locked(facts: Facts, present: NDArray[np.int32], is_locked: NDArray[np.bool_]) -> PairColumns:
    """What stands, and the draft's pairs somebody locked."""
    held = dict(zip(facts.locked.first.tolist(), facts.locked.second.tolist(), strict=True))
    locked = {int(slot): int(present[slot]) for slot in np.flatnonzero(is_locked & (present >= 0))}
    both = sorted((locked | held).items())
    return PairColumns(
        np.array([slot for slot, _helper in both], np.int32), np.array([helper for _slot, helper in both], np.int32)
    )
