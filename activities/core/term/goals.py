"""What a deal of children over groups is worth, and what no deal can beat without looking at who sits with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.core.term.problem import TalkMode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from activities.core.term.problem import ChildKey, Pair, TalkGroup, TalkProblem

Deal = list[list["ChildKey"]]
"""Children of each group still to be held, in the order of the sizes."""


def broken_wishes(problem: TalkProblem, groups: Iterable[TalkGroup]) -> tuple[Pair, ...]:
    """Pairs to be kept apart that sit together, and pairs to sit together that were met in different groups."""
    if problem.mode is TalkMode.SINGLE:
        return ()
    where = {key: index for index, group in enumerate(groups) for key in group.children}
    apart = [pair for pair in problem.apart if pair[0] in where and where[pair[0]] == where.get(pair[1])]
    split = [
        pair for pair in problem.together if pair[0] in where and pair[1] in where and where[pair[0]] != where[pair[1]]
    ]
    return tuple(sorted([*apart, *split]))


def repeats(problem: TalkProblem, groups: Iterable[TalkGroup]) -> int:
    """How often the children who now sit together sat together before, summed over pairs."""
    if problem.mode is TalkMode.SINGLE:
        return 0
    return sum(problem.met.get(pair, 0) for group in groups for pair in group.pairs)


def mix(problem: TalkProblem, groups: Iterable[TalkGroup]) -> int:
    """
    How far the groups are from the class's own share of girls.

    Sum over groups of |girls in the group x children of the class - size of the group x girls of the class|.
    """
    if problem.mode is TalkMode.SINGLE:
        return 0
    girls = {child.key for child in problem.children if child.is_girl}
    everybody = len(problem.children)
    return sum(
        abs(sum(key in girls for key in group.children) * everybody - len(group.children) * len(girls))
        for group in groups
    )


def load_squares(problem: TalkProblem, groups: Sequence[TalkGroup]) -> int:
    """Sum of the squares of how many groups each teacher takes in the cycle."""
    return sum(sum(group.teacher == teacher.key for group in groups) ** 2 for teacher in problem.teachers)


def most_waited(problem: TalkProblem, seats: int) -> int:
    """The most cycles of waiting that can be ended with so many seats."""
    return sum(sorted((child.missed for child in problem.to_meet), reverse=True)[:seats])


def least_mix(problem: TalkProblem, sizes: Sequence[int]) -> int:
    """
    A mix no deal of these sizes beats, whoever sits with whom; held groups count as they are.

    Where everybody is met the girls are shared out one by one, each to the group in which she costs least: a group's
    cost only ever turns from falling to rising, so no other sharing is better. Otherwise each group is taken at its
    own best.
    """
    if problem.mode is TalkMode.SINGLE:
        return 0
    girls, everybody = sum(child.is_girl for child in problem.children), len(problem.children)

    def cost(size: int, count: int) -> int:
        return abs(count * everybody - size * girls)

    if sum(sizes) < len(problem.to_meet):
        return mix(problem, problem.held) + sum(min(cost(size, n) for n in range(size + 1)) for size in sizes)
    counts = [0] * len(sizes)
    for _ in range(sum(child.is_girl for child in problem.to_meet)):
        open_groups = [index for index, size in enumerate(sizes) if counts[index] < size]
        best = min(
            open_groups, key=lambda index: cost(sizes[index], counts[index] + 1) - cost(sizes[index], counts[index])
        )
        counts[best] += 1
    return mix(problem, problem.held) + sum(cost(size, n) for size, n in zip(sizes, counts, strict=True))
