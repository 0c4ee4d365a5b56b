"""
Measure the planner of event days; prints tables, docs/planning.md keeps those of one run.

    python -m benchmarks.activities                      the Zhuji day, groups, re-planning, random days
    python -m benchmarks.activities --peers              also scheduling beside PyJobShop (group `peers`; 12 minutes)
    python -m benchmarks.activities --days 20 --seeds 1  less of it
    python -m benchmarks.activities --days 0 --peers --sizes 60 90 --seeds 5
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from typing import TYPE_CHECKING

from activities.core.day import (
    divide,
    in_the_rain,
    plan,
    read_day,
    relax,
    replan,
    violations_of,
    without_host,
    zhuji_day,
    zhuji_paper_plan,
)
from activities.core.day.clock import clock
from backend.kernel.solving import SolveLimits
from benchmarks.activities.days import random_day
from benchmarks.activities.instances import pupils
from benchmarks.activities.scheduling import scheduling
from benchmarks.machine import described

if TYPE_CHECKING:
    from activities.core.day import DayResult

LIMITS = SolveLimits(seconds=10, workers=2)
SIZES = (30, 60, 90, 120)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.activities")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3, help="of scheduling, for each size")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="segments to schedule")
    parser.add_argument("--seconds", type=float, default=LIMITS.seconds, help="for a random day, where others compute")
    options = parser.parse_args()
    print(described(), flush=True)
    one_day()
    groups()
    random_days(options.days, SolveLimits(seconds=options.seconds, workers=LIMITS.workers))
    if options.peers:
        scheduling(options.sizes, options.seeds)


def one_day() -> None:
    """The Zhuji day, with ranges, and what may befall it."""
    day, paper = zhuji_day(), zhuji_paper_plan()
    print(f"paper plan: {len(violations_of(day, paper))} violations")
    _say("Zhuji day", plan(day, LIMITS))
    _say("with ranges", plan(zhuji_day(has_ranges=True), LIMITS))
    _say("host ill", replan(without_host(day, "palace2"), paper, LIMITS))
    _say("rain", replan(in_the_rain(day), paper, LIMITS))


def _say(name: str, result: DayResult) -> None:
    finish = clock(result.plan.finish) if result.plan else "-"
    print(f"{name}: {result.status} ends {finish}, {len(result.changes)} changes, {result.seconds:.2f} s", flush=True)


def groups() -> None:
    """48 children in 4 groups, 600 in 24, with wishes."""
    for count, into, wishes, seeds in ((48, 4, 4, range(3)), (600, 24, 50, range(1, 11))):
        for seed in seeds:
            limits = SolveLimits(seconds=2, workers=2, seed=seed)
            problem, begun = pupils(count, into, seed, wishes=wishes), time.process_time()
            result = divide(problem, limits)
            busy = time.process_time() - begun
            values = {goal.name: (goal.value, goal.bound) for goal in result.goals}
            print(f"{count} in {into}, seed {seed}: {result.status} {values}, {result.seconds:.2f} s", end=" ")
            print(f"({busy:.2f} s of the processor)", flush=True)


def random_days(count: int, limits: SolveLimits = LIMITS) -> None:
    """How many are proven, how long it takes, and how long to say why not; on a shared machine the processor's time."""
    if not count:
        return
    found: Counter[str] = Counter()
    seconds, busy, explained, faults = [], [], [], 0
    for seed in range(count):
        day = read_day(random_day(seed))
        begun = time.process_time()
        result = plan(day, limits)
        busy.append(time.process_time() - begun)
        found[str(result.status)] += 1
        seconds.append(result.seconds)
        faults += bool(result.plan and violations_of(day, result.plan))
        if result.status == "INFEASIBLE":
            since = time.perf_counter()
            relax(day, limits)
            explained.append(time.perf_counter() - since)
    slow = max(explained, default=0)
    print(f"{count} random days: {dict(found)}, refused {faults}, median {statistics.median(seconds):.2f} s,", end=" ")
    print(f"slowest {max(seconds):.2f} s; slowest explanation {slow:.2f} s;", end=" ")
    print(f"most of the processor {max(busy):.1f} s", flush=True)


if __name__ == "__main__":
    main()
