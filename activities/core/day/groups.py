"""Dividing children into groups: who there is, what is asked for, and what a division is worth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from activities.core.day.errors import MalformedDay

if TYPE_CHECKING:
    from activities.core.day.goals import GoalValue
    from backend.kernel.solving import SolveStatus

PupilKey = int | str
Pair = frozenset[PupilKey]
"""Two children."""
Mark = tuple[str, str]
"""What is to be mixed, and its value: ("place", "Majian")."""

GROUP_GOALS: dict[str, tuple[str, str]] = {
    "apart": ("要分开却在同组的", "pairs to be kept apart that are together"),
    "siblings": ("没在同组的兄弟姐妹", "siblings that are split"),
    "imbalance": ("地方、男女、年龄搭配不匀，差几名", "children by which places, sexes and ages are uneven"),
    "wishes": ("想在一起却没在同组的", "pairs that wish to be together and are not"),
    "repeats": ("上次就在同组的", "pairs who were together last time"),
}


@dataclass(frozen=True, slots=True)
class Pupil:
    """
    One child.

    Args:
        place: school or place; `age_band` like "8-9"; `needs`: each is spread over the groups by itself.
    """

    key: PupilKey
    place: str = ""
    is_girl: bool = False
    age_band: str = ""
    needs: frozenset[str] = frozenset()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Everything this child adds to the mix of a group."""
        own = (("place", self.place), ("sex", "girl" if self.is_girl else "boy"), ("age", self.age_band))
        return (*own, *(("need", need) for need in sorted(self.needs)))


