"""
Invented matching problems of real sizes.

A county is modelled on the published figures of one: 4,570 children at heart level 4, 8,453 cadres and teachers, 27
townships, 250 villages, 233 schools; schools and townships are uneven, and pairs are those of the child's school (its
teachers) and township (its cadres).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.core.problem import MatchingProblem

TOWNSHIPS, SCHOOLS = 27, 233
CHILDREN, TEACHERS, CADRES = 4_570, 4_620, 3_833


def county(
    seed: int = 1,
    *,
    children: int = CHILDREN,
    is_bundled: bool = False,
    levels: bool = False,
    has_neighbours: bool = False,
) -> MatchingProblem:
    """
    Draw the two-to-one problem: a cadre of the township and a teacher of the school for each child.

    Args:
        is_bundled: all or nothing; levels: of need, 1 to 4, else all 4.
        has_neighbours: cadres also go to the next township, which makes the county one component.
    """
    rng = np.random.default_rng(seed)
    factor = children / CHILDREN
    townships, schools = max(1, round(TOWNSHIPS * factor)), max(1, round(SCHOOLS * factor))
    teachers, cadres = round(TEACHERS * factor), round(CADRES * factor)
    school_township = rng.permutation(np.arange(schools) % townships)
    school_share = rng.lognormal(0, 0.7, schools)
    child_school = rng.choice(schools, children, p=school_share / school_share.sum())
    staff_share = school_share**0.85 * rng.lognormal(0, 0.25, schools)
    teacher_school = rng.choice(schools, teachers, p=staff_share / staff_share.sum())
    cadre_share = np.bincount(school_township[child_school], minlength=townships) ** 0.6 + 1.0
    cadre_township = rng.choice(townships, cadres, p=cadre_share / cadre_share.sum())
    child_township = school_township[child_school]
    cadre_slot, teacher_slot = np.arange(children) * 2, np.arange(children) * 2 + 1
    parts = [
        _join(cadre_slot, child_township, cadre_township, 0, 0.5, rng),
        _join(teacher_slot, child_school, teacher_school, cadres, 0.92, rng),
    ]
    if has_neighbours:
        parts.append(_join(cadre_slot, child_township, (cadre_township + 1) % townships, 0, 0.5, rng))
    slot, helper = (np.concatenate(column) for column in zip(*parts, strict=True))
    limit = np.concatenate(
        [rng.choice([1, 2, 3], cadres, p=[0.35, 0.45, 0.2]), rng.choice([1, 2], teachers, p=[0.6, 0.4])]
    )
    level = np.repeat(rng.integers(1, 5, children) if levels else np.full(children, 4), 2)
    return _problem(
        slot,
        helper,
        rng,
        child=np.repeat(np.arange(children), 2),
        level=level,
        scheme=np.zeros(2 * children),
        bundle=np.repeat(np.arange(children), 2) if is_bundled else np.full(2 * children, -1),
        limit=limit,
    )


def joint_county(seed: int = 1, *, children: int = CHILDREN) -> MatchingProblem:
    """Draw several schemes sharing their helpers: two-to-one, proxy parents, elders and volunteers, who answers."""
    rng = np.random.default_rng(seed)
    base = county(seed, children=children)
    factor = children / CHILDREN
    extra_children, elders, areas = round(3_600 * factor), round(3_047 * factor), max(1, round(420 * factor))
    total = children + extra_children
    helpers = base.helpers
    # Teachers act as proxy parents too; elders and volunteers come by neighbourhood, some by two.
    elder_area, child_area = rng.integers(0, areas, elders), rng.integers(0, areas, total)
    elder_slots = rng.permutation(total)[: round(4_300 * factor)]
    second = elder_slots[rng.random(len(elder_slots)) < 0.25]
    elder_child = np.concatenate([elder_slots, second])
    proxy_child = rng.permutation(total)[: round(2_600 * factor)]
    teacher_of = _school_teachers(base, proxy_child, rng, children)
    first_elder = base.slots
    first_proxy = first_elder + len(elder_child)
    elder = _join(first_elder + np.arange(len(elder_child)), child_area[elder_child], elder_area, helpers, 0.95, rng)
    proxy = (first_proxy + teacher_of[0], teacher_of[1])
    slot = np.concatenate([base.arc_slot, elder[0], proxy[0]])
    helper = np.concatenate([base.arc_helper, elder[1], proxy[1]])
    count = first_proxy + len(proxy_child)
    level = np.concatenate(
        [base.slot_level, rng.integers(1, 5, total)[elder_child], rng.integers(1, 5, total)[proxy_child]]
    )
    child = np.concatenate([base.slot_child, elder_child, proxy_child])
    scheme = np.concatenate([np.zeros(base.slots), np.ones(len(elder_child)), np.full(len(proxy_child), 2)])
    turn = np.zeros(count)
    turn[first_elder + len(elder_slots) : first_proxy] = 1
    limit = np.concatenate([base.helper_limit + (rng.random(helpers) < 0.75), rng.integers(1, 5, elders)])
    teachers = np.unique(teacher_of[1])
    caps = [
        (teachers, np.zeros(len(teachers)), np.full(len(teachers), 1)),
        (teachers, np.full(len(teachers), 2), np.full(len(teachers), 2)),
    ]
    problem = _problem(
        slot, helper, rng, child=child, level=level, scheme=scheme, bundle=np.full(count, -1), limit=limit, turn=turn
    )
    columns = [np.concatenate(column).astype(np.int32) for column in zip(*caps, strict=True)]
    return replace(problem, cap_helper=columns[0], cap_scheme=columns[1], cap_max=columns[2])


def bundled_joint(seed: int = 1, *, children: int = CHILDREN) -> MatchingProblem:
    """Draw two-to-one, all or nothing, and proxy parents of the same teachers, at most two each beside other places."""
    rng = np.random.default_rng(seed)
    base = county(seed, children=children, is_bundled=True)
    proxy_child = np.sort(rng.permutation(children)[: round(0.8 * children)])
    teacher_of = _school_teachers(base, proxy_child, rng, children)
    slot = np.concatenate([base.arc_slot, base.slots + teacher_of[0]])
    helper = np.concatenate([base.arc_helper, teacher_of[1]])
    problem = _problem(
        slot,
        helper,
        rng,
        child=np.concatenate([base.slot_child, proxy_child]),
        level=np.concatenate([base.slot_level, rng.integers(1, 5, len(proxy_child))]),
        scheme=np.repeat([0, 1], [base.slots, len(proxy_child)]),
        bundle=np.concatenate([base.slot_bundle, np.full(len(proxy_child), -1)]),
        limit=base.helper_limit + (rng.random(base.helpers) < 0.6),
    )
    teachers = np.unique(teacher_of[1]).astype(np.int32)
    one, two = np.ones(len(teachers), np.int32), np.full(len(teachers), 2, np.int32)
    return replace(problem, cap_helper=teachers, cap_scheme=one, cap_max=two)


def with_girls(problem: MatchingProblem, *, women: float = 0.55, seed: int = 3) -> MatchingProblem:
    """Let half the children be girls, who want a woman among those who hold their places of the first scheme."""
    rng = np.random.default_rng(seed)
    is_girl = rng.random(int(problem.slot_child.max()) + 1) < 0.5
    is_woman = rng.random(problem.helpers) < women
    asks = is_girl[problem.slot_child] & (problem.slot_scheme == 0)
    return replace(
        problem,
        slot_group=np.where(asks, problem.slot_child, -1).astype(np.int32),
        arc_meets=is_woman[problem.arc_helper],
    )


def with_kept(problem: MatchingProblem, slot_helper: np.ndarray) -> MatchingProblem:
    """Mark an assignment as the one that stands."""
    return replace(problem, arc_kept=slot_helper[problem.arc_slot] == problem.arc_helper)


def without_helpers(problem: MatchingProblem, gone: np.ndarray) -> MatchingProblem:
    """Take helpers out of the problem, keeping all numbers."""
    limit = problem.helper_limit.copy()
    limit[gone] = 0
    return replace(problem, helper_limit=limit)


def without_arcs_of(problem: MatchingProblem, gone: np.ndarray) -> MatchingProblem:
    """Take away every pair of some helpers, keeping all numbers."""
    stays = ~np.isin(problem.arc_helper, gone)
    names = ("arc_slot", "arc_helper", "arc_fit", "arc_kept", "arc_locked")
    return replace(problem, **{name: getattr(problem, name)[stays] for name in names})


def _school_teachers(base: MatchingProblem, child: np.ndarray, rng, children: int) -> tuple[np.ndarray, np.ndarray]:
    """Give each child the eligible teachers of its teacher slot (a random one's for children of lower level)."""
    begin = np.searchsorted(base.arc_slot, np.arange(base.slots + 1))
    model = np.where(child < children, child, rng.integers(0, children, len(child)))
    source = 2 * model + 1
    count = begin[source + 1] - begin[source]
    position = np.repeat(begin[source] - np.cumsum(count) + count, count) + np.arange(count.sum())
    return np.repeat(np.arange(len(child)), count), base.arc_helper[position]


def _join(slot, slot_key, helper_key, first_helper: int, density: float, rng) -> tuple[np.ndarray, np.ndarray]:
    """Pair slots and helpers of one key, each pair with some probability."""
    order = np.argsort(helper_key, kind="stable")
    begin = np.searchsorted(helper_key[order], slot_key)
    count = np.searchsorted(helper_key[order], slot_key, side="right") - begin
    position = np.repeat(begin - np.cumsum(count) + count, count) + np.arange(count.sum())
    keep = rng.random(len(position)) < density
    return np.repeat(slot, count)[keep], order[position][keep] + first_helper


def _problem(slot, helper, rng, *, child, level, scheme, bundle, limit, turn=None) -> MatchingProblem:
    order = np.lexsort((helper, slot))
    slot, helper = slot[order], helper[order]
    arcs = len(slot)
    nothing = np.zeros(0, np.int32)
    return MatchingProblem(
        slot_child=child.astype(np.int32),
        slot_level=level.astype(np.int8),
        slot_scheme=scheme.astype(np.int16),
        slot_bundle=bundle.astype(np.int32),
        slot_turn=None if turn is None else turn.astype(np.int8),
        helper_limit=limit.astype(np.int32),
        cap_helper=nothing,
        cap_scheme=nothing,
        cap_max=nothing,
        arc_slot=slot.astype(np.int32),
        arc_helper=helper.astype(np.int32),
        arc_fit=rng.integers(0, 1001, arcs).astype(np.int16),
        arc_kept=np.zeros(arcs, bool),
        arc_locked=np.zeros(arcs, bool),
    )
