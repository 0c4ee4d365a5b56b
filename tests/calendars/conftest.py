"""What tests of several programs share."""

from __future__ import annotations

import os

import pytest

from tests.calendars import libical


@pytest.fixture(scope="session")
def library():
    """libical 3; where CI asks for everything, its absence is a failure."""
    found = libical.load()
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("libical3 is not installed (Debian: apt install libical3)")
    assert found is not None, "CI=true asks for libical3"
    return found
