"""One change by hand on many places of a draft at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.vault.ids import new_public_id
from matching.models import ProposedPair
from matching.selectors import settled
from matching.services.hand_edits import (
    NobodyThere,
    PairChanged,
    StandsAlready,
    ask_why_off,
    empty_place,
    lock_pair,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Outcome:
    """How many places were changed, and how many were left as somebody else had them."""

    done: int
    left: int


def edit_many(
    *,
    pairs: Sequence[ProposedPair],
    versions: Mapping[str, int],
    what: str,
    actor: Any,
    now: datetime,
    reason: str = "",
) -> Outcome:
    """
    Lock, unlock or take off; all are taken back together.

    Args:
        versions: of each place by its public id, as it was seen; what changed since, stands, or is open is left alone.
        what: "lock", "unlock" or "take_off".
        reason: why they are taken off; kept with each.

    Raises:
        ReasonNeeded: a girl would have men alone, and no reason was given; nothing is changed then.
        InvalidMove: the draft is no longer open; nothing is changed then.
    """
    some = pairs[:MOST_AT_ONCE]
    if what == "take_off":
        # Together: of a girl who is left with nobody there is nothing to say.
        ask_why_off(_as_seen(some, versions), reason)
    batch, done = new_public_id(), 0
    with transaction.atomic():
        for pair in some:
            done += _edit(pair, versions[pair.public_id], what, reason, actor=actor, now=now, batch=batch)
    return Outcome(done, len(versions) - done)


def _as_seen(pairs: Sequence[ProposedPair], versions: Mapping[str, int]) -> QuerySet[ProposedPair]:
    """Those of them that will be changed: nobody has touched them since, or was asked for them."""
    there = ProposedPair.objects.filter(pk__in=[pair.pk for pair in pairs]).values_list("pk", "public_id", "version")
    same = [pk for pk, public_id, version in there if version == versions[public_id]]
    return ProposedPair.objects.filter(~settled(), pk__in=same)


def _edit(pair: ProposedPair, version: int, what: str, reason: str, **who: Any) -> bool:
    try:
        if what == "take_off":
            empty_place(pair=pair, version=version, reason=reason, **who)
        else:
            lock_pair(pair=pair, version=version, is_locked=what == "lock", **who)
    except (PairChanged, StandsAlready, NobodyThere):
        return False
    return True
