"""The preview of a publication says what then happens: to whom, over which channel, in which words, and when."""

from __future__ import annotations

import re
from datetime import time
from html import unescape

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend.outbox.sweeper import sweep
from backend.roster.access import reader_for
from backend.web.coordinator import publish_letters
from matching.models import Offer
from matching.services.deadlines import deadline_after
from matching.services.proposals import plan_publication, publish_proposal
from notifications.contacts import choose_contact
from notifications.county import keep_text
from notifications.kinds import Text, kind_of
from notifications.models import Message, TellingRules
from notifications.previews import letters_of, written
from notifications.sending import claim_due_message, send_message
from tests.factories.matching import a_proposal, a_scheme, a_slot
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_token
from tests.sms.gateway_server import a_gateway

ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
NIGHT = NOW.replace(hour=15)
OWN = Text(
    "来自清溪县：请您做{place}", "{helper}，县里请您照看{child}，{deadline}前点 {link}", "清溪县请您答复：{link}"
)


@pytest.fixture(autouse=True)
def texts(settings):
    with a_gateway() as gateway:
        settings.SMS_BACKEND, settings.SMS_URL, settings.SMS_TIMEOUT_SECONDS = "HTTP", gateway.url, 2
        yield gateway


@pytest.fixture
def draft():
    """A mail reader, an English one with a robot, one who has a mobile alone, and one nobody can write to."""
    english = a_helper("王建国")
    choose_contact(user=english.user, by_mail=True, by_sms=False, language="en", robot=ROBOT, now=NOW)
    helpers = [
        a_helper("李春燕"), english, a_helper("何国平", email="", phone="13800001234"),
        a_helper("周大勇", email="", has_account=False),
    ]  # fmt: skip
    return a_draft(helpers)


def a_draft(helpers):
    proposal = a_proposal(a_scheme())
    for number, helper in enumerate(helpers):
        child = a_child(f"冉欣{'怡悦然宁安平康'[number % 7]}")
        proposal.pairs.create(slot=a_slot(child, scheme=proposal.scheme), child=child, helper=helper, fit=500)
    return proposal


@pytest.fixture
def county(visitor):
    return visitor(a_coordinator(a_county()))


