"""How many places of a draft each tab of its table holds; counted once for as long as nobody changes the draft."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from django.core.cache import caches
from django.db.models import Count, Q

from matching.draft_differences import moved_pairs
from matching.draft_hints import any_hint
from matching.models import Proposal, ProposedPair
from matching.selectors import offers_visible_to, pairs_visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.roster.access import Reader

OF_TAB = {"open": Q(helper=None), "held": Q(is_locked=True), "hand": Q(origin=ProposedPair.Origin.HAND)}
_FOR_SECONDS = 60
"""A hint may also come from a person's file (somebody has moved), which no draft hears of."""


def tab_counts(reader: Reader, draft: Proposal, before: Proposal | None) -> dict[str, int]:
    """
    Places by tab: "all", "hinted", "moved" since the draft `before`, and those of `OF_TAB`.

    Both drafts' revisions are part of what a count is kept under, so a change by anybody counts anew at once.
    """
    drafts = [(one.public_id, one.revision) for one in (draft, before) if one is not None]
    asked = repr((drafts, reader.role, reader.area_codes, reader.organisation_ids))
    key = f"draft-tabs:{sha256(asked.encode()).hexdigest()}"
    kept = caches["in_process"]
    counts: dict[str, int] | None = kept.get(key)
    if counts is None:
        counts = _counted(reader, draft, before)
        kept.set(key, counts, timeout=_FOR_SECONDS)
    return counts


def sent_places(reader: Reader, drafts: Iterable[Proposal]) -> dict[int, int]:
    """Row id of each open draft of which a part went out -> the places in scope somebody was asked for from it."""
    # A wave says when it went out and leaves the draft open.
    in_part = [one.pk for one in drafts if one.state == Proposal.State.OPEN and one.published_at is not None]
    if not in_part:
        return {}
    asked = offers_visible_to(reader).filter(proposal__in=in_part).order_by()
    return dict(asked.values_list("proposal").annotate(n=Count("slot", distinct=True)))


def _counted(reader: Reader, draft: Proposal, before: Proposal | None) -> dict[str, int]:
    counts = pairs_visible_to(reader).filter(proposal=draft).order_by().aggregate(
        all=Count("pk"), hinted=Count("pk", filter=any_hint(draft)),
        **{tab: Count("pk", filter=of) for tab, of in OF_TAB.items()},
    )  # fmt: skip
    return counts | {"moved": moved_pairs(reader, before, draft).count() if before else 0}
