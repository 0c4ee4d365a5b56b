"""
Ways between places, once for the whole day: nobody takes the long way round.

Written ways may contradict each other: hall to yard 30 minutes, but 5 to the gate and 5 from there. Then the shorter
one counts, and it counts for everybody who asks. Minutes between places nobody wrote about are a guess for that pair
alone: no way leads along them, or one long way that was written would be lost to a guess of 0.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Way = tuple[str, str]


def shortest_ways(written: Mapping[Way, int], otherwise: int) -> dict[Way, int]:
    """
    Minutes from each place to each that written ways lead to (Floyd and Warshall).

    Args:
        written: minutes between two places, both ways unless each way has its own.
        otherwise: minutes between two nobody wrote about; a way along others is never longer than that.
    """
    direct = {(other, one): minutes for (one, other), minutes in written.items()} | dict(written)
    found = dict(direct)
    for via in dict.fromkeys(place for pair in direct for place in pair):
        before = [one for one, other in found if other == via]
        beyond = [other for one, other in found if one == via]
        for one, other in product(before, beyond):
            minutes = found[one, via] + found[via, other]
            if one != other and minutes < found.get((one, other), minutes + 1):
                found[one, other] = minutes
    return {pair: minutes if pair in direct else min(minutes, otherwise) for pair, minutes in found.items()}
