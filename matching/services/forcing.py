"""A draft solved again with one pair in it that must come about: the rules in its way, or what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backend.roster.models import Helper
from matching.core.facts import PairColumns
from matching.core.rules import broken_rules
from matching.core.whatif import OPEN, QUICK, Difference, compare

if TYPE_CHECKING:
    from backend.kernel.solving import SolveLimits
    from matching.models import ProposedPair
    from matching.translation.region import Region


@dataclass(frozen=True)
class Forced:
    """Codes of the rules that forbid the pair, nothing tried then; else what having it would change."""

    rules: tuple[str, ...] = ()
    difference: Difference | None = None


def force(region: Region, pair: ProposedPair, helper: Helper, *, limits: SolveLimits = QUICK) -> Forced:
    """Put a helper on a place of a part of a draft, whatever it costs, unless a rule forbids it."""
    if helper.pk not in region.snapshot.helper_ids:
        return Forced(("role" if helper.state == Helper.State.ACTIVE else "helper_left",))
    slot, at = region.pair_ids.index(pair.pk), region.snapshot.helper_ids.index(helper.pk)
    if slot in region.snapshot.facts.locked.first:
        return Forced(("stands",))
    broken = _broken_in_draft(region, slot, at)
    if broken:
        return Forced(broken)
    difference = compare(region.snapshot.facts, region.present, forced=(slot, at), limits=limits)
    return Forced(("other_half",)) if _leaves_half(region, slot, difference) else Forced(difference=difference)


def _leaves_half(region: Region, slot: int, difference: Difference) -> bool:
    """
    Whether the child would be left with one of the places that are filled all or none.

    A lock sets its own bundle free, and a forced pair is one; yet half a bundle is never offered.
    """
    bundle = region.snapshot.facts.slots.bundle
    if bundle[slot] < 0 or not difference.is_answered:
        return False
    after = {move.slot: move.new for move in difference.moves}
    beside = np.flatnonzero((bundle == bundle[slot]) & (np.arange(len(bundle)) != slot)).tolist()
    return any(after.get(other, int(region.present[other])) == OPEN for other in beside)


def _broken_in_draft(region: Region, slot: int, helper: int) -> tuple[str, ...]:
    """Codes of the rules in the way; whether a woman is there for a girl is asked of the draft's other places."""
    facts, present = region.snapshot.facts, region.present
    others = np.flatnonzero((present >= 0) & (np.arange(len(present)) != slot)).astype(np.int32)
    draft = PairColumns(others, present[others].astype(np.int32))
    lone = {"woman_for_girl"}
    found = [code for code in broken_rules(facts, slot, helper) if code not in lone]
    return (*found, *(code for code in broken_rules(facts, slot, helper, draft) if code in lone))
