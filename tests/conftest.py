"""What tests in every room share."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
import time_machine
from hypothesis import settings

from tests.database import django_db_setup  # noqa: F401 - pytest finds it here

# How long an example takes depends on what else the machine does; benchmarks measure, tests do not.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Rows of the factories are dated from a Monday; the clock goes on from the Wednesday after it, whatever day it is.
WEDNESDAY = datetime(2026, 11, 25, 3, 17, tzinfo=UTC)
_OWN_CLOCK = ("tests/e2e/", "tests/jobs/", "tests/ops/", "tests/calendars/", "tests/kernel/test_outward.py")


@pytest.fixture(autouse=True)
def _in_the_week_of_the_factories(request):
    """Offers, terms and checks of the factories hold on the test's day; browsers, TLS and other processes keep the real one."""
    if any(room in request.node.nodeid for room in _OWN_CLOCK) or "live_server" in request.fixturenames:
        yield
        return
    with time_machine.travel(WEDNESDAY, tick=True):
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The browser that is there; nothing is downloaded."""
    return browser_type_launch_args | {
        "executable_path": os.environ.get("BROWSER_PATH", "/usr/bin/chromium"),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    }
