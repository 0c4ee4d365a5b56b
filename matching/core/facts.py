"""What the rules and the score may know about children, helpers and schemes, as columns."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.problem import FIT_MAX

if TYPE_CHECKING:
    from numpy.typing import NDArray

Caps = tuple["NDArray[np.int32]", "NDArray[np.int32]", "NDArray[np.int32]"]
"""(helper, scheme, most places), equally long."""
UNKNOWN = -1
ALWAYS = 2**31 - 1
NO_CAP = 1_000_000
"""Places of a scheme that caps nobody, from which what is held elsewhere is taken off."""
"""A day number later than any period, for a check that never ends."""


class Sex(IntEnum):
    """Codes of GB/T 2261.1."""

    UNKNOWN = -1
    MALE = 1
    FEMALE = 2


class Reach(IntEnum):
    """How far from the child a helper may stand; each is wider than the one before."""

    SAME_CLASS = 0
    SCHOOL = 1
    VILLAGE = 2
    TOWNSHIP = 3
    COUNTY = 4


class SexRule(IntEnum):
    """Whose sex decides. GIRLS_BY_WOMEN leaves boys open to anyone."""

    NONE = 0
    SAME = 1
    GIRLS_BY_WOMEN = 2


class BadFacts(ValueError):
    """A column has the wrong length or type, or points at nothing; the sentence names it."""


@dataclass(frozen=True, slots=True, eq=False)
class ChildColumns:
    """
    One entry per child, N in all; every column is an integer array, -1 = unknown.

    Args:
        level: need level 1 .. 4.
        sex: `Sex`.
        school, klass, village, township, county: keys >= 0 shared with the helpers' columns.
        x_m, y_m: metres on a plane grid, >= 0.
        birth_day: day number (proleptic ordinal).
        needs: bitmask of needs, the bits shared with the helpers' `offers`; 0 = none.
    """

    level: NDArray[np.int8]
    sex: NDArray[np.int8]
    school: NDArray[np.int32]
    klass: NDArray[np.int32]
    village: NDArray[np.int32]
    township: NDArray[np.int32]
    county: NDArray[np.int32]
    x_m: NDArray[np.int32]
    y_m: NDArray[np.int32]
    birth_day: NDArray[np.int32]
    needs: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse columns of unequal length."""
        _same_length(self, "child")

    def __len__(self) -> int:
        """Number of children, N."""
        return len(self.level)


