"""Stories happen by day: at night a county is quiet and its messages wait for the morning."""

from __future__ import annotations

import pytest
import time_machine

from tests.factories.roster import NOW


@pytest.fixture(autouse=True)
def _by_day():
    with time_machine.travel(NOW):
        yield
