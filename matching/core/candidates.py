"""Pairs under consideration: the one argument every rule and every score term takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.core.facts import Facts, PairColumns, SchemeRules, SlotKind


@dataclass(frozen=True, eq=False)
class Candidates:
    """
    n pairs of one kind of place.

    Args:
        facts: what is known; `scheme`, `kind`: the rules that apply to all n.
        slot, helper: int32[n], positions.
        taken: (slot, helper) pairs counted as held while these are judged; may hold the pairs themselves.
    """

    facts: Facts
    scheme: int
    kind: int
    slot: NDArray[np.int32]
    helper: NDArray[np.int32]
    taken: PairColumns

    @cached_property
    def child(self) -> NDArray[np.int32]:
        """The child of each pair, int32[n]."""
        return self.facts.slots.child[self.slot]

    @property
    def scheme_rules(self) -> SchemeRules:
        """The scheme all pairs belong to."""
        return self.facts.schemes[self.scheme]

    @property
    def kind_rules(self) -> SlotKind:
        """The kind of place all pairs belong to."""
        return self.scheme_rules.kinds[self.kind]


def is_listed(pairs: PairColumns, first: NDArray[np.int32], second: NDArray[np.int32], width: int) -> NDArray[np.bool_]:
    """
    Tell which (first, second) stand in the list.

    Args:
        pairs: the list; `first`, `second`: n positions; `width`: above every second position.

    Returns:
        bool[n].
    """
    found = np.zeros(len(first), dtype=bool)
    if not len(pairs):
        return found
    listed = np.unique(pair_key(pairs.first, pairs.second, width))
    # Few of a county's pairs have a first that is listed at all; the others need no search.
    is_named = np.zeros(int(max(pairs.first.max(), first.max(initial=0))) + 1, dtype=bool)
    is_named[pairs.first] = True
    asked = np.flatnonzero(is_named[first])
    wanted = pair_key(first[asked], second[asked], width)
    place = np.minimum(np.searchsorted(listed, wanted), len(listed) - 1)
    found[asked] = listed[place] == wanted
    return found


def pair_key(first: NDArray[np.int32], second: NDArray[np.int32], width: int) -> NDArray[np.int64]:
    """Give each pair one number that orders by first, then second."""
    return first.astype(np.int64) * width + second
