"""Why not her for this child? The rule that forbids it, or what it would cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backend.kernel.errors import DomainError
from backend.roster.models import Child
from matching.models import ProposedPair
from matching.services.forcing import force
from matching.services.trials import MOST_AT_ONCE, one_at_a_time, told_difference
from matching.translation.region import take_region

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.models import Helper


class TooManyPlaces(DomainError):
    code = "why_not.too_many"
    status = 400
    message = "%(place)s has %(slots)s places, too many to try while you wait; queue it as a trial of kind PAIR."


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
        region = take_region(run=run, area=area, now=now, helpers_of=run.scheme.county)
        forced = force(region, pair, helper)
    return WhyNot(forced.rules, price=told_difference(region, forced.difference) if forced.difference else None)
