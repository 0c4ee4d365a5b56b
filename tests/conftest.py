"""What tests in every room share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# How long an example takes depends on what else the machine does; benchmarks measure, tests do not.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The browser that is there; nothing is downloaded."""
    return browser_type_launch_args | {
        "executable_path": os.environ.get("BROWSER_PATH", "/usr/bin/chromium"),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    }
