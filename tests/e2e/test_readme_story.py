"""The story the README tells with curl, run word for word against a real service."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"

pytestmark = pytest.mark.browser  # needs none, but the same service as the browser tests


def test_the_readmes_story_runs_as_it_stands(served):
    script = re.search(r"nothing but `curl`.*?```sh\n(.*?)```", README.read_text(), re.DOTALL).group(1)

    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=os.environ | {"DATA": str(served.folder), "API": f"{served.url}/api/v1"},
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip

    assert told.returncode == 0, told.stdout + told.stderr
    lines = told.stdout.splitlines()
    assert [line for line in lines if line == '"state":"CONFIRMED"'] == ['"state":"CONFIRMED"'] * 2
    assert '"solver_status":"OPTIMAL"' in lines
    assert '"state":"ACTIVE"' in lines
    assert [line for line in lines if line.startswith("SUMMARY:家访：")]
    assert lines[-1] == "END:VCALENDAR"
