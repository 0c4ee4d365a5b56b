from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from tests.jobs import sample_tasks

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def now():
    """The clock stands at this moment; `clock.shift` moves it."""
    return NOW


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _nothing_done_yet():
    sample_tasks.done.clear()
