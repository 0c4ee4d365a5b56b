"""Who else has a place of a draft open now. Kept for two minutes, for colleagues only, never written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.utils import timezone

if TYPE_CHECKING:
    from matching.models import Proposal, ProposedPair

_FOR_SECONDS = 120


def look_at(pair: ProposedPair, user: Any) -> None:
    """Say that somebody has opened this place; whatever they had open before they look at no longer."""
    seen = _seen(pair.proposal_id)
    seen[user.pk] = (pair.pk, user.display_name, timezone.now().timestamp())
    cache.set(_key(pair.proposal_id), seen, timeout=_FOR_SECONDS)


def lookers(draft: Proposal, user: Any) -> dict[int, str]:
    """Place's row id -> the name of a colleague who has it open."""
    return {pair_id: name for other, (pair_id, name, _at) in _seen(draft.pk).items() if other != user.pk}


def _key(draft_id: int) -> str:
    return f"looking:{draft_id}"


def _seen(draft_id: int) -> dict[int, tuple[int, str, float]]:
    """Two who look at the very same moment may miss one another once; the next look mends it."""
    since = timezone.now().timestamp() - _FOR_SECONDS
    return {user: row for user, row in cache.get(_key(draft_id), {}).items() if row[2] > since}