@dataclass(frozen=True, slots=True)
class GroupingProblem:
    """
    Children to be divided into `count` groups whose sizes differ by at most one.

    Args:
        siblings: sets of children who stay together; `apart`: pairs kept apart; `wishes`: pairs who ask to be together.
        met: pairs of last time's groups.

    Raises:
        MalformedDay: a key twice, a key nobody has, fewer children than groups, a pair of one.
    """

    pupils: tuple[Pupil, ...]
    count: int
    siblings: tuple[frozenset[PupilKey], ...] = ()
    apart: frozenset[Pair] = frozenset()
    wishes: frozenset[Pair] = frozenset()
    met: frozenset[Pair] = field(default=frozenset())

    def __post_init__(self) -> None:
        keys = {pupil.key for pupil in self.pupils}
        if len(keys) < len(self.pupils):
            raise MalformedDay("pupils", "a key stands twice", "give each child its own key")
        if not 1 <= self.count <= max(1, len(keys)):
            raise MalformedDay("count", f"{self.count} groups of {len(keys)} children", "let no group be empty")
        for name, most in (("siblings", len(keys)), ("apart", 2), ("wishes", 2), ("met", 2)):
            for together in getattr(self, name):
                if not together <= keys or not 1 < len(together) <= most:
                    raise MalformedDay(name, f"{sorted(map(str, together))} is no pair here", "name two children")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of the groups, the larger ones first."""
        least, more = divmod(len(self.pupils), self.count)
        return tuple(least + (number < more) for number in range(self.count))

    @property
    def sibling_pairs(self) -> frozenset[Pair]:
        """Every two siblings."""
        return frozenset(frozenset(two) for one in self.siblings for two in combinations(sorted(one, key=str), 2))

    def totals(self) -> Counter[Mark]:
        """How many children bear each mark."""
        return Counter(mark for pupil in self.pupils for mark in pupil.marks)

    def wanted(self, size: int) -> dict[Mark, tuple[int, int]]:
        """For a group of a size: the fewest and the most children of each mark in an even mix."""
        everybody = len(self.pupils)
        return {mark: (n * size // everybody, -(-n * size // everybody)) for mark, n in self.totals().items()}


Groups = tuple[tuple[PupilKey, ...], ...]
"""Children of each group."""


@dataclass(frozen=True, slots=True)
class GroupingResult:
    """
    The answer: always a division, since all but sizes are goals.

    Args:
        status: OPTIMAL with every goal proven, else FEASIBLE.
        broken: (goal, pair) for each wish that is not kept, so that it can be named.
    """

    status: SolveStatus
    groups: Groups
    goals: tuple[GoalValue, ...]
    broken: tuple[tuple[str, tuple[PupilKey, ...]], ...] = ()
    seed: int = 0
    seconds: float = 0.0

    def goal(self, name: str) -> GoalValue:
        """One goal by name."""
        return next(goal for goal in self.goals if goal.name == name)


def worth(problem: GroupingProblem, groups: Groups) -> dict[str, int]:
    """The value of every goal in `GROUP_GOALS`, the fewer the better, counted from the groups alone."""
    where = {key: number for number, group in enumerate(groups) for key in group}
    return {
        "apart": sum(_is_together(pair, where) for pair in problem.apart),
        "siblings": sum(_is_split(pair, where) for pair in problem.sibling_pairs),
        "imbalance": _imbalance(problem, groups),
        "wishes": sum(_is_split(pair, where) for pair in problem.wishes),
        "repeats": sum(_is_together(pair, where) for pair in problem.met),
    }


def _imbalance(problem: GroupingProblem, groups: Groups) -> int:
    """Children too many or too few of each mark in each group."""
    marks = {pupil.key: pupil.marks for pupil in problem.pupils}
    wanted = {size: problem.wanted(size) for size in {len(group) for group in groups}}
    found = [(Counter(mark for key in group for mark in marks[key]), wanted[len(group)]) for group in groups]
    return sum(
        max(0, least - count[mark], count[mark] - most)
        for count, mixed in found
        for mark, (least, most) in mixed.items()
    )


def broken_pairs(problem: GroupingProblem, groups: Groups) -> tuple[tuple[str, tuple[PupilKey, ...]], ...]:
    """Each pair that is not as it should be, with the goal it belongs to."""
    where = {key: number for number, group in enumerate(groups) for key in group}
    kinds = (
        ("apart", problem.apart, _is_together),
        ("siblings", problem.sibling_pairs, _is_split),
        ("wishes", problem.wishes, _is_split),
        ("repeats", problem.met, _is_together),
    )
    return tuple(
        (name, tuple(sorted(pair, key=str)))
        for name, pairs, is_bad in kinds
        for pair in sorted(pairs, key=lambda one: sorted(map(str, one)))
        if is_bad(pair, where)
    )


def check_groups(problem: GroupingProblem, groups: Groups) -> tuple[str, ...]:
    """Why this is no division of these children: some of the codes `count`, `twice`, `missing`, `unknown`, `sizes`."""
    seated = [key for group in groups for key in group]
    everybody = {pupil.key for pupil in problem.pupils}
    faults = {
        "count": len(groups) != problem.count,
        "twice": len(set(seated)) < len(seated),
        "missing": bool(everybody - set(seated)),
        "unknown": bool(set(seated) - everybody),
        "sizes": bool(groups) and max(map(len, groups)) - min(map(len, groups)) > 1,
    }
    return tuple(code for code, is_so in faults.items() if is_so)


def _is_together(pair: Pair, where: dict[PupilKey, int]) -> bool:
    """Both in one group; who stands in none is with nobody."""
    spots = {where.get(key) for key in pair}
    return len(spots) == 1 and None not in spots


def _is_split(pair: Pair, where: dict[PupilKey, int]) -> bool:
    """In two groups; who stands in none may still come together."""
    spots = {where.get(key) for key in pair}
    return len(spots) > 1 and None not in spots


@dataclass(frozen=True, slots=True)
class Effect:
    """
    What a move would do.

    Args:
        groups: after the move; `before`, `after`: every goal; `newly_broken`, `newly_kept`: pairs by goal.
        sizes_ok: sizes still differ by at most one.
    """

    groups: Groups
    before: dict[str, int]
    after: dict[str, int]
    newly_broken: tuple[tuple[str, tuple[PupilKey, ...]], ...]
    newly_kept: tuple[tuple[str, tuple[PupilKey, ...]], ...]
    sizes_ok: bool

    @property
    def is_better(self) -> bool:
        """Whether the goals, in their order, are better afterwards."""
        return list(self.after.values()) < list(self.before.values())


def effect_of_move(
    problem: GroupingProblem, groups: Groups, pupil: PupilKey, to: int, swap_with: PupilKey | None = None
) -> Effect:
    """
    What becomes of the goals when one child moves to another group, or two change places; nothing is changed.

    Raises:
        MalformedDay: the child is in no group, or the group does not exist, or the other child is not in it.
    """
    here = next((number for number, group in enumerate(groups) if pupil in group), None)
    if here is None or not 0 <= to < len(groups) or (swap_with is not None and swap_with not in groups[to]):
        raise MalformedDay("move", "does not fit these groups", "reload the groups and move again")
    moved = [list(group) for group in groups]
    moved[here].remove(pupil)
    moved[to].append(pupil)
    if swap_with is not None:
        moved[to].remove(swap_with)
        moved[here].append(swap_with)
    after = tuple(tuple(group) for group in moved)
    was, now = broken_pairs(problem, groups), broken_pairs(problem, after)
    return Effect(
        after,
        worth(problem, groups),
        worth(problem, after),
        tuple(one for one in now if one not in was),
        tuple(one for one in was if one not in now),
        "sizes" not in check_groups(problem, after),
    )
