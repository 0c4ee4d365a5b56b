"""Group robots on this machine: apprise's own requests, sent to a local server that answers what the test says."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot


class Group:
    """`behave`: a status or "hang"; `heard`: (path, what was said), in order."""

    def __init__(self):
        self.behave, self.heard, self.free = 200, [], threading.Event()

    @property
    def said(self):
        return [text for _path, text in self.heard]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        group = self.server.group
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = body.get("text", body.get("content"))
        group.heard.append((self.path, content.get("content") or content.get("text")))
        if group.behave == "hang":
            group.free.wait(20)
            return
        self.send_response(group.behave)
        if 300 <= group.behave < 400:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b'{"errcode": 0, "code": 0}')

    def log_message(self, *_args):
        return


@contextmanager
def a_group(monkeypatch):
    group = Group()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads, server.group = True, group
    base = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(NotifyWeComBot, "notify_url", base + "/cgi-bin/webhook/send?key={key}")
    monkeypatch.setattr(NotifyDingTalk, "notify_url", base + "/robot/send?access_token={token}")
    monkeypatch.setattr(NotifyFeishu, "notify_url", base + "/open-apis/bot/v2/hook/{token}/")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield group
    finally:
        group.free.set()
        server.shutdown()
        server.server_close()
