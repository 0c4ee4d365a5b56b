"""Every page test runs at one moment, signs people in without a password, and starts with an empty cache."""

from __future__ import annotations

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from tests.factories.roster import NOW


@pytest.fixture(autouse=True)
def _at_one_moment(db):
    with time_machine.travel(NOW, tick=False):
        cache.clear()
        yield


@pytest.fixture
def visitor():
    """`visitor(user)`: a client of somebody signed in, reading Chinese; `visitor()`: of nobody."""

    def open_one(user=None):
        client = Client(headers={"Accept-Language": "zh-CN"})
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return open_one
