"""Instances of scheduling with resources as in the PSPLIB: networks, four resources, scarce or plenty."""

from __future__ import annotations

import random
from typing import Any

from activities.core.day.groups import GroupingProblem, Pupil

RESOURCES = 4


def project(tasks: int, seed: int) -> dict[str, Any]:
    """
    One problem in the smallest form.

    Durations 1 to 10, one to three predecessors among the fifteen before, needs of 1 to 10 on half to all resources;
    capacities between what one segment needs and the peak without limits (strength 0.2 to 0.7).
    """
    rng = random.Random(1000 * tasks + seed)
    factor, strength = rng.choice((0.5, 0.75, 1.0)), rng.choice((0.2, 0.35, 0.5, 0.7))
    segments = []
    for number in range(tasks):
        earlier = list(range(max(0, number - 15), number))
        after = sorted(rng.sample(earlier, min(len(earlier), rng.choice((1, 1, 2, 2, 3))))) if number > 2 else []
        chosen = [name for name in range(RESOURCES) if rng.random() < factor] or [rng.randrange(RESOURCES)]
        segments.append(
            {
                "key": f"s{number}",
                "minutes": rng.randint(1, 10),
                "after": [f"s{one}" for one in after],
                "needs": {f"r{name}": rng.randint(1, 10) for name in chosen},
            }
        )
    horizon = sum(one["minutes"] for one in segments)
    return {
        "horizon": horizon,
        "resources": {f"r{name}": _capacity(segments, f"r{name}", strength) for name in range(RESOURCES)},
        "segments": segments,
        "goal": "finish_early",
    }


def _capacity(segments: list[dict[str, Any]], name: str, strength: float) -> int:
    ends: dict[str, int] = {}
    use: dict[int, int] = {}
    for one in segments:
        start = max((ends[key] for key in one["after"]), default=0)
        ends[one["key"]] = start + one["minutes"]
        for minute in range(start, ends[one["key"]]):
            use[minute] = use.get(minute, 0) + one["needs"].get(name, 0)
    least = max((one["needs"].get(name, 0) for one in segments), default=0)
    return max(least, round(least + strength * (max(use.values()) - least)))


def pupils(children: int, groups: int, seed: int, *, wishes: int = 0) -> GroupingProblem:
    """
    Children of two places, both sexes, three age bands, some with a need; siblings, pairs apart, wishes.

    Equal numbers of each place and nearly of each sex, as at Zhuji with 48 children and 4 groups.
    """
    rng = random.Random(seed)
    ages = ("7-8", "9-10", "11-12")
    listed = tuple(
        Pupil(
            number,
            "majian" if number % 2 else "yuecheng",
            is_girl=number % 4 < 2,
            age_band=ages[number % 3],
            needs=frozenset({"asthma"} if number % 12 == 5 else ()),
        )
        for number in range(children)
    )

    def pairs(count: int, taken: set[frozenset[int]]) -> frozenset[frozenset[int]]:
        found: set[frozenset[int]] = set()
        while len(found) < count:
            pair = frozenset(rng.sample(range(children), 2))
            if pair not in taken:
                found.add(pair)
                taken.add(pair)
        return frozenset(found)

    taken: set[frozenset[int]] = set()
    siblings = tuple(sorted(pairs(max(1, children // 24), taken), key=sorted))
    return GroupingProblem(
        listed, groups, siblings, pairs(max(4, children // 12), taken), pairs(wishes or max(4, children // 12), taken)
    )
