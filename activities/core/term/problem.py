"""What a cycle of a class's talk groups is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations

ChildKey = int
TeacherKey = int
Pair = tuple[ChildKey, ChildKey]
"""Two children, the smaller key first."""


class TalkMode(StrEnum):
    """Whether the children of a week sit together, or talk to the teacher one after the other."""

    GROUP = "GROUP"
    SINGLE = "SINGLE"


def pair_of(one: ChildKey, other: ChildKey) -> Pair:
    """Two children in the order pairs are kept in."""
    return (one, other) if one < other else (other, one)


@dataclass(frozen=True, slots=True)
class TalkChild:
    """
    One child who is to be met once.

    Args:
        missed: how many cycles in a row nobody could meet this child, >= 0; those come first when places are short.
    """

    key: ChildKey
    is_girl: bool
    missed: int = 0


@dataclass(frozen=True, slots=True)
class TalkTeacher:
    """
    One teacher of the class.

    Args:
        most: groups this teacher takes in the whole cycle, held ones included, >= 0.
        away: weeks in which this teacher cannot, or has another group.
    """

    key: TeacherKey
    most: int
    away: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class TalkGroup:
    """Who meets whom in which week: in a problem a group that was held already, in a result one of the plan."""

    week: int
    teacher: TeacherKey
    children: tuple[ChildKey, ...]

    @property
    def pairs(self) -> list[Pair]:
        """Every two children of the group."""
        return [pair_of(*two) for two in combinations(self.children, 2)]


@dataclass(frozen=True, slots=True)
class TalkProblem:
    """
    One class, one cycle.

    Args:
        weeks: the weeks of the cycle that are still to come and do not fall out, as rising numbers.
        size: children per group that are wished for; groups are never outside `smallest` .. `largest` unless fewer
            children than `smallest` are left to meet.
        met: in how many earlier cycles two children sat in one group.
        apart, together: pairs somebody asked to keep so; kept where possible, and named where not.
        held: groups that took place; they stand, and their children are met.

    Raises:
        ValueError: a key twice, a key nobody has, a pair out of order, a number outside its range.
    """

    children: tuple[TalkChild, ...]
    teachers: tuple[TalkTeacher, ...]
    weeks: tuple[int, ...]
    size: int = 4
    smallest: int = 3
    largest: int = 5
    mode: TalkMode = TalkMode.GROUP
    met: dict[Pair, int] = field(default_factory=dict)
    apart: frozenset[Pair] = frozenset()
    together: frozenset[Pair] = frozenset()
    held: tuple[TalkGroup, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be meant."""
        _check_numbers(self)
        _check_people(self)
        _check_pairs(self)
        _check_held(self)

    @property
    def to_meet(self) -> tuple[TalkChild, ...]:
        """The children no held group has met."""
        done = {key for group in self.held for key in group.children}
        return tuple(child for child in self.children if child.key not in done)


def _check_numbers(problem: TalkProblem) -> None:
    if not 1 <= problem.smallest <= problem.size <= problem.largest:
        raise ValueError(f"size must lie in {problem.smallest} .. {problem.largest}, not {problem.size}")
    if 2 * problem.smallest > problem.largest + 1:
        raise ValueError(f"groups of {problem.smallest} .. {problem.largest} leave numbers that fit no group")
    if list(problem.weeks) != sorted(set(problem.weeks)):
        raise ValueError("weeks must rise")
    for teacher in problem.teachers:
        if teacher.most < 0:
            raise ValueError(f"teacher {teacher.key}: most must be 0 or more, not {teacher.most}")
    for child in problem.children:
        if child.missed < 0:
            raise ValueError(f"child {child.key}: missed must be 0 or more, not {child.missed}")


def _check_people(problem: TalkProblem) -> None:
    for people in (problem.children, problem.teachers):
        keys = [person.key for person in people]
        if len(set(keys)) != len(keys):
            raise ValueError("a key stands twice")


def _check_pairs(problem: TalkProblem) -> None:
    keys = {child.key for child in problem.children}
    for one, other in [*problem.met, *problem.apart, *problem.together]:
        if not (one < other and {one, other} <= keys):
            raise ValueError(f"({one}, {other}) is no pair of children here, smaller key first")
    if both := problem.apart & problem.together:
        raise ValueError(f"{min(both)} is to be kept apart and together")
    if any(count < 1 for count in problem.met.values()):
        raise ValueError("who never met is left out of met")


def _check_held(problem: TalkProblem) -> None:
    children = [key for group in problem.held for key in group.children]
    if len(set(children)) != len(children) or not set(children) <= {child.key for child in problem.children}:
        raise ValueError("a held group names a child twice, or one that is not here")
    places = [(group.teacher, group.week) for group in problem.held]
    if len(set(places)) != len(places):
        raise ValueError("a teacher held two groups in one week")
