"""Signing in with a code sent to a phone: whose it opens, what strangers learn, and where the code is kept."""

from __future__ import annotations

import logging
import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts import codes
from backend.accounts.models import Role, User
from backend.accounts.phones import mobile_in, phone_hash, phone_key, user_with_phone
from tests.factories.roster import a_helper, a_member, a_user
from tests.sms.gateway_server import a_gateway, seconds_of

pytestmark = pytest.mark.django_db
PHONE, UNKNOWN = "19900333333", "19900444444"
ASK, CONFIRM = "/accounts/login/code/", "/accounts/login/code/confirm/"


@pytest.fixture(autouse=True)
def _clean():
    cache.clear()


@pytest.fixture
def gateway(settings):
    with a_gateway() as running:
        settings.SMS_BACKEND, settings.SMS_URL, settings.SMS_TIMEOUT_SECONDS = "HTTP", running.url, 2
        settings.ACCOUNT_LOGIN_METHODS = {"email", "phone"}
        yield running


def with_phone(user, phone=PHONE):
    user.phone, user.phone_hash = phone, phone_hash(phone)
    user.save()
    return user


def a_helper_by_phone(phone=PHONE):
    return with_phone(a_helper(email="").user, phone)


def code_in(taken):
    return re.search(r"\b(\d{6})\b", taken["body"]["text"])[1]


def ask(client, phone=PHONE):
    return client.post(ASK, {"email": phone})


@pytest.mark.parametrize(
    "typed", [PHONE, "199 0033 3333", "+86 19900333333", "199-0033-3333", "１９９００３３３３３３"]
)
def test_a_helper_with_a_phone_alone_opens_the_account(gateway, client, typed):
    user = a_helper_by_phone()
    assert ask(client, typed)["Location"] == CONFIRM
    taken = gateway.next()
    assert taken["body"]["phone"] == PHONE
    assert "验证码" in taken["body"]["text"] or "code" in taken["body"]["text"]

    answer = client.post(CONFIRM, {"code": code_in(taken)})

    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.get("/week/").status_code == 200


def test_a_wrong_code_opens_nothing_and_three_end_it(gateway, client):
    a_helper_by_phone()
    ask(client)
    right = code_in(gateway.next())
    wrong = "000000" if right != "000000" else "111111"
    for _each in range(3):
        client.post(CONFIRM, {"code": wrong})
    client.post(CONFIRM, {"code": right})
    assert "_auth_user_id" not in client.session


def test_an_unknown_number_gets_the_same_answer_and_no_text(gateway):
    a_helper_by_phone()
    known, unknown = Client(headers={"Accept-Language": "zh-CN"}), Client(headers={"Accept-Language": "zh-CN"})
    pages = []
    for client, phone in ((known, PHONE), (unknown, UNKNOWN)):
        answer = ask(client, phone)
        page = client.get(answer["Location"]).content.decode()
        pages.append((answer.status_code, answer["Location"], re.sub(r'value="[^"]{64}"', "", page)))
    assert pages[0] == pages[1]
    assert gateway.next()["body"]["phone"] == PHONE
    assert gateway.taken.empty()
    assert unknown.post(CONFIRM, {"code": ""}).status_code == 200
    assert "_auth_user_id" not in unknown.session


def test_an_unknown_number_takes_the_same_work_and_nobody_waits_for_the_gateway(gateway):
    a_helper_by_phone()
    gateway.behave = "hang"
    ask(Client(), UNKNOWN)  # what is loaded once
    counts = []
    for phone in (PHONE, UNKNOWN):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            seconds, error = seconds_of(lambda phone=phone: ask(Client(), phone))
        assert error is None
        assert seconds < 1
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_closed_account_gets_no_code(gateway, client):
    user = a_helper_by_phone()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert ask(client)["Location"] == CONFIRM
    assert gateway.taken.empty()


def test_one_number_is_asked_for_three_times_a_minute_as_an_address_is(gateway):
    a_helper_by_phone()
    statuses = [ask(Client()).status_code for _each in range(4)]
    assert statuses == [302, 302, 302, 200]
    assert [ask(Client(), "he@example.org").status_code for _each in range(4)] == [302, 302, 302, 200]


@pytest.mark.parametrize("typed", ["12345", "02512345678", "", "何国平", "a@b", "1990033333"])
def test_what_is_neither_address_nor_number_is_said(gateway, client, typed):
    answer = ask(client, typed)
    assert answer.status_code == 200
    assert gateway.taken.empty()


