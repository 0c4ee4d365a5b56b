"""What somebody gives us as an address is read from the open internet or not at all."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.kernel.child import run
from backend.kernel.outward import MOST_BYTES, Line, NotRead, is_public, read_address

HOST = "calendar.example.org"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:101::",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_of_ones_own_house_are_none(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "64:ff9b::808:808"])
def test_addresses_of_the_open_internet_are(address):
    assert is_public(address)


# --- a server of our own -----------------------------------------------------------------------------------------


class _Answers(BaseHTTPRequestHandler):
    pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
    asked: list[tuple[str, str]] = []

    def do_GET(self):
        self.asked.append((self.headers["Host"], self.path))
        status, headers, content = self.pages[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words):
        pass


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "one.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def line(tmp_path):
    """Names lead to the server on this machine, which counts as public; everything else is real."""
    path = certificate(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Answers.pages, _Answers.asked = {}, []
    names = {HOST: ["127.0.0.1"], "inside.example.org": ["10.0.0.7"], "both.example.org": ["127.0.0.1", "10.0.0.7"]}

    def resolve(host, port, **_more):
        if host not in names:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in names[host]]

    client = ssl.create_default_context(cafile=path)
    yield Line(resolve, lambda one: one == "127.0.0.1", client, server.server_address[1])
    server.shutdown()
    server.server_close()


def refusal(url, line=None):
    with pytest.raises(NotRead) as refused:
        read_address(url, line)
    return refused.value.reason


def test_a_calendar_is_read_also_behind_a_redirect_and_as_webcal(line):
    _Answers.pages = {
        "/a.ics?k=1": (302, {"Location": "/b.ics"}, b""),
        "/b.ics": (200, {}, b"BEGIN:VCALENDAR"),
    }
    for scheme in ("https", "webcal"):
        assert read_address(f"{scheme}://{HOST}:{line.port}/a.ics?k=1", line) == b"BEGIN:VCALENDAR"
    assert _Answers.asked[0] == (HOST, "/a.ics?k=1")


@pytest.mark.parametrize("name", ["inside.example.org", "both.example.org"])
def test_a_name_that_also_leads_inside_is_not_followed(line, name):
    assert refusal(f"https://{name}/a.ics", line) == "private"
    _Answers.pages = {"/": (302, {"Location": f"https://{name}/a.ics"}, b"")}
    assert refusal(f"https://{HOST}/", line) == "private"
    assert len(_Answers.asked) == 1


@pytest.mark.parametrize(
    "target",
    ["http://calendar.example.org/", "file:///etc/passwd", "https://calendar.example.org:22/", "gopher://x/",
     "https://user:pass@calendar.example.org/", "//inside.example.org@calendar.example.org/"],
)  # fmt: skip
def test_a_redirect_leads_to_https_on_its_own_port_only(line, target):
    _Answers.pages = {"/": (302, {"Location": target}, b"")}
    assert refusal(f"https://{HOST}/", line) == "address"


def test_a_circle_of_redirects_ends(line):
    _Answers.pages = {"/": (302, {"Location": "/"}, b"")}
    assert refusal(f"https://{HOST}/", line) == "redirects"
    assert len(_Answers.asked) == 4


def test_what_is_too_big_or_no_calendar_page_is_not_read(line):
    _Answers.pages = {
        "/big": (200, {}, b"x" * (MOST_BYTES + 1)),
        "/full": (200, {}, b"x" * MOST_BYTES),
        "/gone": (404, {}, b""),
        "/lost": (302, {}, b""),
    }
    assert refusal(f"https://{HOST}/big", line) == "too_big"
    assert len(read_address(f"https://{HOST}/full", line)) == MOST_BYTES
    assert refusal(f"https://{HOST}/gone", line) == "answer"
    assert refusal(f"https://{HOST}/lost", line) == "answer"


def test_a_certificate_of_another_name_is_not_believed(line):
    other = Line(lambda host, port, **more: line.resolve(HOST, port, **more), line.is_allowed, line.context, line.port)
    assert refusal("https://elsewhere.example.org/", other) == "unreachable"


@pytest.mark.parametrize(
    "url",
    ["", "http://example.org/", "ftp://example.org/", "https://", "https:///a", "https://example.org:99999/",
     "https://example.org/a b", "https://example.org/\r\nX: y", "https://例.org/", "https://u@example.org/",
     "https://example.org/" + "a" * 2000, "https://[::1", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_https_address_is_refused(url):
    assert refusal(url) == "address"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"])
def test_this_machine_in_any_writing_is_private(host):
    assert refusal(f"https://{host}/a.ics") in ("private", "unreachable")


def test_as_a_program_it_takes_its_address_from_the_input_and_ends_with_the_clock():
    ended = run(
        [sys.executable, "-m", "backend.kernel.outward"], seconds=10, memory_mb=512, stdin=b"https://127.0.0.1/"
    )
    assert (ended.exit_code, ended.stdout) == (1, b"")
