"""Small plots as numbers: where the lines of a picture run. The words beside them say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_LEFT, _RIGHT, _TOP, _BOTTOM = 4, 296, 10, 82
_FEWEST = 2


@dataclass(frozen=True)
class Plot:
    """
    Two lines over days in a frame of 300 x 100.

    Args:
        upper, lower: points as SVG wants them; area: the upper line closed along the bottom.
    """

    first: date
    last: date
    upper: str
    lower: str
    area: str


def plot_of(days: Sequence[tuple[date, tuple[int, int]]]) -> Plot | None:
    """The lines of (day, two numbers); None where there is no line to draw yet."""
    most = max((number for _day, pair in days for number in pair), default=0)
    if len(days) < _FEWEST or not most:
        return None
    upper, lower = (_points([pair[at] for _day, pair in days], most) for at in (0, 1))
    area = f"{_LEFT},{_BOTTOM} {upper} {_RIGHT},{_BOTTOM}"
    return Plot(days[0][0], days[-1][0], upper, lower, area)


def _points(numbers: list[int], most: int) -> str:
    step = (_RIGHT - _LEFT) / (len(numbers) - 1)
    return " ".join(
        f"{_LEFT + at * step:.1f},{_BOTTOM - (_BOTTOM - _TOP) * number / most:.1f}" for at, number in enumerate(numbers)
    )
