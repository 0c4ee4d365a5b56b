"""What tests in every room share."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings as django_settings
from hypothesis import settings

from tests.database import django_db_setup  # noqa: F401 - pytest finds it here

# How long an example takes depends on what else the machine does; benchmarks measure, tests do not.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Rows of the factories are dated from a Monday; the clock goes on from the Wednesday after it, whatever day it is.
WEDNESDAY = datetime(2026, 11, 25, 3, 17, tzinfo=UTC)
_OWN_CLOCK = ("tests/e2e/", "tests/jobs/", "tests/ops/", "tests/calendars/", "tests/kernel/test_outward.py")

_DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_configure():
    """The hash of a password is slow on purpose; here it is no part of what is tested."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """
    Mark what asks no database: on PostgreSQL it could say nothing it did not say on SQLite.

    A service that a test starts as a process of its own brings its own database, the same in either run.
    """
    for item in items:
        if not _asks_a_database(item):
            item.add_marker("no_database")


def _asks_a_database(item):
    is_marked = item.get_closest_marker("django_db") is not None
    return is_marked or not _DATABASE_FIXTURES.isdisjoint(item.fixturenames)


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
