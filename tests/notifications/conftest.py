"""A mail server, a text gateway and a group of people on this machine."""

from __future__ import annotations

import email
import socket

import pytest
import time_machine
from aiosmtpd.controller import Controller

from tests.factories.roster import NOW
from tests.notifications.robots import a_group
from tests.sms.gateway_server import a_gateway


class Mailbox:
    """
    Keeps what the server was given; refuses addresses of `refused`.

    `trouble`: command -> what the server answers to it instead. `on_mail`: called with each mail it has kept.
    """

    def __init__(self):
        self.mails, self.refused, self.trouble = [], set(), {}
        self.on_mail = lambda _mail: None

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's hook
        if "MAIL" not in self.trouble:
            envelope.mail_from = address
        return self.trouble.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's hook
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's hook
        if "DATA" not in self.trouble:
            self.mails.append(email.message_from_bytes(envelope.content))
            self.on_mail(self.mails[-1])
        return self.trouble.get("DATA", "250 OK")


@pytest.fixture(autouse=True)
def _by_day():
    """At night a county is quiet, whenever the tests run."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def mailbox(settings):
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield box
    server.stop()


@pytest.fixture
def texts(settings):
    with a_gateway() as gateway:
        settings.SMS_BACKEND, settings.SMS_URL, settings.SMS_TIMEOUT_SECONDS = "HTTP", gateway.url, 2
        yield gateway


@pytest.fixture
def group(monkeypatch):
    with a_group(monkeypatch) as one:
        yield one
