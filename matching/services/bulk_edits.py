"""One change by hand on many places of a draft at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.vault.ids import new_public_id
from matching.services.hand_edits import NobodyThere, PairChanged, StandsAlready, lock_pair, take_off

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from matching.models import ProposedPair

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Outcome:
    """How many places were changed, and how many were left as somebody else had them."""

    done: int
    left: int


def edit_many(
    *, pairs: Sequence[ProposedPair], versions: Mapping[str, int], what: str, actor: Any, now: datetime
) -> Outcome:
    """
    Lock, unlock or take off; all are taken back together.

    Args:
        versions: of each place by its public id, as it was seen; what changed since, stands, or is open is left alone.
        what: "lock", "unlock" or "take_off".

    Raises:
        InvalidMove: the draft is no longer open; nothing is changed then.
    """
    batch, done = new_public_id(), 0
    with transaction.atomic():
        for pair in pairs[:MOST_AT_ONCE]:
            done += _edit(pair, versions[pair.public_id], what, actor=actor, now=now, batch=batch)
    return Outcome(done, len(versions) - done)


def _edit(pair: ProposedPair, version: int, what: str, **who: Any) -> bool:
    try:
        if what == "take_off":
            take_off(pair=pair, version=version, **who)
        else:
            lock_pair(pair=pair, version=version, is_locked=what == "lock", **who)
    except (PairChanged, StandsAlready, NobodyThere):
        return False
    return True
