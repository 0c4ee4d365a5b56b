"""
A reproducible draw among equals: each pair gets a ticket from the seed, and the largest sum of tickets wins.

Source: SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
TICKET_BITS = 32


def tickets(seed: int, slot: NDArray[np.integer[Any]], helper: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """
    Draw one ticket per (slot, helper), 0 .. 2**32 - 1, the same on every machine.

    Args:
        seed: 0 .. 2**64 - 1.
    """
    start = _mix(np.array([seed], np.uint64))
    mixed = _mix(_mix(start ^ slot.astype(np.uint64)) ^ helper.astype(np.uint64))
    return (mixed >> np.uint64(64 - TICKET_BITS)).astype(np.int64)


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64 bits; unsigned arrays wrap by design."""
    z = state + np.uint64(_GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))
