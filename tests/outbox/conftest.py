from __future__ import annotations

import pytest

from backend.outbox import registry
from tests.outbox import sample_handlers


@pytest.fixture(autouse=True)
def only_what_the_test_subscribes(monkeypatch):
    monkeypatch.setattr(registry, "_handlers", {})
    monkeypatch.setattr(registry, "_queues", {})
    sample_handlers.heard.clear()
