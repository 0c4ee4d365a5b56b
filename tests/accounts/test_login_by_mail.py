"""A code by mail while the mail server is in trouble: no page breaks, nobody waits long, and nothing is learnt by it."""

from __future__ import annotations

import logging
import socket
import time

import pytest
from django.core.cache import cache

from backend.accounts import codes
from tests.factories.roster import a_user

pytestmark = pytest.mark.django_db
ASK, KNOWN, UNKNOWN = "/accounts/login/code/", "he@example.org", "nobody@example.org"


@pytest.fixture(autouse=True)
def _clean(settings):
    cache.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    a_user(email=KNOWN)


@pytest.fixture
def silent(settings):
    """A server that takes the call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = *server.getsockname(), 3
        yield


@pytest.mark.parametrize("address", [KNOWN, UNKNOWN])
def test_a_server_that_is_down_breaks_no_page(client, settings, caplog, address):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with caplog.at_level(logging.WARNING, logger="qianshou.accounts"):
        answer = client.post(ASK, {"email": address})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/code/confirm/")
    assert "ConnectionRefusedError" in caplog.text
    assert address not in caplog.text


def test_a_server_that_says_nothing_holds_nobody_up(client, silent, monkeypatch):
    monkeypatch.setattr(codes, "SECONDS_FOR_MAIL", 0.2)
    began = time.monotonic()
    assert client.post(ASK, {"email": KNOWN}).status_code == 302
    assert time.monotonic() - began < 2