@dataclass(frozen=True, slots=True, eq=False)
class HelperColumns:
    """
    One entry per helper, H in all; every column is an integer array, -1 = unknown.

    Args:
        roles: bitmask of roles held.
        sex: `Sex`.
        school, village, township, county: keys >= 0 shared with the children's columns.
        heads_class: the class whose class teacher the helper is.
        x_m, y_m: metres on the children's grid.
        birth_day: day number.
        offers: bitmask of what the helper can give.
        cleared_from, cleared_until: first and last day number on which the background check holds; -1 = none.
        limit: places in total, >= 0; `share`: permille of full time, 1 .. 1000.
        teaches_helper, teaches_class: one pair per class taught (a pupil helper "teaches" the own class).
    """

    roles: NDArray[np.int64]
    sex: NDArray[np.int8]
    school: NDArray[np.int32]
    heads_class: NDArray[np.int32]
    village: NDArray[np.int32]
    township: NDArray[np.int32]
    county: NDArray[np.int32]
    x_m: NDArray[np.int32]
    y_m: NDArray[np.int32]
    birth_day: NDArray[np.int32]
    offers: NDArray[np.int64]
    cleared_from: NDArray[np.int32]
    cleared_until: NDArray[np.int32]
    limit: NDArray[np.int32]
    share: NDArray[np.int16]
    teaches_helper: NDArray[np.int32]
    teaches_class: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Refuse columns of unequal length."""
        _same_length(self, "helper", apart=("teaches_helper", "teaches_class"))
        if len(self.teaches_helper) != len(self.teaches_class):
            raise BadFacts("helper.teaches_class must have one entry per teaches_helper")

    def __len__(self) -> int:
        """Number of helpers, H."""
        return len(self.roles)


@dataclass(frozen=True, slots=True, eq=False)
class SlotColumns:
    """
    One entry per slot, S in all.

    Args:
        child: position in the children's columns.
        scheme: position in `Facts.schemes`.
        kind: position in that scheme's `kinds`.
        bundle: -1, or a key; slots of one key belong to one child and are filled all or none.
        turn: 0 = the child's first place of this kind, 1 = the second ...
    """

    child: NDArray[np.int32]
    scheme: NDArray[np.int16]
    kind: NDArray[np.int16]
    bundle: NDArray[np.int32]
    turn: NDArray[np.int8]

    def __post_init__(self) -> None:
        """Refuse columns of unequal length."""
        _same_length(self, "slot")

    def __len__(self) -> int:
        """Number of slots, S."""
        return len(self.child)


@dataclass(frozen=True, slots=True, eq=False)
class PairColumns:
    """
    Pairs (first, second) of positions: (slot, helper) or (child, helper), with an optional small code.

    Args:
        first, second: int32, equally long.
        code: int16, reason of an exclusion; 0 where none is given.
    """

    first: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    second: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    code: NDArray[np.int16] | None = None

    def __post_init__(self) -> None:
        """Refuse halves of unequal length."""
        if len(self.first) != len(self.second) or (self.code is not None and len(self.code) != len(self.first)):
            raise BadFacts("a pair needs as many first as second entries, and codes")

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.first)


@dataclass(frozen=True, slots=True)
class Weights:
    """
    Preferences in points; all >= 0 and together at most 1000, so that a pair's points never need a cut.

    Args:
        near: within `near_m` metres in full, none beyond `far_m`, linear between.
        same_village, same_township: earned by a common key.
        class_teacher: the helper heads the child's class; `teaches_class`: teaches it.
        same_sex: both known and equal.
        needs: in full when every need is offered, in proportion otherwise.
        wish: one of the pair asked for the other.
        kept: the pair stands today.
    """

    near: int = 300
    same_village: int = 100
    same_township: int = 50
    class_teacher: int = 150
    teaches_class: int = 50
    same_sex: int = 50
    needs: int = 200
    wish: int = 100
    kept: int = 0
    near_m: int = 1_000
    far_m: int = 10_000

    def __post_init__(self) -> None:
        """Refuse weights that could leave 0 .. 1000."""
        points = [getattr(self, item.name) for item in fields(self) if not item.name.endswith("_m")]
        if min(points) < 0 or sum(points) > FIT_MAX:
            raise BadFacts(f"weights must be 0 or more and together at most {FIT_MAX}, not {sum(points)}")
        if not 0 <= self.near_m < self.far_m:
            raise BadFacts("near_m must be 0 or more and below far_m")


@dataclass(frozen=True, slots=True)
class SlotKind:
    """
    One kind of place a scheme fills, such as "the teacher of the child".

    Args:
        code: stable name for records, e.g. "teacher".
        roles: bitmask; the helper must hold one of them.
        reach: how far the helper may stand; radius_m: and at most so many metres from the child, 0 = not asked.
        sex_rule: whose sex decides.
        required_offers: bitmask; the helper must offer all of them.
        age_gap_days: the helper is at least this much older; 0 = not asked.
        weights: what makes one allowed pair better than another.
    """

    code: str
    roles: int
    reach: Reach
    sex_rule: SexRule = SexRule.NONE
    required_offers: int = 0
    age_gap_days: int = 0
    radius_m: int = 0
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True, slots=True)
class SchemeRules:
    """
    The rules of one scheme in one term.

    Args:
        code: stable name for records.
        kinds: the kinds of place, numbered by position.
        start_day, end_day: first and last day number of the pairings; the background check holds on both and between.
        helper_cap: at most so many places of this scheme for one helper, or None.
        has_woman_for_girl: where a girl's places of this scheme are filled, a woman holds at least one.
    """

    code: str
    kinds: tuple[SlotKind, ...]
    start_day: int
    end_day: int
    helper_cap: int | None = None
    has_woman_for_girl: bool = False

    def __post_init__(self) -> None:
        """Refuse a period that ends before it starts, and negative caps."""
        if self.end_day < self.start_day:
            raise BadFacts(f"scheme {self.code} ends before it starts")
        if self.helper_cap is not None and self.helper_cap < 0:
            raise BadFacts(f"scheme {self.code} has a negative helper_cap")


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """
    Everything one run knows.

    Args:
        exclusions: (child, helper) pairs that must not be, with reason codes.
        kept: (slot, helper) pairs that stand today; locked: those that must stay.
        wishes: (child, helper) pairs one of whom asked for the other.
        caps: (helper, scheme, most places): departures from `SchemeRules.helper_cap`, three equally long arrays.
            A scheme without a cap counts from `NO_CAP`, so that a cap that is supposed finds what is held elsewhere.

    Raises:
        BadFacts: a position that points at nothing.
    """

    children: ChildColumns
    helpers: HelperColumns
    slots: SlotColumns
    schemes: tuple[SchemeRules, ...]
    exclusions: PairColumns = field(default_factory=PairColumns)
    kept: PairColumns = field(default_factory=PairColumns)
    locked: PairColumns = field(default_factory=PairColumns)
    wishes: PairColumns = field(default_factory=PairColumns)
    caps: Caps | None = None

    def __post_init__(self) -> None:
        """Refuse positions outside their columns."""
        children, helpers, slots = len(self.children), len(self.helpers), len(self.slots)
        _inside("slot.child", self.slots.child, children)
        _inside("slot.scheme", self.slots.scheme, len(self.schemes))
        kinds = np.array([len(scheme.kinds) for scheme in self.schemes] or [0])
        _inside("slot.kind", self.slots.kind, kinds[self.slots.scheme] if slots else 0)
        _inside("helper.teaches_helper", self.helpers.teaches_helper, helpers)
        for name, pairs, first in (
            ("exclusions", self.exclusions, children),
            ("wishes", self.wishes, children),
            ("kept", self.kept, slots),
            ("locked", self.locked, slots),
        ):
            _inside(f"{name}.first", pairs.first, first)
            _inside(f"{name}.second", pairs.second, helpers)


def _same_length(columns: Any, noun: str, *, apart: tuple[str, ...] = ()) -> None:
    lengths = {item.name: len(getattr(columns, item.name)) for item in fields(columns) if item.name not in apart}
    expected = next(iter(lengths.values()))
    for name, length in lengths.items():
        if length != expected:
            raise BadFacts(f"{noun}.{name} has {length} entries where {expected} belong")


def _inside(name: str, positions: NDArray[Any], end: int | NDArray[Any]) -> None:
    bad = (positions < 0) | (positions >= end)
    if bad.any():
        raise BadFacts(f"{name}[{int(bad.argmax())}] points at nothing")
