"""A real service for browser tests: `serve` with the demo township, and a real mail server."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import time

import pytest
from aiosmtpd.controller import Controller
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests.ops.serving import Serving, free_port

_START_S = 180


class Mailbox:
    """Keeps every mail the service sends."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's hook
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"

    def wait_for(self, address, pattern, seconds=60):
        """What a pattern finds in the newest mail to an address that holds it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for mail in reversed(self.mails):
                found = re.search(pattern, body_of(mail))
                if found and address.lower() in mail["To"].lower():
                    return found.group()
            time.sleep(0.2)
        raise AssertionError(f"no mail with {pattern!r} after {seconds} s")


def body_of(mail):
    return mail.get_payload(decode=True).decode()


def one_time_code(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture(scope="session")
def mailbox():
    box, port = Mailbox(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    box.port = port
    yield box
    server.stop()


class Demo(Serving):
    """`serve` with the invented township."""

    def __init__(self, folder, mail_port):
        super().__init__(folder)
        self.environment |= {
            "DEMO": "on",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "ALLOWED_HOSTS": "127.0.0.1",
            "HEARTBEAT_LIMIT_SECONDS": "90",
        }

    def wait_until_ready(self, seconds):
        return super().wait_until_ready(max(seconds, _START_S))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def account(self, role, number=0):
        accounts = json.loads((self.folder / "demo-accounts.json").read_text())
        return [account for account in accounts if account["role"] == role][number]


@pytest.fixture(scope="module")
def served(tmp_path_factory, mailbox):
    folder = tmp_path_factory.mktemp("served")
    if "E2E_DATA" in os.environ:
        shutil.copytree(os.environ["E2E_DATA"], folder, dirs_exist_ok=True)
    with Demo(folder, mailbox.port) as demo:
        yield demo
