"""What a run came to, scheme by scheme, and what has become of its drafts since."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from matching.models import Offer, Proposal, ProposedPair

if TYPE_CHECKING:
    from matching.draft_differences import ChangedSince
    from matching.models import MatchingRun


_COUNTED = ("children", "short", "places", "open", "fresh")


@dataclass(frozen=True)
class Part:
    """
    One draft of a run, or all of them together.

    Args:
        full, short: children with every place filled, and the others. fresh: places filled with somebody new, rather
            than kept as they stood.
    """

    proposal: Proposal | None
    children: int
    short: int
    places: int
    open: int
    fresh: int

    @property
    def full(self) -> int:
        return self.children - self.short

    @property
    def filled(self) -> int:
        return self.places - self.open


@dataclass(frozen=True)
class News:
    """What follows from a run by now: whether every draft was published, and how the people asked have answered."""

    is_published: bool
    is_superseded: bool
    offers: int
    waiting: int
    accepted: int


def parts_of(drafts: list[Proposal], since: list[ChangedSince]) -> list[Part]:
    """One part for each draft, in their order, as the run left them."""
    filled_since = [one.pair for one in since if one.was is None]
    opened_since = [one.pair for one in since if one.now is None]
    free = (Q(helper=None) & ~Q(pk__in=opened_since)) | Q(pk__in=filled_since)
    counted = (
        ProposedPair.objects.filter(proposal__in=drafts)
        .order_by()
        .values("proposal_id")
        .annotate(
            children=Count("child", distinct=True),
            short=Count("child", filter=free, distinct=True),
            places=Count("pk"),
            open=Count("pk", filter=free),
            fresh=Count("pk", filter=~free & ~Q(origin=ProposedPair.Origin.KEPT)),
        )
    )
    rows = {row[0]: row[1:] for row in counted.values_list("proposal_id", *_COUNTED)}
    return [Part(draft, *rows.get(draft.pk, (0,) * len(_COUNTED))) for draft in drafts]


def total_of(parts: list[Part]) -> Part:
    """All parts as one. Its children are those of a single scheme: over several, a child would count more than once."""
    alone = parts[0] if len(parts) == 1 else None
    return Part(
        proposal=None,
        children=alone.children if alone else 0,
        short=alone.short if alone else 0,
        places=sum(part.places for part in parts),
        open=sum(part.open for part in parts),
        fresh=sum(part.fresh for part in parts),
    )


def loads_of(drafts: list[Proposal], since: list[ChangedSince]) -> Counter[int]:
    """Helper's row id -> places the run gave them in these drafts."""
    held = ProposedPair.objects.filter(proposal__in=drafts, helper__isnull=False).order_by()
    loads = Counter(dict(held.values_list("helper_id").annotate(n=Count("pk"))))
    for one in since:
        loads[one.now or 0] -= 1
        loads[one.was or 0] += 1
    return Counter({helper: n for helper, n in loads.items() if helper and n > 0})


def news_of(run: MatchingRun, drafts: list[Proposal]) -> News:
    """How far the drafts are; answers are counted over the whole run, as its other numbers are."""
    states = {draft.state for draft in drafts}
    counts = Offer.objects.filter(proposal__run=run).aggregate(
        offers=Count("pk"),
        waiting=Count("pk", filter=Q(state=Offer.State.SENT)),
        accepted=Count("pk", filter=Q(state=Offer.State.ACCEPTED)),
    )
    return News(
        is_published=states == {Proposal.State.PUBLISHED},
        is_superseded=Proposal.State.SUPERSEDED in states,
        **counts,
    )
