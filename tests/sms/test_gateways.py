"""One text, one request: what is sent, and what each way of failing becomes."""

from __future__ import annotations

import socket

import pytest

from backend.sms.base import SmsNotSent, SmsRefused
from backend.sms.choice import gateway, is_on
from backend.sms.console import ConsoleGateway
from backend.sms.http import HttpGateway
from tests.sms.gateway_server import a_gateway, seconds_of

A_TEXT = {"phone": "13800000001", "text": "【牵手】验证码 482913，3 分钟内有效。", "key": "7hq2m4xw9k3pd8ra"}


@pytest.fixture
def server():
    with a_gateway() as running:
        yield running


def test_a_text_is_one_request(server):
    HttpGateway(f"{server.url}/send?from=qianshou", "a-token", 5).send(**A_TEXT)

    taken = server.next()
    assert taken["path"] == "/send?from=qianshou"
    assert taken["body"] == {"phone": "13800000001", "text": A_TEXT["text"], "id": A_TEXT["key"]}
    headers = {name.lower(): value for name, value in taken["headers"].items()}
    assert headers["authorization"] == "Bearer a-token"
    assert headers["idempotency-key"] == A_TEXT["key"]
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert server.taken.empty()


def test_without_a_token_no_header_is_sent(server):
    HttpGateway(server.url, "", 5).send(**A_TEXT)
    assert "Authorization" not in server.next()["headers"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_two_hundred_and_something_is_taken(server, status):
    server.behave = status
    HttpGateway(server.url, "", 5).send(**A_TEXT)


@pytest.mark.parametrize("behave", [500, 502, 503, 429, 408, "garbage"])
def test_trouble_may_be_tried_again(server, behave):
    server.behave = behave
    with pytest.raises(SmsNotSent) as raised:
        HttpGateway(server.url, "", 5).send(**A_TEXT)
    assert_says_nothing(raised.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 302, 307])
def test_a_refusal_is_final_and_a_redirect_is_not_followed(server, status):
    server.behave = status
    with pytest.raises(SmsRefused) as raised:
        HttpGateway(server.url, "a-token", 5).send(**A_TEXT)
    assert_says_nothing(raised.value)
    server.next()
    assert server.taken.empty()


@pytest.mark.parametrize("behave", ["hang", "drip"])
def test_a_gateway_that_does_not_finish_is_left_within_the_limit(server, behave):
    server.behave = behave
    seconds, error = seconds_of(lambda: HttpGateway(server.url, "", 1).send(**A_TEXT))
    assert isinstance(error, SmsNotSent)
    assert seconds < 4
    assert_says_nothing(error)


def test_nobody_there_may_be_tried_again():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SmsNotSent):
        HttpGateway(f"http://127.0.0.1:{port}", "", 2).send(**A_TEXT)


def assert_says_nothing(error):
    said = f"{error!r} {error.__cause__!r}"
    assert A_TEXT["phone"] not in said
    assert "482913" not in said


def test_the_console_prints_the_text_and_the_end_of_the_number(capsys):
    ConsoleGateway().send(**A_TEXT)
    said = capsys.readouterr()
    assert said.out == f"SMS *0001: {A_TEXT['text']}\n"
    assert said.err == ""


def test_the_settings_choose(settings):
    settings.SMS_BACKEND = "CONSOLE"
    assert isinstance(gateway(), ConsoleGateway)
    settings.SMS_BACKEND, settings.SMS_URL, settings.SMS_TOKEN = "HTTP", "https://sms.example.org/send", "t"
    assert gateway() == HttpGateway("https://sms.example.org/send", "t", settings.SMS_TIMEOUT_SECONDS)
    settings.SMS_BACKEND = "OFF"
    assert not is_on()
    with pytest.raises(RuntimeError):
        gateway()
