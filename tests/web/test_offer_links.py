"""A link forwarded, previewed, opened twice, or used too late: it does no harm and says so kindly, in both languages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client

from backend.audit.models import AuditEntry
from backend.outbox.models import OutboxEvent
from matching.models import Offer, Pairing
from matching.services.offers import decline_offer, withdraw_offer
from notifications.models import OfferLink
from notifications.services import mint_offer_link
from tests.factories.matching import a_pairing, an_offer
from tests.factories.readers import SECRETS, a_full_child
from tests.factories.roster import NOW, a_helper, timedelta

BOTS = [
    "Mozilla/5.0 (compatible; WeChatShareCrawler)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "DingTalkBot-LinkService/1.0 (+https://open-doc.dingtalk.com)",
    "Feishu-Bot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks",
]
PARTS = ("", "accept/", "decline/", "ask/", "seen/")
WORDS = {
    "open": ("请您做冉同学的监管教师", "will you be"),
    "over": ("这个邀请已经截止", "This offer has ended"),
    "withdrawn": ("这个邀请已经撤回", "This offer was withdrawn"),
    "accepted": ("谢谢您，已经记下", "Thank you, it is recorded"),
    "declined": ("不方便没关系", "That is all right"),
    "taken": ("这个名额已经有人了", "Somebody looks after this child already"),
}


@pytest.fixture
def offer():
    return an_offer(a_full_child(), a_helper("李春燕"))


@pytest.fixture
def link(offer):
    return mint_offer_link(offer=offer, way="SMS", actor=None, now=NOW).removeprefix(settings.PUBLIC_URL)


@pytest.fixture
def says(visitor, link):
    """`says(words)`: whoever opens the link reads these words in their language, and nothing secret."""

    def check(words):
        chinese, english = (visitor().get(link + tail).content.decode() for tail in ("", "?lang=en"))
        assert WORDS[words][0] in chinese
        assert WORDS[words][1] in english
        assert f'href="{link}?lang=en"' in chinese or 'href="?lang=en"' in chinese
        assert f'href="{link}" lang="zh-Hans"' in english
        for page in (chinese, english):
            assert [name for name, secret in SECRETS.items() if secret in page] == []
            assert "冉欣怡" not in page

    return check


def everything():
    """All rows an opened link could change."""
    return {
        "offers": list(Offer.objects.order_by("pk").values()),
        "pairings": list(Pairing.objects.order_by("pk").values()),
        "links": list(OfferLink.objects.order_by("pk").values()),
        "told": OutboxEvent.objects.count(),
        "audited": AuditEntry.objects.count(),
    }


@pytest.mark.parametrize("agent", BOTS)
def test_a_chat_programs_preview_changes_nothing_and_is_not_seen(visitor, link, agent):
    before = everything()
    for method in ("get", "head", "options"):
        for part in PARTS:
            answer = getattr(visitor(), method)(link + part, headers={"User-Agent": agent})
            assert answer.status_code in {200, 302, 404, 405}
            assert not answer.cookies
    assert everything() == before


def test_a_preview_shows_no_picture_and_no_words_of_the_page_to_a_program_that_reads_its_head(visitor, link):
    head = visitor().get(link).content.decode().partition("</head>")[0]
    assert "<title>请您答复 · 牵手</title>" in head
    assert "og:" not in head
    assert "冉" not in head


def test_a_forwarded_link_shows_no_more_on_another_device_and_one_answer_counts_for_all(visitor, offer, link, says):
    mine, friend = visitor(), visitor()
    says("open")
    friend.get(link)
    mine.post(f"{link}accept/")

    assert "谢谢您，已经记下" in friend.get(link).content.decode()
    friend.post(f"{link}decline/", {"reason": "OTHER"})
    friend.post(f"{link}ask/", {"text": "我是朋友"})
    assert Offer.objects.get(pk=offer.pk).state == "ACCEPTED"
    assert not offer.questions.exists()
    says("accepted")
    # What follows asks to sign in: the link alone opens no child's file.
    assert friend.get("/week/").status_code == 302
    assert friend.get(f"/children/{offer.child.public_id}/").status_code == 302


def test_whoever_is_signed_in_elsewhere_answers_by_a_forwarded_link_as_its_holder_and_not_as_themselves(
    visitor, offer, link
):
    visitor(a_helper("王建国").user).post(f"{link}accept/")
    assert Offer.objects.get(pk=offer.pk).answered_by is None
    assert Pairing.objects.get().helper == offer.helper


def test_yes_twice_is_one_yes(visitor, offer, link, says):
    client = visitor()
    assert [client.post(f"{link}accept/").status_code for _ in range(2)] == [302, 302]
    assert Pairing.objects.count() == AuditEntry.objects.filter(verb="offer.accepted").count() == 1
    says("accepted")


def test_no_after_yes_and_yes_after_no_leave_the_first_answer(visitor, offer, link, says):
    client = visitor()
    client.post(f"{link}decline/", {"reason": "HEALTH"})
    client.post(f"{link}accept/")
    client.post(f"{link}decline/", {"reason": "OTHER"})
    offer.refresh_from_db()
    assert (offer.state, offer.decline_reason) == ("DECLINED", "HEALTH")
    assert not Pairing.objects.exists()
    says("declined")
    assert client.get(f"{link}decline/").headers["Location"] == link


def test_the_address_of_an_answer_opened_again_leads_back_and_answers_nothing(visitor, offer, link):
    client = visitor()
    before = everything()
    assert client.get(f"{link}accept/").headers["Location"] == link
    assert client.get(f"{link}accept/?lang=en").headers["Location"] == f"{link}?lang=en"
    assert everything() == before


def test_after_the_deadline_every_step_says_so_and_records_nothing(visitor, offer, link, says):
    with time_machine.travel(NOW + timedelta(days=8), tick=False):
        before = everything()
        says("over")
        client = visitor()
        assert client.get(f"{link}decline/").headers["Location"] == link
        assert client.get(f"{link}ask/").headers["Location"] == link
        for part, said in (("accept/", {}), ("decline/", {"reason": "OTHER"}), ("ask/", {"text": "还可以吗"})):
            assert "这个邀请已经截止" in client.post(link + part, said, follow=True).content.decode()
            assert "has ended" in client.post(f"{link}{part}?lang=en", said, follow=True).content.decode()
        assert client.post(f"{link}seen/").status_code == 204
        assert everything() == before


@pytest.mark.parametrize("part", ["accept/", "decline/", "ask/"])
def test_after_a_withdrawal_every_step_says_so_and_records_nothing(visitor, offer, link, says, part):
    withdraw_offer(offer=offer, actor=None, now=NOW)
    before = everything()
    answer = visitor().post(link + part, {"reason": "OTHER", "text": "还可以吗"}, follow=True)
    assert "这个邀请已经撤回" in answer.content.decode()
    says("withdrawn")
    assert everything() == before


def test_a_place_that_somebody_else_has_by_now_is_said_kindly_before_and_after_the_answer(visitor, offer, link, says):
    other = a_pairing()
    Pairing.objects.filter(pk=other.pk).update(slot=offer.slot, child=offer.child)
    before = everything()
    says("taken")
    answer = visitor().post(f"{link}accept/?lang=en")
    assert answer.status_code == 409
    assert "just taken" in answer.content.decode()
    assert f'href="{link}" lang="zh-Hans"' in answer.content.decode()
    assert everything() == before


def test_a_second_link_of_one_offer_ends_with_the_first_ones_answer(visitor, offer, link):
    other = mint_offer_link(offer=offer, way="PRINT", actor=None, now=NOW).removeprefix(settings.PUBLIC_URL)
    decline_offer(offer=offer, reason="KIN", actor=None, now=NOW)
    visitor().post(f"{other}accept/")
    assert not Pairing.objects.exists()
    assert "不方便没关系" in visitor().get(other).content.decode()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_devices_at_once_leave_one_answer_and_both_read_it(offer, link):
    asks = [("accept/", {}), ("decline/", {"reason": "TOO_MANY"})] * 4
    gate = Barrier(len(asks))

    def press(ask):
        gate.wait()
        try:
            return Client().post(link + ask[0], ask[1], follow=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(asks)) as pool:
        pages = list(pool.map(press, asks))

    state = Offer.objects.get(pk=offer.pk).state
    words = {"ACCEPTED": "谢谢您，已经记下", "DECLINED": "不方便没关系"}[state]
    assert [page.status_code for page in pages] == [200] * len(asks)
    assert all(words in page.content.decode() for page in pages)
    assert Pairing.objects.count() == (state == "ACCEPTED")
