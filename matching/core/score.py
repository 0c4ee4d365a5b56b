"""
What makes one allowed pair better than another, in points.

Each term is one function of candidates: n pairs in, one integer per pair out. The sum of the terms is the pair's fit,
0 .. 1000, and each term can be asked alone, so that a page can list why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from matching.core.candidates import Candidates, is_listed, pair_key
from matching.core.facts import UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

TermFunction = Callable[[Candidates], "NDArray[np.int64]"]


@dataclass(frozen=True, slots=True)
class Term:
    """A reason people care about: its code, which names its weight too, its words, and what counts its points."""

    code: str
    zh: str
    en: str
    points: TermFunction


def near_points(pairs: Candidates) -> NDArray[np.int64]:
    """
    Reward helpers who live near the child.

    Returns:
        All points within `near_m`, none beyond `far_m` or with a position unknown, linear between, rounded down.
    """
    weights, distance = pairs.kind_rules.weights, distance_m(pairs)
    span_m = weights.far_m - weights.near_m
    return np.asarray(weights.near * np.clip(weights.far_m - distance, 0, span_m) // span_m * (distance != UNKNOWN))


def same_village_points(pairs: Candidates) -> NDArray[np.int64]:
    """Reward helpers of the child's village."""
    return pairs.kind_rules.weights.same_village * _same(
        pairs.facts.children.village[pairs.child], pairs.facts.helpers.village[pairs.helper]
    )


def same_township_points(pairs: Candidates) -> NDArray[np.int64]:
    """Reward helpers of the child's township."""
    return pairs.kind_rules.weights.same_township * _same(
        pairs.facts.children.township[pairs.child], pairs.facts.helpers.township[pairs.helper]
    )


def class_teacher_points(pairs: Candidates) -> NDArray[np.int64]:
    """Reward the child's class teacher."""
    return pairs.kind_rules.weights.class_teacher * _same(
        pairs.facts.children.klass[pairs.child], pairs.facts.helpers.heads_class[pairs.helper]
    )


def teaches_class_points(pairs: Candidates) -> NDArray[np.int64]:
    """Reward those who teach the child's class, its class teacher among them."""
    return pairs.kind_rules.weights.teaches_class * teaches(pairs).astype(np.int64)


def same_sex_points(pairs: Candidates) -> NDArray[np.int64]:
    """Reward helpers of the child's sex, both being known."""
    return pairs.kind_rules.weights.same_sex * _same(
        pairs.facts.children.sex[pairs.child], pairs.facts.helpers.sex[pairs.helper]
    )


def needs_points(pairs: Candidates) -> NDArray[np.int64]:
    """Reward what the helper offers of what the child needs, in proportion, rounded down; no needs, no points."""
    needs = pairs.facts.children.needs[pairs.child]
    met = np.bitwise_count(needs & pairs.facts.helpers.offers[pairs.helper]).astype(np.int64)
    return np.asarray(pairs.kind_rules.weights.needs * met // np.maximum(np.bitwise_count(needs), 1))


def wish_points(pairs: Candidates) -> NDArray[np.int64]:
    """Reward pairs one of whom asked for the other."""
    width = len(pairs.facts.helpers)
    listed = is_listed(pairs.facts.wishes, pairs.child, pairs.helper, width)
    return pairs.kind_rules.weights.wish * listed.astype(np.int64)


def kept_points(pairs: Candidates) -> NDArray[np.int64]:
    """Reward the pair that stands today."""
    width = len(pairs.facts.helpers)
    return pairs.kind_rules.weights.kept * is_listed(pairs.facts.kept, pairs.slot, pairs.helper, width).astype(np.int64)


TERMS: tuple[Term, ...] = (
    Term("near", "住得近", "lives near", near_points),
    Term("same_village", "同村", "same village", same_village_points),
    Term("same_township", "同乡镇", "same township", same_township_points),
    Term("class_teacher", "是孩子的班主任", "is the class teacher", class_teacher_points),
    Term("teaches_class", "任教孩子所在班级", "teaches the class", teaches_class_points),
    Term("same_sex", "同性别", "same sex", same_sex_points),
    Term("needs", "所长合孩子所需", "offers what the child needs", needs_points),
    Term("wish", "提出过意愿", "one asked for the other", wish_points),
    Term("kept", "现在就是结对", "paired today", kept_points),
)


def fit_points(pairs: Candidates) -> NDArray[np.int16]:
    """Sum the terms of each pair, int16[n] of 0 .. 1000."""
    total = np.zeros(len(pairs.slot), np.int16)
    for term in TERMS:
        if getattr(pairs.kind_rules.weights, term.code):
            total += term.points(pairs).astype(np.int16)
    return total


def distance_m(pairs: Candidates) -> NDArray[np.int64]:
    """Metres between child and helper, rounded down, int64[n]; UNKNOWN where either has no position."""
    children, helpers = pairs.facts.children, pairs.facts.helpers
    dx = children.x_m[pairs.child].astype(np.int64) - helpers.x_m[pairs.helper]
    dy = children.y_m[pairs.child].astype(np.int64) - helpers.y_m[pairs.helper]
    known = (children.x_m[pairs.child] != UNKNOWN) & (helpers.x_m[pairs.helper] != UNKNOWN)
    return np.where(known, np.sqrt(dx * dx + dy * dy).astype(np.int64), UNKNOWN)


def teaches(pairs: Candidates) -> NDArray[np.bool_]:
    """Tell which helpers teach or head the child's class, bool[n]."""
    helpers = pairs.facts.helpers
    klass = pairs.facts.children.klass[pairs.child]
    heads = (klass == helpers.heads_class[pairs.helper]) & (klass != UNKNOWN)
    if not len(helpers.teaches_helper):
        return np.asarray(heads)
    width = int(max(helpers.teaches_class.max(), klass.max(initial=0))) + 1
    taught = np.unique(pair_key(helpers.teaches_helper, helpers.teaches_class, width))
    wanted = pair_key(pairs.helper, klass, width)
    place = np.minimum(np.searchsorted(taught, wanted), len(taught) - 1)
    return np.asarray(heads | ((taught[place] == wanted) & (klass != UNKNOWN)))


def _same(left: NDArray[np.int32] | NDArray[np.int8], right: NDArray[np.int32] | NDArray[np.int8]) -> NDArray[np.int64]:
    return np.asarray(((left == right) & (left != UNKNOWN)).astype(np.int64))
