"""What is known of one problem while it is worked on from both sides: the best schedule and the bound."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from activities.core.day.resources import ResourceProblem


class Race:
    """
    A schedule, when it ends, and the bound below; threads may share it.

    Args:
        least: no schedule ends earlier.
    """

    def __init__(self, problem: ResourceProblem, least: int, starts: Mapping[str, int]) -> None:
        self.horizon, self.least = problem.horizon, least
        self._minutes = {task.key: task.minutes for task in problem.tasks}
        self.best = (starts, self._finish(starts))
        self._lock = Lock()

    @property
    def starts(self) -> Mapping[str, int]:
        """Of the best schedule."""
        return self.best[0]

    @property
    def finish(self) -> int:
        """When the best schedule ends."""
        return self.best[1]

    @property
    def is_over(self) -> bool:
        """The best is proven, or that nothing fits into the horizon."""
        return self.least >= self.finish or self.least > self.horizon

    def reach(self, starts: Mapping[str, int]) -> None:
        """A schedule; kept if it ends earlier."""
        finish = self._finish(starts)
        with self._lock:
            if finish < self.finish:
                self.best = (starts, finish)

    def raise_least(self, bound: int) -> None:
        """No schedule ends before the bound; a bound above a schedule's end is that end."""
        with self._lock:
            self.least = max(self.least, min(bound, self.finish))

    def _finish(self, starts: Mapping[str, int]) -> int:
        return max((start + self._minutes[key] for key, start in starts.items()), default=0)
