"""
Lists of tasks made into schedules, and schedules pushed to the right and to the left.

Source: Valls, Ballestín, Quintanilla: Justification and RCPSP, EJOR 165 (2005).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activities.core.day.resources import ResourceProblem

Ends = list[int]
"""End of each task, by number."""


class Serial:
    """
    Numbers instead of keys, so that each task's number is above those of the tasks it follows.

    What is in use of all resources at one moment is one whole number: a field of bits for each, filled so far that one
    more than there is would reach the field's highest bit. So one addition tells whether a task fits.
    """

    def __init__(self, problem: ResourceProblem) -> None:
        tasks = {task.key: task for task in problem.tasks}
        self.keys = problem.order
        number = {key: index for index, key in enumerate(self.keys)}
        listed = [tasks[key] for key in self.keys]
        self.minutes = [task.minutes for task in listed]
        self.before = [[number[key] for key in task.after] for task in listed]
        self.behind: list[list[int]] = [[] for _task in listed]
        for index, earlier in enumerate(self.before):
            for one in earlier:
                self.behind[one].append(index)
        width = max(problem.resources.values(), default=0).bit_length() + 1
        places = {name: width * index for index, name in enumerate(problem.resources)}
        most = (1 << (width - 1)) - 1
        self._full = sum(1 << (place + width - 1) for place in places.values())
        self._idle = sum((most - problem.resources[name]) << place for name, place in places.items())
        self._needs = [sum(n << places[name] for name, n in task.needs.items()) for task in listed]

    def forward(self, order: Sequence[int]) -> Ends:
        """Each task in turn as early as it fits; in the list it stands behind those it follows."""
        return self._schedule(order, self.before)

    def pushed(self, ends: Ends) -> Ends:
        """All as late as they fit, then all as early as they fit; never ends later."""
        numbers = range(len(ends))
        late = self._schedule(sorted(numbers, key=lambda task: (-ends[task], -task)), self.behind)
        return self.forward(sorted(numbers, key=lambda task: (-late[task], task)))

    def order_of(self, ends: Ends) -> list[int]:
        """The tasks as they begin."""
        minutes = self.minutes
        return sorted(range(len(ends)), key=lambda task: (ends[task] - minutes[task], task))

    def starts_of(self, ends: Ends) -> dict[str, int]:
        """With keys again."""
        return {key: end - minutes for key, end, minutes in zip(self.keys, ends, self.minutes, strict=True)}

    def _schedule(self, order: Sequence[int], before: list[list[int]]) -> Ends:
        """Millions of steps run through this loop, so it is one function and its names are local."""
        ends = [0] * len(order)
        times, use = [0], [self._idle]  # use[i] is what is taken from times[i] on
        full, minutes, needs = self._full, self.minutes, self._needs
        for task in order:
            ready = max([ends[one] for one in before[task]], default=0)
            length, need = minutes[task], needs[task]
            if not length:
                ends[task] = ready
                continue
            first = at = bisect_right(times, ready) - 1
            start, end, count = ready, ready + length, len(times)
            while at < count and times[at] < end:
                if (use[at] + need) & full:
                    first = at + 1
                    start, end = times[first], times[first] + length
                at += 1
            ends[task] = end
            if at == count or times[at] != end:
                times.insert(at, end)
                use.insert(at, use[at - 1])
            if times[first] != start:
                first, at = first + 1, at + 1
                times.insert(first, start)
                use.insert(first, use[first - 1])
            for index in range(first, at):
                use[index] += need
        return ends
