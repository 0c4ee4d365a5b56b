"""What tests in every room share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The browser that is there; nothing is downloaded."""
    return browser_type_launch_args | {
        "executable_path": os.environ.get("BROWSER_PATH", "/usr/bin/chromium"),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    }
