"""Problems with good defaults, random problems, and the brute force they are judged by."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from benchmarks.matching.instances import county, joint_county
from matching.core.problem import MatchingProblem
from matching.core.tiers import Tier, tiers_of

COUNTIES = {
    "single": lambda: county(children=400),
    "bundles": lambda: county(children=400, is_bundled=True),
    "joint": lambda: joint_county(children=400),
}


def a_problem(
    arcs,
    limits,
    *,
    child=None,
    level=None,
    scheme=None,
    bundle=None,
    turn=None,
    share=None,
    caps=(),
    kept=(),
    locked=(),
    group=None,
    meets=(),
    slots=None,
) -> MatchingProblem:
    """Build a problem from (slot, helper) or (slot, helper, fit) arcs; kept, locked and meets name (slot, helper)."""
    arcs = [(*arc, 500)[:3] for arc in arcs]
    count = slots or len(level or child or []) or max((arc[0] for arc in arcs), default=-1) + 1

    def column(values: Any, dtype: type) -> np.ndarray:
        return np.array(list(values), dtype)

    return MatchingProblem(
        slot_child=column(child if child is not None else range(count), np.int32),
        slot_level=column(level if level is not None else [4] * count, np.int8),
        slot_scheme=column(scheme if scheme is not None else [0] * count, np.int16),
        slot_bundle=column(bundle if bundle is not None else [-1] * count, np.int32),
        helper_limit=column(limits, np.int32),
        cap_helper=column((cap[0] for cap in caps), np.int32),
        cap_scheme=column((cap[1] for cap in caps), np.int32),
        cap_max=column((cap[2] for cap in caps), np.int32),
        arc_slot=column((arc[0] for arc in arcs), np.int32),
        arc_helper=column((arc[1] for arc in arcs), np.int32),
        arc_fit=column((arc[2] for arc in arcs), np.int16),
        arc_kept=column((arc[:2] in kept for arc in arcs), np.bool_),
        arc_locked=column((arc[:2] in locked for arc in arcs), np.bool_),
        slot_turn=None if turn is None else column(turn, np.int8),
        helper_share=None if share is None else column(share, np.int16),
        slot_group=None if group is None else column(group, np.int32),
        arc_meets=None if group is None else column((arc[:2] in meets for arc in arcs), np.bool_),
    )


def brute_force(problem: MatchingProblem, mode: str = "term", fit_band: int = 1) -> tuple[int, ...]:  # noqa: C901 - one nested search reads best whole
    """Give the best tier values by trying every valid assignment."""
    tiers = tiers_of(problem, mode, fit_band)
    helpers_of = [[] for _ in range(problem.slots)]
    for arc in range(problem.arcs):
        helpers_of[problem.arc_slot[arc]].append(arc)
    locked = {int(problem.arc_slot[arc]) for arc in np.flatnonzero(problem.arc_locked)}
    best: list[tuple[int, ...]] = []
    caps = {
        (int(h), int(s)): int(m)
        for h, s, m in zip(problem.cap_helper, problem.cap_scheme, problem.cap_max, strict=True)
    }
    load = [0] * problem.helpers
    per_cap: dict[tuple[int, int], int] = {}
    met: set[tuple[int, int]] = set()
    chosen: list[int] = []

    def place(slot: int) -> None:
        if slot == problem.slots:
            if bundles_whole() and groups_met():
                best.append(signed(chosen))
            return
        if slot not in locked:
            place(slot + 1)
        for arc in helpers_of[slot]:
            if slot in locked and not problem.arc_locked[arc]:
                continue
            helper, child = int(problem.arc_helper[arc]), int(problem.slot_child[slot])
            key = (helper, int(problem.slot_scheme[slot]))
            if load[helper] >= problem.helper_limit[helper] or (child, helper) in met:
                continue
            if per_cap.get(key, 0) >= caps.get(key, 99):
                continue
            load[helper] += 1
            per_cap[key] = per_cap.get(key, 0) + 1
            met.add((child, helper))
            chosen.append(arc)
            place(slot + 1)
            chosen.pop()
            met.discard((child, helper))
            per_cap[key] -= 1
            load[helper] -= 1

    def bundles_whole() -> bool:
        filled = {int(problem.arc_slot[arc]) for arc in chosen}
        for name in set(problem.slot_bundle.tolist()) - {-1}:
            mine = set(np.flatnonzero(problem.slot_bundle == name).tolist())
            if not mine & locked and mine & filled and mine - filled:
                return False
        return True

    def groups_met() -> bool:
        if problem.slot_group is None:
            return True
        for name in set(problem.slot_group.tolist()) - {-1}:
            mine = set(np.flatnonzero(problem.slot_group == name).tolist())
            used = [arc for arc in chosen if int(problem.arc_slot[arc]) in mine]
            is_new = any(not problem.arc_locked[arc] for arc in used)
            if is_new and not any(problem.arc_meets[arc] for arc in used):
                return False
        return True

    def signed(arcs: list[int]) -> tuple[int, ...]:
        return tuple(value_of(problem, tier, arcs) for tier in tiers)

    place(0)
    top = max(best)
    return tuple(-v if tier.kind == "load_squares" else v for v, tier in zip(top, tiers, strict=True))


def value_of(problem: MatchingProblem, tier: Tier, arcs: list[int]) -> int:
    """Count one tier the slow way, loads negative."""
    slots = [int(problem.arc_slot[arc]) for arc in arcs]
    if tier.kind == "coverage":
        turn = problem.slot_turn if problem.slot_turn is not None else np.zeros(problem.slots)
        return sum(problem.slot_level[s] == tier.level and turn[s] == tier.turn for s in slots)
    if tier.kind == "fit":
        return sum(int(problem.arc_fit[arc]) // tier.band for arc in arcs)
    if tier.kind == "kept":
        return sum(bool(problem.arc_kept[arc]) for arc in arcs)
    total = 0
    for helper in range(problem.helpers):
        share = 1000 if problem.helper_share is None else int(problem.helper_share[helper])
        load = sum(problem.arc_helper[arc] == helper for arc in arcs)
        total += sum((2 * k - 1) * 1000 // share for k in range(1, load + 1))
    return -total


@st.composite
def problems(  # noqa: C901, PLR0912 - a list of draws
    draw, *, bundle_size=0, has_caps=False, has_locks=False, has_turns=False, sides=False, has_groups=False
):
    """Draw a small problem; `sides` keeps the helpers of a bundle's slots apart."""
    children = draw(st.integers(1, 4))
    helpers = draw(st.integers(1, 4))
    per_child = [draw(st.integers(1, 3)) for _ in range(children)]
    child = [c for c, n in enumerate(per_child) for _ in range(n)][:7]
    count = len(child)
    level_of = [draw(st.integers(1, 4)) for _ in range(children)]
    level = [level_of[c] for c in child] if draw(st.booleans()) else [draw(st.integers(1, 4)) for _ in child]
    scheme = [draw(st.integers(0, 1)) for _ in child]
    bundle = [-1] * count
    if bundle_size:
        for c in range(children):
            mine = [s for s in range(count) if child[s] == c][:bundle_size]
            if len(mine) >= 2 and draw(st.booleans()):
                for s in mine:
                    bundle[s] = c
    fits = st.sampled_from([0, 1, 2, 3, 7, 500, 1000])
    arcs = []
    seen = {}
    for s in range(count):
        position = seen[child[s]] = seen.get(child[s], -1) + 1
        for h in range(helpers):
            if sides and (h + position) % 2:
                continue
            if draw(st.integers(0, 3)):
                arcs.append((s, h, draw(fits)))
    if len(arcs) > 16:
        arcs = arcs[:16]
    limits = [draw(st.integers(0, 3)) for _ in range(helpers)]
    caps = ()
    if has_caps:
        caps = [(h, s, draw(st.integers(0, 2))) for h in range(helpers) for s in (0, 1) if draw(st.booleans())]
    kept = {}
    for s, h, _ in arcs:
        if draw(st.integers(0, 3)) == 0:
            kept[s] = (s, h)
    locked = [arc[:2] for arc in arcs if has_locks and draw(st.integers(0, 5)) == 0]
    share = [draw(st.sampled_from([1000, 500, 333])) for _ in range(helpers)] if draw(st.booleans()) else None
    turn = None
    if has_turns:
        order: dict[int, int] = {}
        turn = []
        for c in child:
            order[c] = order.get(c, -1) + 1
            turn.append(order[c])
    group, meets = None, set()
    if has_groups:
        group = [c if draw(st.integers(0, 4)) else -1 for c in child]
        women = {h for h in range(helpers) if draw(st.booleans())}
        meets = {arc[:2] for arc in arcs if arc[1] in women or not draw(st.integers(0, 7))}
    if draw(st.booleans()):
        arcs = draw(st.permutations(arcs))
    return a_problem(
        arcs,
        limits,
        child=child,
        level=level,
        scheme=scheme,
        bundle=bundle,
        turn=turn,
        share=share,
        caps=caps,
        kept=set(kept.values()),
        locked=set(locked),
        group=group,
        meets=meets,
        slots=count,
    )