def shown(client, draft, **asked):
    """The part of the page about letters, without tags."""
    text = client.get(f"/proposals/{draft.public_id}/publish/", asked).content.decode()
    part = text.partition('id="letters"')[2].partition("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split())


def publish(draft):
    user = a_coordinator(a_county())
    publish_proposal(proposal=draft, actor=user, reader=reader_for(user, NOW), now=NOW)
    sweep(now=NOW)


def plan_of(draft):
    return plan_publication(proposal=draft, reader=reader_for(a_coordinator(a_county()), NOW), now=NOW)


def test_exactly_the_messages_it_shows_are_queued(draft):
    letters = letters_of(plan_of(draft).asked_of, now=NOW)
    said = {
        (one.kind.code, asked.helper.pk, channel)
        for one in letters
        for asked in one.asked
        for channel in asked.channels
    }

    publish(draft)

    assert said == set(Message.objects.values_list("kind", "helper", "channel"))
    assert {name: sum(one.counts.get(name, 0) for one in letters) for name in ("email", "sms", "robot", "inbox")} == {
        "email": 2, "sms": 1, "robot": 1, "inbox": 3,
    }  # fmt: skip


def test_the_words_it_shows_are_the_words_that_arrive(draft, texts):
    keep_text(county=a_county(), kind=kind_of("OFFER_SENT"), language="zh-hans", text=OWN, actor=None, now=NOW)
    deadline = deadline_after(NOW, days=draft.scheme.offer_days)
    letters = letters_of(plan_of(draft).asked_of, now=NOW)
    preview = [letter for one in letters for letter in written(one, one.asked, deadline=deadline, now=NOW)]

    publish(draft)
    for channel in ("email", "sms"):
        while (message := claim_due_message(now=NOW, channel=channel)) is not None:
            send_message(message, now=NOW)

    def open_links(text):
        return re.sub(r"/o/[^/\s]+/", "/o/…/", text)

    by_mail = {one.asked.helper.email: (one.subject, one.body) for one in preview if "email" in one.asked.channels}
    by_text = {one.asked.helper.phone: one.short for one in preview if "sms" in one.asked.channels}
    assert by_mail == {one.to[0]: (one.subject, open_links(one.body)) for one in mail.outbox}
    sent = [texts.next()["body"] for _each in range(texts.taken.qsize())]
    assert by_text == {one["phone"]: open_links(one["text"]) for one in sent}
    assert any("县里请您照看冉同学" in body for _subject, body in by_mail.values())
    assert any(body.startswith("Dear 王建国") for _subject, body in by_mail.values())


def test_the_page_groups_by_text_with_counts_and_shows_the_chosen_ones(county, draft):
    text = shown(county, draft)
    assert "邀请·简体中文 原来的写法 3 邮件 1、短信 1、站内消息 2" in text
    assert "邀请·English 原来的写法 1 邮件 1、群机器人 1、站内消息 1" in text
    assert "李春燕，您好。" in text
    assert "请您做一名孩子的监管教师，11月30日 20:00前答复：http://testserver/o/…/" in text
    assert "没有办法发给这个人" in text
    assert "Dear" not in text

    english = shown(county, draft, letters="OFFER_SENT.en.529901")
    assert "Dear 王建国" in english
    assert (
        "You are asked to be a child's supervising teacher. Please answer by Nov. 30, 20:00: http://testserver/my/offers/…/"
        in english
    )
    assert "李春燕，您好" not in english


def test_no_child_is_named_in_full_and_nothing_is_kept(county, draft):
    for group in ("", "OFFER_SENT.en.529901"):
        page = county.get(f"/proposals/{draft.public_id}/publish/?letters={group}").content.decode()
        assert "冉同学" in page
        assert re.findall(r"冉欣[怡悦然宁]", page) == []
    assert (Offer.objects.count(), Message.objects.count()) == (0, 0)


def test_the_countys_own_words_are_said_to_be_its_own(county, draft):
    keep_text(county=a_county(), kind=kind_of("OFFER_SENT"), language="zh-hans", text=OWN, actor=None, now=NOW)
    text = shown(county, draft)
    assert "邀请·简体中文 县里自己的写法 3" in text
    assert "李春燕，县里请您照看冉同学，11月30日 20:00前点 http://testserver/o/…/" in text


def test_the_deadline_follows_the_days_looked_at(county, draft):
    assert "现在发的话，11月26日 20:00 截止答复" in shown(county, draft, days=3)
    assert "11月26日 20:00前答复" in shown(county, draft, days=3)
    assert "11月30日 20:00 截止答复" in shown(county, draft, days=70)
    page = county.get(f"/proposals/{draft.public_id}/publish/?days=3").content.decode()
    assert page.count('<option value="3" selected>') == 2


def test_by_day_it_says_that_all_goes_out_at_once(county, draft):
    assert "现在不是休息时间（22:00 到 07:00），马上发出。" in shown(county, draft)


def test_without_quiet_hours_it_says_so(county, draft):
    TellingRules.objects.update_or_create(county=a_county(), defaults={"quiet_from": time(0), "quiet_until": time(0)})
    assert "县里没有设休息时间，马上发出。" in shown(county, draft)


def test_at_night_it_says_how_many_wait_and_until_when(visitor, draft):
    with time_machine.travel(NIGHT, tick=False):
        text = shown(visitor(a_coordinator(a_county())), draft)
        assert "现在是休息时间：其中 4 条 明天 07:00 发出。站内消息 3 条马上就有。" in text


def test_people_without_mail_or_text_are_counted_for_paper(county, draft):
    page = county.get(f"/proposals/{draft.public_id}/publish/").content.decode()
    assert "将发给 4 人：邮件 2 人，短信 1 人，1 人要打印二维码。" in page


def test_a_page_of_letters_is_read_with_a_fixed_number_of_queries(county, monkeypatch):
    monkeypatch.setattr(publish_letters, "_A_PAGE", 3)
    counts = []
    for number in (2, 6):
        url = f"/proposals/{a_draft([a_helper() for _ in range(number)]).public_id}/publish/"
        county.get(url)
        with CaptureQueriesContext(connection) as seen:
            text = county.get(url).content.decode()
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert text.count('class="qs-letter py-1"') == 3
    assert county.get(f"{url}?page=2").content.decode().count('class="qs-letter py-1"') == 3


def test_programs_read_the_same(draft):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator(a_county()))}")
    answer = client.get(f"/api/v1/proposals/{draft.public_id}/publish-preview/").json()
    chinese, english = answer["letters"]
    assert (chinese["kind"], chinese["language"], chinese["people"], chinese["messages"]) == (
        "OFFER_SENT", "zh-hans", 3, {"email": 1, "sms": 1, "inbox": 2},
    )  # fmt: skip
    assert english["example"]["subject"] == "Will you be a child's supervising teacher?"
    assert (english["waits_until"], english["is_own"]) == (None, False)
    assert answer["deadline"].startswith("2026-11-30")
