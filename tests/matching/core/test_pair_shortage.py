"""Certificates of all-or-nothing pairs: the short side, its people, and shortages that sum to who is left open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.solving import SolveLimits
from matching.core.explain import explain
from matching.core.pair_shortage import pair_certificates
from matching.core.problem import MatchingProblem
from matching.core.solve import solve


def a_problem(children, arcs, limits, *, single=(), locked=()):
    """
    `children`: sides each child needs, "ab", "a" or "b". `arcs`: (child, side, helper). Helpers of both sides are
    numbered together; `locked` holds arcs that stand.
    """
    slots = [(child, side) for child, sides in enumerate(children) for side in sides]
    position = {slot: at for at, slot in enumerate(slots)}
    rows = sorted((position[child, side], helper, (child, side, helper) in locked) for child, side, helper in arcs)
    bundle = [child if len(children[child]) == 2 and child not in single else -1 for child, _side in slots]
    return MatchingProblem(
        slot_child=np.array([child for child, _side in slots], np.int32),
        slot_level=np.full(len(slots), 4, np.int8),
        slot_scheme=np.zeros(len(slots), np.int16),
        slot_bundle=np.array(bundle, np.int32),
        slot_turn=None,
        helper_limit=np.array(limits, np.int32),
        helper_share=None,
        cap_helper=np.zeros(0, np.int32),
        cap_scheme=np.zeros(0, np.int32),
        cap_max=np.zeros(0, np.int32),
        arc_slot=np.array([row[0] for row in rows], np.int32),
        arc_helper=np.array([row[1] for row in rows], np.int32),
        arc_fit=np.full(len(rows), 500, np.int16),
        arc_kept=np.array([row[2] for row in rows], bool),
        arc_locked=np.array([row[2] for row in rows], bool),
    )


def certificates(problem):
    return pair_certificates(problem, solve(problem, SolveLimits()).slot_helper)


def test_a_school_short_of_teachers_is_named_with_its_numbers():
    children = ["ab"] * 5
    arcs = [(child, "a", 0) for child in range(5)] + [(child, "b", helper) for child in range(5) for helper in (1, 2)]

    (row,) = certificates(a_problem(children, arcs, [9, 1, 2]))

    assert (row["needed"], row["places"], row["short"], row["helpers"], row["kind"]) == (5, 3, 2, [1, 2], "pair")
    assert row["slots"] == [1, 3, 5, 7, 9]  # the teacher's place of each child
    assert len(row["open"]) == 4  # both places of the two children left


def test_each_side_answers_for_its_own_shortage():
    children = ["ab"] * 4
    arcs = [(0, "a", 0), (1, "a", 0), (2, "a", 1), (3, "a", 1)]
    arcs += [(0, "b", 2), (1, "b", 2), (2, "b", 3), (3, "b", 3)]

    rows = certificates(a_problem(children, arcs, [1, 2, 2, 1]))

    assert sorted((row["helpers"], row["needed"], row["places"]) for row in rows) == [([0], 2, 1), ([3], 2, 1)]


def test_nobody_eligible_is_said_so():
    (row,) = certificates(a_problem(["ab"], [(0, "a", 0)], [1, 1]))

    assert (row["kind"], row["helpers"], row["needed"], row["places"], row["short"]) == ("nobody", [], 1, 0, 1)


def test_a_half_that_stands_leaves_its_other_place_on_its_own():
    arcs = [(0, "a", 0), (0, "b", 1), (1, "a", 0), (1, "b", 1)]

    (row,) = certificates(a_problem(["ab", "ab"], arcs, [2, 1], locked={(0, "a", 0)}))

    assert (row["needed"], row["places"], row["short"], row["helpers"]) == (2, 1, 1, [1])


@pytest.mark.parametrize("arcs", [[(0, "a", 0), (0, "b", 0)]])
def test_somebody_on_both_sides_is_left_to_the_general_answer(arcs):
    assert certificates(a_problem(["ab"], arcs, [1])) is None


@given(st.data())
def test_shortages_sum_to_the_needs_left_open(data):
    children = data.draw(st.lists(st.sampled_from(["ab", "ab", "a", "b"]), min_size=1, max_size=6))
    wanted = [(child, side, helper) for child, sides in enumerate(children) for side in sides
              for helper in ((0, 1, 2) if side == "a" else (3, 4, 5))]  # fmt: skip
    arcs = [arc for arc in wanted if data.draw(st.booleans())]
    problem = a_problem(children, arcs, data.draw(st.lists(st.integers(0, 2), min_size=6, max_size=6)))

    result = solve(problem, SolveLimits())
    rows = pair_certificates(problem, result.slot_helper)
    open_slots = set(np.flatnonzero(result.slot_helper == -1).tolist())

    if rows is None:  # a pair counts two slots, a single one: the greatest cover need not serve the most children
        return
    assert {slot for row in rows for slot in row["open"]} == open_slots
    keys = {int(problem.slot_bundle[slot]) if problem.slot_bundle[slot] >= 0 else -2 - slot for slot in open_slots}
    assert sum(row["short"] for row in rows) == len(keys)
    for row in rows:
        eligible = set(problem.arc_helper[np.isin(problem.arc_slot, row["slots"])].tolist())
        assert eligible == set(row["helpers"])
        assert row["needed"] - row["places"] == row["short"] > 0
    assert explain(problem, result)["certificates"] == rows or not (problem.slot_bundle >= 0).any()