def test_mail_still_works_beside_it(gateway, client, mailoutbox):
    user = a_user(email="he@example.org")
    assert ask(client, "he@example.org").status_code == 302
    client.post(CONFIRM, {"code": re.search(r"\b(\d{6})\b", mailoutbox[0].body)[1]})
    assert client.session["_auth_user_id"] == str(user.pk)


def test_where_texts_are_off_a_number_is_no_login(settings, client):
    settings.SMS_BACKEND, settings.ACCOUNT_LOGIN_METHODS = "OFF", {"email"}
    a_helper_by_phone()
    assert ask(client).status_code == 200
    assert "手机" not in Client(headers={"Accept-Language": "zh-CN"}).get(ASK).content.decode()


def test_one_phone_opens_one_account():
    a_helper_by_phone()
    with pytest.raises(IntegrityError), transaction.atomic():
        a_helper_by_phone()
    assert a_user().phone_hash == a_user().phone_hash == ""


def test_the_number_is_nowhere_in_plain(gateway, client, caplog):
    caplog.set_level(logging.DEBUG)
    a_helper_by_phone()
    ask(client)
    code = code_in(gateway.next())
    client.post(CONFIRM, {"code": code})
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, phone_hash FROM accounts_user WHERE phone_hash <> ''")
        stored = cursor.fetchall()
    kept = f"{stored} {[row.get_decoded() for row in Session.objects.all()]} {caplog.text}"
    assert PHONE not in kept
    assert code not in caplog.text


@pytest.mark.parametrize("behave", [500, 400])
def test_a_gateway_in_trouble_is_logged_without_number_or_code(gateway, client, caplog, behave):
    a_helper_by_phone()
    gateway.behave = behave
    caplog.set_level(logging.WARNING, logger="qianshou.accounts")
    ask(client)
    code = code_in(gateway.next())
    _all_sent()
    assert f"Could not send a code: HTTP {behave}" in caplog.text
    assert PHONE not in caplog.text
    assert code not in caplog.text


def test_a_gateway_that_hangs_holds_so_many_and_no_more(gateway, caplog, monkeypatch):
    caplog.set_level(logging.WARNING, logger="qianshou.accounts")
    monkeypatch.setattr(codes, "_places", codes.threading.BoundedSemaphore(2))
    gateway.behave = "hang"
    for _each in range(2):
        codes.send_code(PHONE, "123456")
        gateway.next()
    codes.send_code(PHONE, "123456")
    assert "the gateway is too slow" in caplog.text
    gateway.free.set()
    _all_sent()


def _all_sent():
    for thread in list(codes.threading.enumerate()):
        if thread.name == "sms-code":
            thread.join(10)


def test_the_console_gets_the_code_and_the_log_does_not(settings, client, capfd, caplog):
    settings.SMS_BACKEND, settings.ACCOUNT_LOGIN_METHODS = "CONSOLE", {"email", "phone"}
    caplog.set_level(logging.DEBUG)
    a_helper_by_phone()
    ask(client)
    _all_sent()
    code = re.search(r"\b(\d{6})\b", capfd.readouterr().out)[1]
    assert code not in caplog.text


def test_a_second_factor_is_asked_for_all_the_same(gateway, client):
    user = with_phone(a_member(Role.AUDITOR, needs_second_factor=True))
    ask(client)
    client.post(CONFIRM, {"code": code_in(gateway.next())})
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.get("/audit/")["Location"] == "/accounts/2fa/totp/activate/"


def test_a_password_goes_with_the_number_too_and_never_with_a_user_name(gateway, client):
    user = a_helper_by_phone()
    user.set_password("a long enough passphrase")
    user.save()
    EmailAddress.objects.all().delete()
    wrong = client.post("/accounts/login/", {"login": user.username, "password": "a long enough passphrase"})
    assert (wrong.status_code, "_auth_user_id" in client.session) == (200, False)
    client.post("/accounts/login/", {"login": "199 0033 3333", "password": "a long enough passphrase"})
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("13800000001", "13800000001"), ("+8613800000001", "13800000001"), ("0086 138 0000 0001", "13800000001"),
     ("2380000001", ""), ("0571-88888888", ""), ("", ""), ("1380000000１", "13800000001")],
)  # fmt: skip
def test_how_a_number_is_recognised(typed, digits):
    assert mobile_in(typed) == digits


def test_a_number_is_found_while_keys_are_rotated(settings):
    old = settings.FIELD_ENCRYPTION_KEYS[0]
    user = a_helper_by_phone()
    settings.FIELD_ENCRYPTION_KEYS = ["ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=", old]
    assert user_with_phone(PHONE) == user_with_phone(phone_key(PHONE)) == user
    assert user_with_phone(UNKNOWN) is None
    assert user_with_phone("") is None
