"""Scheduling with resources, ours beside PyJobShop: finish, bound, how many each proved, and the ratios."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.core.day.resource_judge import check_starts
from activities.core.day.resource_planner import plan_resources
from activities.core.day.resources import read_resources
from backend.kernel.solving import SolveLimits
from benchmarks.activities.instances import project
from benchmarks.activities.peers import pyjobshop

if TYPE_CHECKING:
    from collections.abc import Iterable

SECONDS, WORKERS = 10, 2


@dataclass(frozen=True, slots=True)
class Answer:
    """Of one planner to one problem."""

    finish: int
    bound: int
    seconds: float
    is_valid: bool

    @property
    def is_proven(self) -> bool:
        """Nothing can end earlier."""
        return self.finish == self.bound

    def __str__(self) -> str:
        """One column of the table."""
        return f"{self.finish} >= {self.bound}{'' if self.is_valid else ' INVALID'} {self.seconds:.2f} s"


Pair = tuple[Answer, Answer]
"""Ours, PyJobShop's."""


def scheduling(sizes: Iterable[int], seeds: int) -> None:
    """Both with the same time and workers, one after the other."""
    pairs = []
    for tasks in sizes:
        for seed in range(seeds):
            pairs.append(_both(tasks, seed))
            print(f"{tasks} {seed}: ours {pairs[-1][0]}, PyJobShop {pairs[-1][1]}", flush=True)
    if not pairs:
        return
    _compare("all", pairs)
    _compare("neither proved", [pair for pair in pairs if not any(one.is_proven for one in pair)])
    for index, name in enumerate(("ours", "PyJobShop")):
        side = [pair[index] for pair in pairs]
        proven = [one for one in side if one.is_proven]
        median = statistics.median([one.seconds for one in proven]) if proven else 0
        print(f"{name}: {len(proven)} proven, half of them within {median:.2f} s,", end=" ")
        print(f"{sum(not one.is_valid for one in side)} invalid", flush=True)


def _both(tasks: int, seed: int) -> Pair:
    problem = read_resources(project(tasks, seed))
    mine = plan_resources(problem, SolveLimits(seconds=SECONDS, workers=WORKERS, seed=seed))
    starts, finish, bound, seconds = pyjobshop(problem, SECONDS, WORKERS, seed)
    return (
        Answer(mine.finish or 0, mine.bound, mine.seconds, not check_starts(problem, mine.starts)),
        Answer(finish, bound, seconds, not check_starts(problem, starts)),
    )


def _compare(name: str, pairs: list[Pair]) -> None:
    if not pairs:
        return
    finish = statistics.mean(ours.finish / theirs.finish for ours, theirs in pairs)
    bound = statistics.mean(ours.bound / theirs.bound for ours, theirs in pairs)
    print(f"{name} ({len(pairs)}): finish {finish:.4f} of PyJobShop's, bound {bound:.4f} of PyJobShop's", flush=True)
