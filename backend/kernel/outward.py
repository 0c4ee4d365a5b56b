"""
Reading one address somebody gave us, and never our own network: `python -m backend.kernel.outward < address`.

https only, on its own port; every address a name stands for has to be a public one, and it is the checked one that is
connected to, so that a name cannot mean another a moment later; the same again after each redirect. Prints what was
read, at most `MOST_BYTES`; what went wrong is the last line of its stderr, a code of `CODES`. It runs apart from the
service, where wall clock and memory end it however slowly the other side answers. Users: `activities.services.links`.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import sys
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 1024 * 1024
SECONDS = 10
MEMORY_MB = 512
CODES = ("address", "private", "unreachable", "answer", "too_big", "redirects")
_MOST_REDIRECTS = 3
_LONGEST = 2000
_OK = 200
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 64 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotRead(Exception):
    """`reason` is one of `CODES`. The address itself is a secret and stands in no message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet, also where another is wrapped in it."""
    one = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None)
        if one in _NAT64:
            inner = ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner)) and one.ipv4_mapped is None
    return one.is_global and not one.is_multicast


@dataclass(frozen=True)
class Line:
    """How to the outside; tests put a server of their own at its end."""

    resolve: Callable[..., list[tuple[object, ...]]] = socket.getaddrinfo  # type: ignore[assignment]
    is_allowed: Callable[[str], bool] = is_public
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    port: int = 443


def read_address(url: str, line: Line | None = None) -> bytes:
    """
    What stands at an https address; `webcal` means the same.

    Raises:
        NotRead
    """
    line = line or Line()
    url = f"https{url[6:]}" if url.lower().startswith("webcal://") else url
    for _hop in range(_MOST_REDIRECTS + 1):
        host, path = _parts(url, line.port)
        status, target, content = _one(host, path, line)
        if status == _OK:
            return content
        if status not in _REDIRECTS or not target:
            raise NotRead("answer")
        url = urljoin(url, target)
    raise NotRead("redirects")


def _parts(url: str, port: int) -> tuple[str, str]:
    """Host and path of an address we would go to."""
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise NotRead("address")
    try:
        parts = urlsplit(url)
        wrong = parts.scheme != "https" or not parts.hostname or "@" in parts.netloc
        if wrong or parts.port not in (None, port):
            raise NotRead("address")
    except ValueError as error:
        raise NotRead("address") from error
    return str(parts.hostname), (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _one(host: str, path: str, line: Line) -> tuple[int, str, bytes]:
    """(status, where it sends us, content) of one request."""
    address = _checked_address(host, line)
    try:
        with (
            socket.create_connection((address, line.port), timeout=SECONDS) as plain,
            line.context.wrap_socket(plain, server_hostname=host) as sealed,
        ):
            head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/calendar\r\nAccept-Encoding: identity\r\n"
            sealed.sendall(f"{head}User-Agent: qianshou\r\nConnection: close\r\n\r\n".encode("ascii"))
            answer = HTTPResponse(sealed)
            answer.begin()
            content = _content(answer) if answer.status == _OK else b""
            return answer.status, answer.getheader("Location") or "", content
    except (OSError, HTTPException) as error:
        raise NotRead("unreachable") from error


def _checked_address(host: str, line: Line) -> str:
    """The first address of a name, where all of them are public: one that is not makes the name suspect."""
    try:
        found = [str(row[4][0]) for row in line.resolve(host, line.port, type=socket.SOCK_STREAM)]  # type: ignore[index]
    except (OSError, UnicodeError) as error:
        raise NotRead("unreachable") from error
    if not found or not all(line.is_allowed(one) for one in found):
        raise NotRead("private")
    return found[0]


def _content(answer: HTTPResponse) -> bytes:
    found = b""
    while chunk := answer.read(_CHUNK):
        found += chunk
        if len(found) > MOST_BYTES:
            raise NotRead("too_big")
    return found


def main() -> int:
    """Read the address on standard input; it is a secret, so it is no argument."""
    try:
        content = read_address(sys.stdin.read(_LONGEST + 1).strip())
    except NotRead as error:
        sys.stderr.write(f"{error.reason}\n")
        return 1
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
