"""
A good schedule quickly: lists in random order made into schedules, each then pushed to the right and to the left.

Source: Valls, Ballestín, Quintanilla: Justification and RCPSP, EJOR 165 (2005).
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activities.core.day.resource_bounds import Paths
    from activities.core.day.resources import ResourceProblem

Schedule = list[int]
"""Start of each task, in the order of the problem's tasks."""


class Scheduler:
    """Numbers instead of keys: tasks 0 .. n-1, and a use per minute and resource."""

    def __init__(self, problem: ResourceProblem, paths: Paths, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - breaks ties, keeps no secret
        number = {task.key: index for index, task in enumerate(problem.tasks)}
        names = list(problem.resources)
        self.minutes = [task.minutes for task in problem.tasks]
        self.before = [[number[key] for key in task.after] for task in problem.tasks]
        self.behind: list[list[int]] = [[] for _task in problem.tasks]
        for index, earlier in enumerate(self.before):
            for one in earlier:
                self.behind[one].append(index)
        self.needs = [[(names.index(name), n) for name, n in task.needs.items() if n] for task in problem.tasks]
        self.most = [problem.resources[name] for name in names]
        self.horizon = sum(self.minutes) + 1
        self.tail = [paths.tail[task.key] + task.minutes for task in problem.tasks]
        self.order = [number[key] for key in problem.order]

    def best(self, least: int, deadline: float, most_lists: int = 2000) -> Schedule:
        """The best found until it ends at `least`, the lists are used up, or the clock says so."""
        start = self._improved([-tail for tail in self.tail])
        best, finish = start, self.finish(start)
        for _turn in range(most_lists):
            if finish <= least or time.monotonic() > deadline:
                break
            found = self._improved(self._varied(best))
            if (end := self.finish(found)) <= finish:
                best, finish = found, end
        return best

    def finish(self, starts: Sequence[int]) -> int:
        """When the last task ends."""
        return max((start + minutes for start, minutes in zip(starts, self.minutes, strict=True)), default=0)

    def _varied(self, starts: Schedule) -> list[float]:
        """The best so far, shaken: now a little, now a lot."""
        spread = self.random.choice((3, 8, 20, 60))
        return [start + self.random.uniform(0, spread) for start in starts]

    def _improved(self, priority: Sequence[float]) -> Schedule:
        """To a schedule, to the right, to the left, while that helps."""
        starts = self._serial(priority, self.before)
        while True:
            finish = self.finish(starts)
            ends = [-(start + minutes) for start, minutes in zip(starts, self.minutes, strict=True)]
            mirrored = self._serial(ends, self.behind)
            latest = [finish - start - minutes for start, minutes in zip(mirrored, self.minutes, strict=True)]
            again = self._serial(latest, self.before)
            if self.finish(again) >= finish:
                return again if self.finish(again) == finish else starts
            starts = again

    def _serial(self, priority: Sequence[float], before: list[list[int]]) -> Schedule:
        """Each task in turn as early as it fits; the least priority first among those that may come."""
        starts, use = [-1] * len(priority), [[0] * self.horizon for _name in self.most]
        for task in self._listed(priority, before):
            ready = max((starts[one] + self.minutes[one] for one in before[task]), default=0)
            starts[task] = self._place(task, ready, use)
        return starts

    def _listed(self, priority: Sequence[float], before: list[list[int]]) -> list[int]:
        """By priority, moved behind what must come first."""
        listed: list[int] = []
        done = [False] * len(priority)
        for task in sorted(range(len(priority)), key=priority.__getitem__):
            stack = [task]
            while stack:
                one = stack[-1]
                missing = [earlier for earlier in before[one] if not done[earlier]]
                if missing:
                    stack += missing
                    continue
                stack.pop()
                if not done[one]:
                    done[one] = True
                    listed.append(one)
        return listed

    def _place(self, task: int, ready: int, use: list[list[int]]) -> int:
        """The first start from `ready` on at which all resources last."""
        minutes, needs = self.minutes[task], self.needs[task]
        start = at = ready
        while at < start + minutes:
            if any(use[name][at] + n > self.most[name] for name, n in needs):
                start = at + 1
            at += 1
        for name, n in needs:
            row = use[name]
            for at in range(start, start + minutes):
                row[at] += n
        return start
