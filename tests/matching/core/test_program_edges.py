"""No file makes the program hang, crash, or refuse without a name."""

from __future__ import annotations

import json

import numpy as np
import pytest

from matching.core.__main__ import main
from matching.core.problem import COLUMNS, OPTIONAL_COLUMNS, save_problem
from matching.core.result import load_assignment
from tests.matching.core.builders import a_problem

ALL_OPEN = {
    "empty": a_problem([], []),
    "no slots": a_problem([], [1, 2]),
    "nobody": a_problem([], [], slots=3),
    "limits zero": a_problem([(0, 0), (1, 0)], [0]),
    "caps zero": a_problem([(0, 0)], [5], caps=[(0, 0, 0)]),
    "half a bundle": a_problem([(0, 0)], [1], child=[0, 0], bundle=[0, 0]),
    "a group nobody can meet": a_problem([(0, 0), (1, 1)], [1, 1], child=[0, 0], group=[0, 0]),
    "a bundle that takes the only one who meets": a_problem(
        [(0, 0), (2, 1)], [1, 1], child=[0, 0, 0], bundle=[1, 1, -1], group=[2, -1, 2], meets={(0, 0)}
    ),
}


def told(tmp_path, capsys, arrays, *options):
    np.savez(tmp_path / "problem.npz", **arrays)
    return told_of_file(tmp_path, capsys, *options)


def told_of_file(tmp_path, capsys, *options):
    code = main(["solve", str(tmp_path / "problem.npz"), "--out", str(tmp_path / "result.npz"), *options])
    return code, json.loads(capsys.readouterr().out)


def columns_of(problem):
    columns = {name: getattr(problem, name) for name in (*COLUMNS, *OPTIONAL_COLUMNS)}
    return {name: array for name, array in columns.items() if array is not None}


@pytest.mark.parametrize("name", ALL_OPEN)
def test_nothing_possible_is_optimal_with_every_open_slot_explained(name, tmp_path, capsys):
    problem = ALL_OPEN[name]
    save_problem(problem, tmp_path / "problem.npz")

    code, line = told_of_file(tmp_path, capsys, "--explain", str(tmp_path / "why.json"))

    assert (code, line["status"], line["certified"], line["largest_load"]) == (0, "OPTIMAL", True, 0)
    assert (load_assignment(tmp_path / "result.npz") == -1).all()
    why = json.loads((tmp_path / "why.json").read_text())
    explained = sorted(slot for one in why["certificates"] for slot in one["open"])
    assert explained == list(range(problem.slots))


def test_a_group_nobody_can_meet_is_no_shortage(tmp_path, capsys):
    save_problem(ALL_OPEN["a group nobody can meet"], tmp_path / "problem.npz")

    told_of_file(tmp_path, capsys, "--explain", str(tmp_path / "why.json"))

    why = json.loads((tmp_path / "why.json").read_text())
    assert [(one["kind"], one["slots"], one["places"]) for one in why["certificates"]] == [("joint", [0, 1], 2)]


@pytest.mark.parametrize(
    ("array", "values", "says"),
    [
        ("arc_slot", np.array([0, 0], np.int32), "arc_slot[1]"),
        ("arc_slot", np.array([0, 9], np.int32), "arc_slot[1]"),
        ("arc_helper", np.array([0, -1], np.int32), "arc_helper[1]"),
        ("arc_fit", np.array([0, 1001], np.int16), "arc_fit[1]"),
        ("arc_fit", np.array([0, 1], np.int32), "arc_fit"),
        ("arc_kept", np.array([True], bool), "arc_kept"),
        ("helper_limit", np.array([-1], np.int32), "helper_limit[0]"),
        ("slot_level", np.array([4, 5], np.int8), "slot_level[1]"),
        ("slot_bundle", np.array([3, 3], np.int32), "slot_bundle[1]"),
        ("slot_child", np.array([0, 1], object), "slot_child"),
        ("slot_group", np.array([0, -2], np.int32), "slot_group[1]"),
        ("slot_group", None, "slot_group"),
        ("arc_meets", None, "arc_meets"),
        ("arc_meets", np.array([1, 0], np.int8), "arc_meets"),
        ("arc_helper", None, "arc_helper"),
    ],
)
def test_a_malformed_array_is_named_with_its_first_bad_entry(array, values, says, tmp_path, capsys):
    arrays = columns_of(a_problem([(0, 0), (1, 0)], [1], group=[0, 1], meets={(0, 0)}))
    arrays.pop(array) if values is None else arrays.update({array: values})

    code, line = told(tmp_path, capsys, arrays)

    assert code == 2
    assert line["error"].startswith(says + ":")
    assert not (tmp_path / "result.npz").exists()


def test_locks_that_cannot_all_stand_are_all_named(tmp_path, capsys):
    arcs = [(slot, helper) for slot in range(3) for helper in range(2)]
    save_problem(a_problem(arcs, [1, 1], child=[0, 0, 1], locked=set(arcs)), tmp_path / "problem.npz")

    code, line = told_of_file(tmp_path, capsys)

    assert code == 3
    assert {one["rule"] for one in line["conflicts"]} == {"limit", "same_person", "one_per_slot"}
    assert all(one["slots"] and one["helpers"] for one in line["conflicts"])


