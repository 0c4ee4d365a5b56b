"""What one draft gives otherwise than another of the same scheme, place by place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q

from matching.models import PairEdit, ProposedPair
from matching.selectors import pairs_visible_to, proposals_visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from matching.models import Proposal


def draft_before(reader: Reader, proposal: Proposal) -> Proposal | None:
    """The draft the reader saw before this one: the latest earlier one of the same scheme over the same area."""
    earlier = comparable_drafts(reader, proposal).filter(number__lt=proposal.number)
    return earlier.filter(run__area=proposal.run.area_id).order_by("-number").first()


def comparable_drafts(reader: Reader, proposal: Proposal) -> QuerySet[Proposal]:
    """Other drafts of the scheme; repairs of freed places are no drafts of their own."""
    drafts = proposals_visible_to(reader).filter(scheme=proposal.scheme_id, run__is_automatic=False)
    return drafts.exclude(pk=proposal.pk)


def moved_pairs(reader: Reader, before: Proposal, after: Proposal) -> QuerySet[ProposedPair]:
    """
    Places of `after` that `before` gives to somebody else, leaves open or does not hold, each with `before_helper_id`.
    """
    earlier = FilteredRelation("slot__proposed", condition=Q(slot__proposed__proposal=before))
    pairs = pairs_visible_to(reader).filter(proposal=after)
    pairs = pairs.annotate(earlier=earlier).annotate(before_helper_id=F("earlier__helper_id"))
    is_other = ~Q(helper_id=F("before_helper_id"))
    filled, opened = Q(before_helper_id=None, helper__isnull=False), Q(before_helper_id__isnull=False, helper=None)
    changed = Q(before_helper_id__isnull=False, helper__isnull=False) & is_other
    return pairs.filter(filled | opened | changed)


def places_gone(reader: Reader, before: Proposal, after: Proposal) -> QuerySet[ProposedPair]:
    """Places `before` had given to somebody and `after` does not hold: of children who take part no more."""
    later = ProposedPair.objects.filter(proposal=after, slot=OuterRef("slot"))
    pairs = pairs_visible_to(reader).filter(proposal=before, helper__isnull=False)
    return pairs.filter(~Exists(later))


@dataclass(frozen=True)
class ChangedSince:
    """
    A place that hands gave to somebody else since the run, or left open.

    Args:
        was, now: helpers' row ids, None = open. certificate: why it was open then, a row id.
    """

    pair: int
    was: int | None
    now: int | None
    certificate: int | None


def filled_since_run(since: Iterable[ChangedSince]) -> dict[int, tuple[int, int]]:
    """
    What hands filled of the places a run left open.

    Returns:
        {certificate's row id: (places, children who have no other place open for the same reason)}.
    """
    reason = {one.pair: one.certificate for one in since if one.was is None and one.certificate is not None}
    places = Counter(reason.values())
    children: dict[int, set[int]] = {certificate: set() for certificate in places}
    for pair, child in ProposedPair.objects.filter(pk__in=reason).values_list("pk", "child_id"):
        children[reason[pair]].add(child)
    waiting = ProposedPair.objects.filter(certificate__in=places, helper=None)
    for certificate, child in waiting.values_list("certificate_id", "child_id"):
        children[certificate].discard(child)
    return {certificate: (n, len(children[certificate])) for certificate, n in places.items()}


def changed_since_run(drafts: Iterable[Proposal]) -> list[ChangedSince]:
    """Places of these drafts that are not as the run left them; what was changed and changed back is not among them."""
    edits = PairEdit.objects.filter(pair__proposal__in=list(drafts)).order_by("pair_id", "version")
    first: dict[int, tuple[dict[str, int | None], int | None]] = {}
    for pair, before, now in edits.values_list("pair_id", "before", "pair__helper_id"):
        first.setdefault(pair, (before, now))
    return [
        ChangedSince(pair, before["helper_id"], now, before["certificate_id"])
        for pair, (before, now) in first.items()
        if before["helper_id"] != now
    ]
