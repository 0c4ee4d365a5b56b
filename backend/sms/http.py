"""
Any provider or county gateway that takes one JSON request for one text.

    POST <SMS_URL>
    Authorization: Bearer <SMS_TOKEN>
    Idempotency-Key: <key>
    {"phone": "13800000001", "text": "...", "id": "<key>"}

2xx: taken. 408, 429 and 5xx: trouble, try again. Everything else: refused. Redirects are not followed: they would
carry a number and a code to wherever the answer points.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from backend.sms.base import SmsNotSent, SmsRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAKEN = range(200, 300)
_TRY_AGAIN = frozenset({408, 425, 429})
_TROUBLE = 500


@dataclass(frozen=True)
class HttpGateway:
    """`seconds` is the longest the whole exchange may take, however slowly the other side answers."""

    url: str
    token: str
    seconds: int

    def send(self, *, phone: str, text: str, key: str) -> None:
        """As `SmsGateway.send`; the errors say what went wrong, never to whom or what."""
        body = json.dumps({"phone": phone, "text": text, "id": key}, ensure_ascii=False).encode()
        connection = self._connection()
        try:
            with _ended_after(connection, self.seconds):
                connection.request("POST", self._path(), body=body, headers=self._headers(key))
                status = connection.getresponse().status
        except (OSError, HTTPException, ValueError) as error:
            raise SmsNotSent(type(error).__name__) from None
        finally:
            connection.close()
        if status in _TAKEN:
            return
        if status in _TRY_AGAIN or status >= _TROUBLE:
            raise SmsNotSent(f"HTTP {status}")
        raise SmsRefused(f"HTTP {status}")

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=self.seconds)

    def _path(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

    def _headers(self, key: str) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
        return headers | {"Authorization": f"Bearer {self.token}"} if self.token else headers


@contextmanager
def _ended_after(connection: HTTPConnection, seconds: int) -> Iterator[None]:
    """A socket's own limit starts anew with every byte; this one does not."""
    timer = threading.Timer(seconds, _cut, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(2)
        except OSError:
            return  # closed a moment ago: nothing is left to cut
