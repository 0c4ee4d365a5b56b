"""Why not her for this child? The rule that forbids it, or what it would cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.kernel.errors import DomainError
from backend.roster.models import Child, Helper
from matching.core.facts import PairColumns
from matching.core.rules import broken_rules
from matching.core.whatif import OPEN, compare
from matching.models import ProposedPair
from matching.services.trials import MOST_AT_ONCE, one_at_a_time, told_difference
from matching.translation.region import take_region

if TYPE_CHECKING:
    from datetime import datetime

    from matching.core.whatif import Difference
    from matching.translation.region import Region


class TooManyPlaces(DomainError):
    code = "why_not.too_many"
    status = 400
    message = "%(place)s has %(slots)s places, too many to try while you wait; try the change on the what-if page."


@dataclass(frozen=True)
class WhyNot:
    """
    Why a draft does not put this helper on this place.

    Args:
        rules: codes of the rules that forbid it; then nothing was tried.
        is_there: the draft has it so.
        price: what having it so would change, as `Trial.result`; None unless it was tried.
    """

    rules: tuple[str, ...] = ()
    is_there: bool = False
    price: dict[str, Any] | None = None


def why_not(*, pair: ProposedPair, helper: Helper, now: datetime) -> WhyNot:
    """
    Answer with the rule that forbids a pair, or with its price: the draft solved again with the pair in it.

    Raises:
        TooManyPlaces: the child's township holds more places than are tried while somebody waits.
        TrialBusy: somebody else is trying something out.
    """
    if pair.helper_id == helper.pk:
        return WhyNot(is_there=True)
    run = pair.proposal.run
    area = Child.objects.select_related("village__parent").get(pk=pair.child_id).village.parent
    assert area is not None  # noqa: S101 - a village lies in a township, says a constraint
    count = ProposedPair.objects.filter(proposal__run=run, child__village__parent=area).count()
    if count > MOST_AT_ONCE:
        raise TooManyPlaces(place=area.name, slots=count)
    with one_at_a_time():
        return _answer(take_region(run=run, area=area, now=now, helpers_of=run.scheme.county), pair, helper)


def _answer(region: Region, pair: ProposedPair, helper: Helper) -> WhyNot:
    if helper.pk not in region.snapshot.helper_ids:
        return WhyNot(("role" if helper.state == Helper.State.ACTIVE else "helper_left",))
    slot, at = region.pair_ids.index(pair.pk), region.snapshot.helper_ids.index(helper.pk)
    if slot in region.snapshot.facts.locked.first:
        return WhyNot(("stands",))
    broken = _broken_in_draft(region, slot, at)
    if broken:
        return WhyNot(broken)
    difference = compare(region.snapshot.facts, region.present, forced=(slot, at))
    if _leaves_half(region, slot, difference):
        return WhyNot(("other_half",))
    return WhyNot(price=told_difference(region, difference))


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
