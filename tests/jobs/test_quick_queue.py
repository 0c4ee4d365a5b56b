"""With real workers: what a person waits for is done while a long solve goes on."""

from __future__ import annotations

import sys

import pytest

from tests.ops.serving import Serving

pytestmark = [pytest.mark.race, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]


def test_a_small_job_is_done_while_a_long_solve_holds_its_worker(tmp_path):
    with Serving(tmp_path) as serving:
        long = serving.database.put_job("solve", "tests.ops.sample_tasks.hold", folder=str(tmp_path))
        serving.wait_for((tmp_path / long).exists, 30, "started")

        small = serving.database.put_job("quick")

        serving.wait_for(lambda: serving.database.states([small])[small] == "DONE", 30, "done")
        assert serving.database.states([long])[long] == "RUNNING"
