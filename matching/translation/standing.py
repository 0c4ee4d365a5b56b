"""What stands outside and inside a run: places held, and pairs that must not be, as columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import F

from backend.roster.models import Exclusion, Helper, PairWish
from matching.core.facts import NO_CAP, PairColumns
from matching.models import HelperLoad, Offer, Pairing
from matching.translation.columns import column, few

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from matching.models import Scheme, Slot, SlotRow

_EXCLUSION_CODES = {reason: number for number, reason in enumerate(Exclusion.Reason.values, start=1)}
_HOLDS_ANOTHER = len(_EXCLUSION_CODES) + 1
_IS_ONESELF = _HOLDS_ANOTHER + 1


@dataclass(frozen=True)
class Standing:
    """
    Open pairings and open offers of the run's places.

    Args:
        pairs: (slot row id, helper row id).
        scheme_of: scheme row id by slot row id, of all places of the run.
    """

    pairs: list[tuple[int, int]]
    scheme_of: Mapping[int, int]

    @property
    def holders(self) -> set[int]:
        return {helper for _slot, helper in self.pairs}

    def counts(self, schemes: Collection[int]) -> Counter[int]:
        """Places each helper holds in these schemes, as far as they are places of the run."""
        return Counter(helper for slot, helper in self.pairs if self.scheme_of[slot] in schemes)


def standing_of(scheme_of: Mapping[int, int]) -> Standing:
    """Read who holds these places, or is asked for them."""
    pairs = [(slot, helper) for slot, _child, helper in _open_places("slot_id", scheme_of) if slot in scheme_of]
    return Standing(pairs, scheme_of)


def _open_places(name: str, ids: Collection[int]) -> Iterator[tuple[int, int, int]]:
    """(slot, child, helper) of open pairings, then of open offers."""
    for rows in (Pairing.objects.filter(state__in=("ACTIVE", "SUSPENDED")), Offer.objects.filter(state="SENT")):
        yield from few(rows, name, ids).values_list("slot_id", "child_id", "helper_id")


def total_room(standing: Standing, counting: Collection[int]) -> dict[int, int]:
    """
    Places left, in total, to helpers who hold some outside the run; what they hold inside is still theirs to use.

    Args:
        counting: schemes of the run whose places count towards the total.
    """
    here = standing.counts(counting)
    rows = _held(None).values_list("helper_id", "held", "helper__total_limit")
    return {helper: limit - (held - here[helper]) for helper, held, limit in rows}


def _held(scheme: Scheme | None):  # noqa: ANN202 - an annotated queryset has no name
    return HelperLoad.objects.filter(scheme=scheme).annotate(held=F("active") + F("offered")).filter(held__gt=0)


def caps_left(
    schemes: Sequence[Scheme], standing: Standing, helper_at: Mapping[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]] | None:
    """(helper, scheme, most) of those who hold places of a scheme outside the run, such as in another township."""
    rows: list[tuple[int, int, int]] = []
    for at, scheme in enumerate(schemes):
        cap = NO_CAP if scheme.limit_per_helper is None else scheme.limit_per_helper
        here = standing.counts({scheme.pk})
        for helper, held in _held(scheme).values_list("helper_id", "held"):
            if helper in helper_at and held > here[helper]:
                rows.append((helper_at[helper], at, max(0, cap - (held - here[helper]))))
    if not rows:
        return None
    helper, of_scheme, most = (np.array(part, np.int32) for part in zip(*rows, strict=True))
    return helper, of_scheme, most


def held_pairs(slots: Sequence[Slot | SlotRow], standing: Standing, helper_at: Mapping[int, int]) -> PairColumns:
    """(slot, helper) positions of what stands."""
    slot_at = {slot.pk: at for at, slot in enumerate(slots)}
    pairs = sorted({(slot_at[slot], helper_at[helper]) for slot, helper in standing.pairs if helper in helper_at})
    return PairColumns(column((pair[0] for pair in pairs), np.int32), column((pair[1] for pair in pairs), np.int32))


def exclusions(child_at: Mapping[int, int], helper_at: Mapping[int, int], scheme_of: Mapping[int, int]) -> PairColumns:
    """(child, helper) positions that must not be: on the list, together already in another scheme, or one person."""
    listed = few(Exclusion.objects.all(), "child_id", child_at).values_list("child_id", "helper_id", "reason")
    found = [(child, helper, _EXCLUSION_CODES[reason]) for child, helper, reason in listed]
    found += [
        (child, helper, _HOLDS_ANOTHER)
        for slot, child, helper in _open_places("child_id", child_at)
        if slot not in scheme_of
    ]
    buddies = few(Helper.objects.exclude(peer_child=None), "peer_child_id", child_at)
    found += [(child, helper, _IS_ONESELF) for child, helper in buddies.values_list("peer_child_id", "pk")]
    rows = [(child_at[c], helper_at[h], code) for c, h, code in found if c in child_at and h in helper_at]
    return PairColumns(
        column((row[0] for row in rows), np.int32),
        column((row[1] for row in rows), np.int32),
        column((row[2] for row in rows), np.int16),
    )


def wishes(child_at: Mapping[int, int], helper_at: Mapping[int, int]) -> PairColumns:
    """(child, helper) positions of the pairs somebody asked for."""
    asked = few(PairWish.objects.all(), "child_id", child_at).values_list("child_id", "helper_id")
    rows = sorted(
        (child_at[child], helper_at[helper]) for child, helper in asked if child in child_at and helper in helper_at
    )
    return PairColumns(column((row[0] for row in rows), np.int32), column((row[1] for row in rows), np.int32))
