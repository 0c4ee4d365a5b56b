"""The program: one line of JSON, exit codes, files whole or absent, the same answer in every process."""

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.matching.instances import county
from matching.core.__main__ import main
from matching.core.problem import save_problem
from matching.core.result import load_assignment
from tests.matching.core.builders import a_problem

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def run(tmp_path, capsys):
    def run_program(problem, *options):
        path = tmp_path / "problem.npz"
        if isinstance(problem, bytes):
            path.write_bytes(problem)
        else:
            save_problem(problem, path)
        code = main(["solve", str(path), "--out", str(tmp_path / "result.npz"), *options])
        captured = capsys.readouterr()
        return code, json.loads(captured.out), captured.err

    return run_program


def test_a_solved_problem_gives_a_file_and_a_line(run, tmp_path):
    code, line, _ = run(a_problem([(0, 0, 10), (1, 0, 20), (1, 1, 5)], [1, 1]))

    assert code == 0
    assert load_assignment(tmp_path / "result.npz").tolist() == [0, 1]
    assert line["status"] == "OPTIMAL"
    assert [tier["name"] for tier in line["tiers"]] == [
        "coverage.4",
        "coverage.3",
        "coverage.2",
        "coverage.1",
        "fit",
        "load_squares",
        "kept",
    ]
    assert line["tiers"][0] == {"name": "coverage.4", "value": 2, "bound": 2}
    assert (line["components"], line["certified"], line["stopped_by"]) == (1, True, None)
    assert line["proofs"] == {"duals": 1, "bound": 0, "search": 0}
    assert {"read", "build", "solve", "verify", "total"} <= set(line["seconds"])


def test_modes_bands_and_turns_are_named_in_order(run):
    problem = a_problem([(0, 0), (1, 1)], [1, 1], turn=[0, 1])

    _, line, _ = run(problem, "--mode", "repair", "--fit-band", "25")

    names = [tier["name"] for tier in line["tiers"]]
    assert names[4:] == [*(f"coverage.{level}.1" for level in (4, 3, 2, 1)), "kept", "fit_band", "load_squares", "fit"]


def test_a_malformed_file_is_refused_by_name(run, tmp_path):
    code, line, err = run(b"nonsense")

    assert code == 2
    assert "problem.npz" in line["error"]
    assert line["error"] in err
    assert not (tmp_path / "result.npz").exists()


def test_locks_that_contradict_are_invalid_by_name(run, tmp_path):
    code, line, _ = run(a_problem([(0, 0), (1, 0)], [1], locked={(0, 0), (1, 0)}))

    assert code == 3
    assert line["conflicts"] == [{"rule": "limit", "slots": [0, 1], "helpers": [0]}]
    assert not (tmp_path / "result.npz").exists()


def test_time_that_is_up_leaves_no_file(run, tmp_path):
    code, line, _ = run(a_problem([(0, 0)], [1]), "--seconds", "1e-9")

    assert (code, line["status"], line["stopped_by"]) == (4, "TIMED_OUT", "time")
    assert not (tmp_path / "result.npz").exists()


def test_what_would_not_fit_into_memory_is_not_read(run, monkeypatch):
    monkeypatch.setattr("matching.core.__main__.load_problem", None)

    code, line, _ = run(county(children=300), "--memory-mb", "50")

    assert (code, line["status"], line["stopped_by"]) == (4, "TIMED_OUT", "memory")
    assert line["need_mb"] > 50


def test_a_component_too_large_for_the_memory_is_not_begun(run, monkeypatch):
    monkeypatch.setattr("matching.core.__main__.estimate_mb", lambda sizes: 0)

    code, line, _ = run(county(children=300), "--memory-mb", "112")

    assert (code, line["status"], line["stopped_by"]) == (4, "TIMED_OUT", "memory")


@pytest.mark.parametrize("option", [("--seconds", "0"), ("--workers", "0"), ("--fit-band", "0"), ("--seed", "-1")])
def test_useless_limits_are_refused(run, option):
    assert run(a_problem([(0, 0)], [1]), *option)[0] == 2


def test_progress_and_reasons_are_written(run, tmp_path):
    problem = a_problem([(0, 0), (1, 0)], [1])

    _, _, err = run(problem, "--progress", "--explain", str(tmp_path / "why.json"))

    why = json.loads((tmp_path / "why.json").read_text())
    told = [json.loads(line) for line in err.splitlines()]
    assert {frozenset(line) for line in told} == {frozenset({"done", "total", "stage"})}
    assert told[-1] == {"done": 1, "total": 1, "stage": "verified"}
    assert [(one["slots"], one["helpers"], one["places"], one["short"]) for one in why["certificates"]] == [
        ([0, 1], [0], 1, 1)
    ]


def test_one_input_gives_one_answer_in_any_process(tmp_path):
    problem = county(children=250, is_bundled=True, levels=True)
    save_problem(problem, tmp_path / "problem.npz")
    answers = []
    for number, workers in enumerate(("1", "3")):
        out = tmp_path / f"result{number}.npz"
        command = [sys.executable, "-m", "matching.core", "solve", str(tmp_path / "problem.npz"), "--out", str(out)]
        subprocess.run([*command, "--workers", workers, "--seed", "7"], cwd=ROOT, check=True, capture_output=True)
        answers.append(load_assignment(out))

    assert np.array_equal(answers[0], answers[1])


def test_the_program_ends_at_once_when_told_to(tmp_path):
    save_problem(county(), tmp_path / "problem.npz")
    command = [
        sys.executable,
        "-m",
        "matching.core",
        "solve",
        str(tmp_path / "problem.npz"),
        "--out",
        str(tmp_path / "r"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(0.4)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=5)

    assert time.monotonic() - begun < 2
    assert not (tmp_path / "r").exists()


def test_told_by_a_line_it_reads_then_and_refuses_when_nobody_tells_it(run, monkeypatch):
    problem = a_problem([(0, 0)], [1])
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert run(problem, "--when-told")[0] == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, line, _ = run(problem, "--when-told")
    assert (code, line["status"]) == (2, "MALFORMED")
    assert "stdin ended" in line["error"]
