"""Signing in with a password and a code: the name one is greeted by, a code used twice, and where one goes next."""

from __future__ import annotations

import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client

from tests.factories.roster import NOW, a_coordinator

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-of-nobody"
SECRET = generate_totp_secret()


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        cache.clear()
        yield


@pytest.fixture
def coordinator():
    user = a_coordinator()
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    TOTP.activate(user, SECRET)
    return user


def code_at(moment):
    return format_hotp_value(hotp_value(SECRET, int(moment.timestamp()) // 30))


def at_the_code(user):
    """A browser that has given the password."""
    client = Client(headers={"Accept-Language": "zh-CN"})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def say(client, code):
    return client.post("/accounts/2fa/authenticate/", {"code": code}, follow=True).content.decode()


def test_the_greeting_says_the_persons_name_and_no_id(coordinator):
    text = say(at_the_code(coordinator), code_at(NOW))
    assert f"{coordinator.display_name}，您已登录。" in text
    assert coordinator.username not in text


def test_a_code_used_before_says_so_and_the_next_one_signs_in(coordinator):
    say(at_the_code(coordinator), code_at(NOW))
    again = at_the_code(coordinator)
    assert "这个数字刚才用过了" in say(again, code_at(NOW))
    with time_machine.travel(NOW.timestamp() + 30, tick=False):
        assert "您已登录" in say(again, code_at(NOW.fromtimestamp(NOW.timestamp() + 30, tz=NOW.tzinfo)))


def test_a_wrong_code_is_not_called_used(coordinator):
    wrong = f"{(int(code_at(NOW)) + 1) % 1_000_000:06}"
    text = say(at_the_code(coordinator), wrong)
    assert "刚才用过" not in text
    assert "您已登录" not in text


def test_guessing_stays_limited_and_learns_nothing_more(coordinator):
    say(at_the_code(coordinator), code_at(NOW))
    client = at_the_code(coordinator)
    for _try in range(12):
        say(client, "000000")
    assert "刚才用过" not in say(client, code_at(NOW))


def test_the_field_says_what_to_write(coordinator):
    text = at_the_code(coordinator).get("/accounts/2fa/authenticate/").content.decode()
    assert "验证器上的六位数字，或一个备用码" in text


def test_the_way_by_code_keeps_where_one_wanted_to_go_once():
    text = Client().get("/accounts/login/?next=/children/").content.decode()
    (link,) = re.findall(r'href="(/accounts/login/code/[^"]*)"', text)
    assert link == "/accounts/login/code/?next=%2Fchildren%2F"
