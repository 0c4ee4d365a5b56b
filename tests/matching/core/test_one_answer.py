"""One input gives one answer: in any process, under any hash seed, with any number of workers, run after run."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.matching.instances import county, joint_county, with_kept, without_helpers
from matching.core.problem import save_problem
from matching.core.solve import solve

ROOT = Path(__file__).resolve().parents[3]


def grouped():
    """A county whose every second child wants one of every third helper in a pair of places."""
    problem = county(children=120, is_bundled=True)
    group = np.where(problem.slot_child % 2, problem.slot_child, -1).astype(np.int32)
    return replace(problem, slot_group=group, arc_meets=problem.arc_helper % 3 == 0)


def after_departures():
    problem = county(children=150)
    kept = with_kept(problem, solve(problem).slot_helper)
    return without_helpers(kept, np.arange(3))


FORMS = {
    "single": (lambda: county(children=150), ()),
    "bundle": (lambda: county(children=150, is_bundled=True, levels=True), ()),
    "joint": (lambda: joint_county(children=150), ("--fit-band", "25")),
    "grouped": (grouped, ()),
    "repair": (after_departures, ("--mode", "repair")),
}


@pytest.mark.parametrize("form", FORMS)
def test_any_process_gives_the_same_answer_and_the_same_reasons(form, tmp_path):
    make, options = FORMS[form]
    save_problem(make(), tmp_path / "problem.npz")

    told = [
        said(tmp_path, f"{hash_seed}-{workers}", hash_seed, workers, options)
        for hash_seed, workers in (("0", "1"), ("1", "1"), ("77", "3"))
    ]

    assert told[0] == told[1] == told[2]
    assert json.loads(told[0][1])["status"] == "OPTIMAL"


def said(folder: Path, name: str, hash_seed: str, workers: str, options: tuple[str, ...]):
    """Give the digest of the answer, the line without its seconds, and the digest of the reasons."""
    out, why = folder / f"{name}.npz", folder / f"{name}.json"
    command = [sys.executable, "-m", "matching.core", "solve", str(folder / "problem.npz"), "--out", str(out)]
    command += ["--explain", str(why), "--workers", workers, "--seed", "11", *options]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    line = json.loads(done.stdout)
    line.pop("seconds")
    with np.load(out) as file:
        answer = hashlib.sha256(file["slot_helper"].tobytes()).hexdigest()
    return answer, json.dumps(line), hashlib.sha256(why.read_bytes()).hexdigest()