@pytest.mark.parametrize(
    ("meets", "answer"), [(set(), [0, -1]), ({(1, 2)}, [0, 2]), ({(0, 0)}, [0, 1])], ids=["nobody", "another", "itself"]
)
def test_a_locked_pair_that_does_not_meet_its_group_leaves_that_to_the_others(meets, answer, tmp_path, capsys):
    arcs = [(0, 0), (1, 1, 900), (1, 2, 100)]
    problem = a_problem(arcs, [1, 1, 1], child=[0, 0], group=[0, 0], locked={(0, 0)}, meets=meets)
    save_problem(problem, tmp_path / "problem.npz")

    assert told_of_file(tmp_path, capsys)[0] == 0
    assert load_assignment(tmp_path / "result.npz").tolist() == answer


def test_one_giant_component_is_solved_and_refused_where_memory_is_a_tenth(tmp_path, capsys):
    arcs = [(slot, (slot * 7 + step) % 300) for slot in range(400) for step in range(60)]
    problem = a_problem(arcs, [2] * 300, child=list(range(400)), level=[1 + slot % 4 for slot in range(400)])
    save_problem(problem, tmp_path / "problem.npz")

    code, line = told_of_file(tmp_path, capsys)
    assert (code, line["status"], line["components"], line["certified"]) == (0, "OPTIMAL", 1, True)

    (tmp_path / "result.npz").unlink()
    code, line = told_of_file(tmp_path, capsys, "--memory-mb", "12")
    assert (code, line["status"], line["stopped_by"]) == (4, "TIMED_OUT", "memory")
    assert line["need_mb"] > 10 * line["memory_mb"] - 10
    assert not (tmp_path / "result.npz").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "nowhere/result.npz"], "there is no folder"),
        (["--out", "."], "is a folder; name a file in it"),
        (["--out", "result.npz", "--explain", "nowhere/why.json"], "there is no folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_solve(options, said, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_problem(a_problem([(0, 0)], [1]), tmp_path / "problem.npz")
    code = main(["solve", "problem.npz", *options])
    line = json.loads(capsys.readouterr().out)
    assert (code, line["status"]) == (2, "MALFORMED") and said in line["error"]
    assert [path.name for path in tmp_path.iterdir()] == ["problem.npz"]


def _flagged(raw, offset, change):
    """The file with one byte of every member's header changed, in both places where zip keeps it."""
    raw = bytearray(raw)
    for at in range(len(raw) - 4):
        if raw[at : at + 4] == b"PK\x01\x02":
            raw[at + offset + 2] = change
        if raw[at : at + 4] == b"PK\x03\x04":
            raw[at + offset] = change
    return bytes(raw)


def _with_header(raw, shape):
    """The file with another shape in the header of its first array, of the same length."""
    old = raw.index(b"(1,)")
    return raw[:old] + shape + raw[old + len(shape) :]


DAMAGED = {
    "encrypted": lambda raw: _flagged(raw, 6, 1),
    "packed in a foreign way": lambda raw: _flagged(raw, 8, 99),
    "cut short": lambda raw: raw[: len(raw) // 2],
    "brackets for a header": lambda raw: raw.replace(b"{'descr'", b"((((((((", 1),
    "a shape of names": lambda raw: _with_header(raw, b"(a,)"),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_file_is_refused_and_never_a_traceback(how, tmp_path, capsys):
    save_problem(a_problem([(0, 0)], [1]), tmp_path / "problem.npz")
    raw = (tmp_path / "problem.npz").read_bytes()
    (tmp_path / "problem.npz").write_bytes(DAMAGED[how](raw))
    code, line = told_of_file(tmp_path, capsys)
    assert (code, line["status"]) == (2, "MALFORMED")


def test_bad_deflate_and_sizes_beyond_all_memory_are_refused(tmp_path, capsys):
    arrays = columns_of(a_problem([(0, 0)], [1]))
    np.savez_compressed(tmp_path / "problem.npz", **arrays)
    raw = bytearray((tmp_path / "problem.npz").read_bytes())
    raw[60:70] = bytes(byte ^ 0xFF for byte in raw[60:70])
    (tmp_path / "problem.npz").write_bytes(raw)
    assert told_of_file(tmp_path, capsys)[0] == 2
    assert told(tmp_path, capsys, arrays, "--fit-band", "1" + "0" * 23)[0] == 2


def test_an_array_nobody_knows_is_refused_with_the_names_there_are(tmp_path, capsys):
    arrays = columns_of(a_problem([(0, 0)], [1])) | {"slot_turns": np.int8([0])}
    code, line = told(tmp_path, capsys, arrays)
    assert (code, line["status"]) == (2, "MALFORMED")
    assert (
        line["error"].startswith("slot_turns: is not known; there are slot_child, ") and "slot_turn," in line["error"]
    )


@pytest.mark.parametrize("option", ["--out", "--explain"])
def test_the_problem_is_never_written_over(option, tmp_path, capsys):
    save_problem(a_problem([(0, 0)], [1]), tmp_path / "problem.npz")
    before = (tmp_path / "problem.npz").read_bytes()
    code, line = told_of_file(tmp_path, capsys, option, str(tmp_path / "." / "problem.npz"))
    assert (code, line["status"]) == (2, "MALFORMED") and f"{option} must be another file" in line["error"]
    assert (tmp_path / "problem.npz").read_bytes() == before
