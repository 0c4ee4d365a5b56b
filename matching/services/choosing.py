"""Whom a coordinator may choose for a place of a draft: the best the rules allow, and why somebody else may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matching.models import Slot
from matching.selectors import people_for_place
from matching.translation import rule_broken_in_draft
from matching.translation.weighing import candidates_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from backend.roster.access import Reader
    from backend.roster.models import Helper
    from matching.models import ProposedPair
    from matching.translation.weighing import Candidate


def candidates_in_scope(reader: Reader, pair: ProposedPair, *, now: datetime) -> list[tuple[Helper, Candidate]]:
    """Whom the rules allow for a place of a draft and the reader may see, the worthiest first."""
    found = candidates_for(_slot_of(pair), now=now)
    people = (
        people_for_place(reader, pair.slot.rule).filter(pk__in=[one.helper_id for one in found]).select_related("unit")
    )
    by_id = {helper.pk: helper for helper in people.distinct()}
    return [(by_id[one.helper_id], one) for one in found if one.helper_id in by_id]


def judged(pair: ProposedPair, helpers: Iterable[Helper], *, now: datetime) -> list[tuple[Helper, str]]:
    """(helper, code of the rule that keeps them from this place, "" where none does), in their order."""
    slot = _slot_of(pair)
    return [(one, rule_broken_in_draft(pair=pair, slot=slot, helper_id=one.pk, now=now)) for one in helpers]


def _slot_of(pair: ProposedPair) -> Slot:
    return Slot.objects.select_related("rule__scheme__term", "rule__scheme__county", "child").get(pk=pair.slot_id)
