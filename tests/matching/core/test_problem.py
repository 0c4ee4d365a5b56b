"""A malformed problem is refused with a sentence that names the array and its first bad entry."""

from dataclasses import replace

import numpy as np
import pytest

from matching.core.problem import MalformedProblem, load_problem, save_problem, sizes_in_file
from tests.matching.core.builders import a_problem


def a_good_problem():
    return a_problem([(0, 0), (0, 1), (1, 0)], [1, 1], caps=[(0, 0, 1)], turn=[0, 0], share=[1000, 500])


def int32(*values):
    return np.array(values, np.int32)


@pytest.mark.parametrize(
    ("changes", "array", "entry"),
    [
        ({"slot_child": int32(0, -1)}, "slot_child", 1),
        ({"slot_child": np.zeros(2, np.int64)}, "slot_child", None),
        ({"slot_child": np.zeros((2, 1), np.int32)}, "slot_child", None),
        ({"slot_level": np.array([4, 5], np.int8)}, "slot_level", 1),
        ({"slot_level": np.array([0, 4], np.int8)}, "slot_level", 0),
        ({"slot_level": np.array([4], np.int8)}, "slot_level", None),
        ({"slot_scheme": np.array([0, -1], np.int16)}, "slot_scheme", 1),
        ({"slot_bundle": int32(7, 7)}, "slot_bundle", 1),
        ({"slot_bundle": int32(-2, -1)}, "slot_bundle", 0),
        ({"slot_turn": np.array([0, -1], np.int8)}, "slot_turn", 1),
        ({"helper_limit": int32(1, -1)}, "helper_limit", 1),
        ({"helper_share": np.array([0, 1000], np.int16)}, "helper_share", 0),
        ({"helper_share": np.array([1000, 1001], np.int16)}, "helper_share", 1),
        ({"cap_helper": int32(2)}, "cap_helper", 0),
        ({"cap_max": int32(-1)}, "cap_max", 0),
        ({"cap_scheme": int32(-1)}, "cap_scheme", 0),
        ({"arc_slot": int32(0, 0, 2)}, "arc_slot", 2),
        ({"arc_slot": int32(0, 0, -1)}, "arc_slot", 2),
        ({"arc_helper": int32(0, 2, 0)}, "arc_helper", 1),
        ({"arc_fit": np.array([0, 1001, 0], np.int16)}, "arc_fit", 1),
        ({"arc_fit": np.array([0, 0, -1], np.int16)}, "arc_fit", 2),
        ({"arc_helper": int32(0, 0, 0)}, "arc_slot", 1),
        ({"arc_kept": np.array([True, True, False])}, "arc_kept", 1),
        ({"arc_locked": np.array([1, 0, 0], np.int8)}, "arc_locked", None),
    ],
)
def test_malformed_arrays_are_named(changes, array, entry):
    with pytest.raises(MalformedProblem) as refusal:
        replace(a_good_problem(), **changes)

    assert (refusal.value.array, refusal.value.entry) == (array, entry)
    assert array in str(refusal.value)


def test_a_second_cap_for_one_helper_and_scheme_is_malformed():
    with pytest.raises(MalformedProblem, match=r"cap_helper\[1\]"):
        a_problem([(0, 0)], [1], caps=[(0, 0, 1), (0, 0, 2)])


def test_what_is_saved_is_what_is_loaded(tmp_path):
    problem, path = a_good_problem(), tmp_path / "problem.npz"

    save_problem(problem, path)
    again = load_problem(path)

    assert again.arc_helper.tolist() == problem.arc_helper.tolist()
    assert again.slot_turn.tolist() == [0, 0]
    assert sizes_in_file(path)["arc_slot"] == 3


def test_optional_arrays_may_be_missing(tmp_path):
    save_problem(a_problem([(0, 0)], [1]), tmp_path / "problem.npz")

    assert load_problem(tmp_path / "problem.npz").slot_turn is None


def test_a_missing_array_is_named(tmp_path):
    np.savez(tmp_path / "problem.npz", slot_child=np.zeros(1, np.int32))

    with pytest.raises(MalformedProblem, match="slot_level: is missing"):
        load_problem(tmp_path / "problem.npz")


def test_arrays_of_objects_are_refused_unread(tmp_path):
    problem = a_good_problem()
    save_problem(problem, tmp_path / "good.npz")
    with np.load(tmp_path / "good.npz") as file:
        arrays = dict(file)
    arrays["slot_child"] = np.array([{}, []], dtype=object)
    np.savez(tmp_path / "bad.npz", allow_pickle=True, **arrays)

    with pytest.raises(MalformedProblem, match="slot_child: holds objects"):
        load_problem(tmp_path / "bad.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 torn"])
def test_what_is_no_npz_is_refused(tmp_path, content):
    (tmp_path / "bad.npz").write_bytes(content)

    with pytest.raises(MalformedProblem):
        load_problem(tmp_path / "bad.npz")
    with pytest.raises(MalformedProblem):
        sizes_in_file(tmp_path / "bad.npz")
