"""No secret of an address, and nothing somebody searched for, stands in a log."""

from __future__ import annotations

import json
import logging

import pytest

from backend.kernel.logs import without_secrets


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("GET /o/abcDEF-123_x/", "GET /o/-/"),
        ("POST /o/abcDEF/decline/", "POST /o/-/decline/"),
        ("GET /ical/abc/visits.ics", "GET /ical/-/visits.ics"),
        ("GET /children/?search=%E5%86%89", "GET /children/"),
        ("GET /api/v1/runs/", "GET /api/v1/runs/"),
    ],
)
def test_addresses_lose_their_secrets(text, kept):
    assert without_secrets(text) == kept


@pytest.mark.django_db
def test_a_request_leaves_one_clean_line(client, settings, capsys):
    import structlog

    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            **{key: value for key, value in settings.LOGGING["formatters"]["json"].items() if key != "()"}
        )
    )
    log = logging.getLogger()
    log.addHandler(handler)
    logging.getLogger("django_structlog").setLevel("INFO")
    try:
        client.get("/o/0123456789abcdefghijklmnopqrstuvwxyzABCDEFG/?search=冉欣怡")
    finally:
        log.removeHandler(handler)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert {line["request"] for line in lines if "request" in line} <= {"GET /o/-/", "<WSGIRequest: GET '/o/-/"}
    assert any(line["event"].startswith("Not Found") for line in lines)
    assert not [line for line in lines if "0123456789abc" in str(line) or "ip" in line]
