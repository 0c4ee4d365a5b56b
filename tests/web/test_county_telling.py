"""A county's rules and words for messages: kept by its coordinators, previewed, refused with the reason."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from notifications.models import OwnText, TellingRules
from tests.factories.roster import a_child, a_coordinator, a_county, a_member, a_township

RULES = {
    "quiet_from": "21:30", "quiet_until": "06:30", "digest_hour": "9", "remind_hours": "24", "duty_days": "2",
    "unread_hours": "48",
}  # fmt: skip
TEXT = {"subject": "请您帮忙", "body": "{helper}，请您做{child}的{place}：{link}", "short": "请您做{place}：{link}"}
PAGE = "/county/texts/OFFER_SENT/zh-hans/"


@pytest.fixture
def client(visitor):
    return visitor(a_coordinator(a_county()))


def test_rules_are_kept_and_say_what_is_exempt(client):
    assert client.post("/county/telling/", RULES).status_code == 302
    text = client.get("/county/telling/").content.decode()
    assert "21:30 到 06:30 不打扰" in text
    assert "测试" in text
    assert TellingRules.objects.get().digest_hour == 9


def test_a_text_is_looked_at_before_it_counts(client):
    shown = client.post(PAGE, TEXT | {"look": "1"}).content.decode()
    assert "李老师，请您做王同学的监管教师" in shown
    assert not OwnText.objects.exists()

    assert client.post(PAGE, TEXT | {"keep": "1"}).status_code == 302
    assert OwnText.objects.get().subject == "请您帮忙"
    assert "本县的写法" in client.get("/county/texts/").content.decode()

    client.post(PAGE + "reset/")
    assert not OwnText.objects.exists()


@pytest.mark.parametrize("step", ["look", "keep"])
def test_a_childs_full_name_is_refused_without_repeating_it(client, step):
    a_child("冉欣怡")
    text = client.post(PAGE, TEXT | {"body": TEXT["body"] + "冉欣怡", step: "1"}).content.decode()
    assert "消息里从不写全名" in text
    assert not OwnText.objects.exists()


@pytest.mark.parametrize("url", ["/county/texts/NO_SUCH/zh-hans/", "/county/texts/OFFER_SENT/fr/"])
def test_what_is_not_there(client, url):
    assert client.get(url).status_code == 404


def test_a_township_does_not_write_for_the_county(visitor):
    other = visitor(a_member(Role.TOWNSHIP_COORDINATOR, area=a_township()))
    assert other.get("/county/texts/").status_code == 404
    assert other.post(PAGE, TEXT | {"keep": "1"}).status_code == 404


def test_the_api_keeps_rules_and_words(client):
    def post(url, body):
        return client.post(f"/api/v1/{url}/", body, content_type="application/json")

    assert post("telling-rules/keep", {"digest_hour": 7}).json()["digest_hour"] == 7
    assert post("telling-rules/keep", {"digest_hour": 24}).status_code == 400
    which = {"kind": "OFFER_SENT", "language": "zh-hans"}
    assert post("message-texts/preview", TEXT | which).json()["short"] == "请您做监管教师：https://…"
    assert post("message-texts/keep", TEXT | which).json()["is_own"] is True
    assert post("message-texts/keep", TEXT | which | {"short": "好"}).json()["errors"][0]["code"] == "text.link_missing"
    assert post("message-texts/reset", which).json()["is_own"] is False
    assert len(client.get("/api/v1/message-texts/").json()) > 20
