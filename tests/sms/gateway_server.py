"""A gateway on this machine: keeps what it is sent and answers what the test says."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue


class Gateway:
    """`behave`: a status, "hang", "drip" or "garbage"; `taken`: the requests, in order."""

    def __init__(self):
        self.behave, self.taken, self.free = 200, Queue(), threading.Event()
        self.url = ""

    def next(self):
        return self.taken.get(timeout=10)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        gateway = self.server.gateway
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        gateway.taken.put({"path": self.path, "headers": dict(self.headers), "body": body})
        if isinstance(gateway.behave, int):
            self._answer(gateway)
        else:
            {"hang": self._hang, "drip": self._drip, "garbage": self._garbage}[gateway.behave](gateway)

    def _answer(self, gateway):
        self.send_response(gateway.behave)
        if 300 <= gateway.behave < 400:
            self.send_header("Location", f"{gateway.url}/elsewhere")
        self.end_headers()

    def _hang(self, gateway):
        gateway.free.wait(20)

    def _garbage(self, _gateway):
        self.wfile.write(b"not http at all\r\n\r\n")

    def _drip(self, gateway):
        """A byte now and then: never silent, never done."""
        try:
            for _each in range(200):
                self.wfile.write(b"H")
                if gateway.free.wait(0.1):
                    return
        except OSError:
            return

    def log_message(self, *_args):
        return


@contextmanager
def a_gateway():
    gateway = Gateway()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads, server.gateway = True, gateway
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield gateway
    finally:
        gateway.free.set()
        server.shutdown()
        server.server_close()


def seconds_of(call):
    """How long a call took, and what it raised."""
    began = time.monotonic()
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return time.monotonic() - began, error
    return time.monotonic() - began, None
