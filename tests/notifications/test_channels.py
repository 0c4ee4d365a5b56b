"""Texts, group robots and the inbox: each with its own address, text, lease and trouble."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import time_machine

from backend.kernel.errors import DomainError
from backend.roster.access import reader_for
from matching.models import Offer
from notifications import tasks
from notifications.channels import robot
from notifications.channels.robot import robot_of
from notifications.contacts import choose_contact, send_again
from notifications.contacts import test_channels as try_channels
from notifications.handlers import tell_of_offers
from notifications.kinds import Text, all_kinds
from notifications.models import Contact, Message, OfferLink
from notifications.selectors import inbox_of, messages_visible_to, undelivered, unread_count
from notifications.sending import claim_due_message, send_message
from tests.factories.matching import an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper


def a_reader(user):
    return reader_for(user, NOW)


pytestmark = pytest.mark.django_db
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


def ask(offer):
    tell_of_offers(Offer.objects.filter(pk=offer.pk), now=NOW)


def send_all(channel, now=NOW):
    while (message := claim_due_message(now=now, channel=channel)) is not None:
        send_message(message, now=now)


def choose(user, **chosen):
    usual = {"by_mail": True, "by_sms": False, "language": "zh-hans", "robot": None}
    contact = choose_contact(user=user, now=NOW, **usual | chosen)
    user.refresh_from_db()
    return contact


@pytest.mark.parametrize(
    ("pasted", "url"),
    [
        (WECOM, "wecombot://693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa/"),
        (f"  {WECOM}&debug=1 ", "wecombot://693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa/"),
        ("https://oapi.dingtalk.com/robot/send?access_token=abc12345", "dingtalk://abc12345/"),
        (
            "https://oapi.dingtalk.com/robot/send?access_token=abc12345&secret=SEC123456",
            "dingtalk://SEC123456@abc12345/",
        ),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/11aa22bb-33cc", "feishu://11aa22bb-33cc/"),
        ("wecombot://693a91f6-7xxx/?verify=no&cto=99", "wecombot://693a91f6-7xxx/"),
        ("dingtalk://SEC123456@abc12345/13800000000", "dingtalk://SEC123456@abc12345/"),
        ("feishu://11aa22bb33", "feishu://11aa22bb33/"),
    ],
)
def test_of_a_pasted_address_only_the_key_is_kept(pasted, url):
    assert robot_of(pasted).url == url


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=693a91f6-7xxx",
        "https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=693a91f6-7xxx",
        "https://user@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx",
        "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=693a91f6-7xxx",
        "https://qyapi.weixin.qq.com/cgi-bin/other?key=693a91f6-7xxx",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6&key=11112222",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=../../x",
        "https://open.feishu.cn/open-apis/bot/v2/hook/a/b/c/d/e/f",
        "json://127.0.0.1:8000/",
        "file:///etc/passwd",
        "mailto://user:pass@example.org",
        "wecombot://a@693a91f6-7xxx",
        "https://[",
        "https://oapi.dingtalk.com/robot/send?access_token=abc-12345",
        "https://oapi.dingtalk.com/robot/send?access_token=abc12345&secret=SEC_12345",
        "wecombot://" + "a" * 600,
        "feishu://11aa22bb\n33",
    ],
)
def test_no_other_address_is_taken(pasted):
    with pytest.raises(DomainError) as refused:
        robot_of(pasted)
    assert refused.value.code == "robot.address_unknown"


@pytest.mark.parametrize(
    "pasted",
    [WECOM, "https://oapi.dingtalk.com/robot/send?access_token=abc12345&secret=SEC123456", "feishu://11aa22bb"],
)
def test_a_group_hears_a_short_text_without_link_and_child(group, pasted):
    helper = a_helper()
    choose(helper.user, robot=pasted)
    ask(an_offer(a_child("冉欣怡"), helper))
    send_all("robot")

    (said,) = group.said
    assert "/o/" not in said
    assert "冉" not in said
    assert said.startswith("请您做一名孩子的监管教师，11月30日")
    assert Message.objects.get(channel="robot").state == "SENT"
    assert not OfferLink.objects.exists()


def test_a_robots_key_stands_in_no_column_and_no_log(group, caplog, db):
    helper = a_helper()
    choose(helper.user, robot=WECOM)
    group.behave = 500
    ask(an_offer(helper=helper))
    with caplog.at_level("DEBUG"):
        send_all("robot")

    stored = Contact.objects.extra(select={"raw": "robot_url"}).values_list("raw", flat=True).get()
    assert "693a91f6" not in stored
    assert "693a91f6" not in caplog.text
    assert Message.objects.get(channel="robot").problem == "robot did not take it"


def test_one_message_per_channel_and_fact(texts):
    helper = a_helper(phone="13800001234")
    choose(helper.user, by_sms=True, robot=WECOM)
    offer = an_offer(helper=helper)
    ask(offer)
    ask(offer)

    assert sorted(Message.objects.values_list("channel", flat=True)) == ["email", "inbox", "robot", "sms"]
    assert Message.objects.values("fact").distinct().count() == 1


def test_whoever_has_no_mail_address_gets_a_short_text_with_a_personal_link(texts):
    helper = a_helper(email="", phone="13800001234")
    ask(an_offer(a_child("冉欣怡"), helper))
    send_all("sms")

    text = texts.next()["body"]
    assert text["phone"] == "13800001234"
    assert "冉" not in text["text"]
    assert "/o/" in text["text"]
    assert len(text["text"]) < 140


def test_a_gateway_in_trouble_is_tried_again_and_a_refused_number_is_not(texts):
    helper = a_helper(email="", phone="13800001234")
    ask(an_offer(helper=helper))
    texts.behave = 503
    send_all("sms")
    assert Message.objects.get(channel="sms").state == "WAITING"

    texts.behave = 400
    send_all("sms", NOW + timedelta(minutes=1))

    assert Message.objects.get(channel="sms").state == "RETURNED"


@pytest.mark.parametrize("trouble", [500, "hang", 302])
def test_a_robot_in_trouble_slows_nothing_else_down(group, mailbox, texts, monkeypatch, trouble):
    """Ten messages to a robot that answers 500 or nothing: mail and texts are out before it is even tried twice."""
    monkeypatch.setattr(robot, "SECONDS_A_TRY", 0.3)
    group.behave = trouble
    helper = a_helper(phone="13800001234")
    choose(helper.user, by_sms=True, robot=WECOM)
    for _each in range(10):
        tell_of_offers(Offer.objects.filter(pk=an_offer(helper=helper, is_held=False).pk), now=NOW)
    began = time.monotonic()
    send_all("robot")
    at_robot = time.monotonic() - began
    send_all("email")
    send_all("sms")

    assert at_robot < 2
    assert len(group.heard) == 1
    assert len(mailbox.mails) == 10
    assert texts.taken.qsize() == 10
    assert set(Message.objects.filter(channel="robot").values_list("state", flat=True)) == {"WAITING"}

    group.behave = 200
    group.free.set()
    send_all("robot", NOW + timedelta(minutes=2))
    assert set(Message.objects.filter(channel="robot").values_list("state", flat=True)) == {"SENT"}


def test_texts_and_robots_never_share_a_worker_with_mail():
    from backend.jobs.models import Job

    helper = a_helper()
    choose(helper.user, robot=WECOM)
    ask(an_offer(helper=helper))

    queues = dict(Job.objects.values_list("task", "queue"))
    assert queues["notifications.tasks.send_due"] == "mail"
    assert queues["notifications.tasks.send_to_robots"] == "chat"


def test_a_silent_make_of_robot_is_left_alone_for_the_rest_of_a_job(group, monkeypatch):
    monkeypatch.setattr(robot, "SECONDS_A_TRY", 0.2)
    group.behave = "hang"
    for _each in range(4):
        helper = a_helper()
        choose(helper.user, robot=WECOM)
        ask(an_offer(helper=helper))
    with time_machine.travel(NOW):
        tasks.send_to_robots(job=None)

    assert len(group.heard) == 1
    assert set(Message.objects.filter(channel="robot").values_list("state", flat=True)) == {"WAITING"}


def test_a_lost_message_reaches_a_coordinator_and_is_sent_again(mailbox):
    user = a_coordinator(a_county())
    elsewhere = a_coordinator(a_county("529902", "云河县"))
    helper = a_helper()
    mailbox.refused.add(helper.email)
    for _each in range(3):
        ask(an_offer(helper=helper, is_held=False))
    send_all("email")

    reader = a_reader(user)
    assert [one.kind for one in inbox_of(reader)] == ["MESSAGES_LOST"]
    assert unread_count(a_reader(elsewhere)) == 0
    assert undelivered(messages_visible_to(reader)).count() == 3

    mailbox.refused.clear()
    for one in Message.objects.filter(state="RETURNED"):
        send_again(message=one, actor=user, now=NOW)
        with pytest.raises(DomainError):
            send_again(message=one, actor=user, now=NOW)
    send_all("email")
    assert len(mailbox.mails) == 3


def test_what_came_another_way_is_not_lost(mailbox, texts):
    helper = a_helper(phone="13800001234")
    choose(helper.user, by_sms=True)
    mailbox.refused.add(helper.email)
    ask(an_offer(helper=helper))
    send_all("email")
    send_all("sms")

    assert Message.objects.filter(state="RETURNED").count() == 1
    assert not undelivered(Message.objects.all()).exists()


def test_a_test_goes_over_every_way_that_is_on_once_a_minute(mailbox, texts, group):
    helper = a_helper(phone="13800001234")
    choose(helper.user, by_sms=True, robot=WECOM)

    assert try_channels(user=helper.user, now=NOW) == 3
    with pytest.raises(DomainError):
        try_channels(user=helper.user, now=NOW + timedelta(seconds=30))
    for channel in ("email", "sms", "robot"):
        send_all(channel)

    assert (len(mailbox.mails), texts.taken.qsize(), len(group.heard)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"by_sms": True}, "contact.no_mobile"),
        ({"by_mail": False}, "contact.no_way_left"),
        ({"robot": "json://127.0.0.1/"}, "robot.address_unknown"),
    ],
)
def test_a_choice_that_reaches_nobody_is_refused(chosen, code):
    with pytest.raises(DomainError) as refused:
        choose(a_helper(phone="").user, **chosen)
    assert refused.value.code == code
    assert not Contact.objects.exists()


def test_every_kind_has_texts_of_its_own_placeholders_and_a_short_one_without_a_child():
    for kind in all_kinds():
        assert kind.zh.placeholders() == kind.en.placeholders()
        for text in (kind.zh, kind.en):
            assert text.subject
            assert not {"child", "buddy", "helper"} & Text("", "", text.short).placeholders()
            assert not {"child", "buddy"} & Text(text.subject, "", "").placeholders()


def test_a_kind_that_cannot_be_put_together_keeps_no_other_waiting(mailbox, caplog):
    ask(an_offer())
    ask(an_offer())
    first = Message.objects.filter(channel="email").earliest("pk")
    Message.objects.filter(pk=first.pk).update(kind="NO_SUCH_KIND")
    send_all("email")

    first.refresh_from_db()
    assert (len(mailbox.mails), first.state, first.problem) == (1, "WAITING", "could not be put together")


def test_the_page_of_choices_and_the_sender_know_the_same_addresses(texts):
    from notifications.contacts import mail_and_mobile, person_of
    from tests.factories.roster import a_guardian, a_user

    user = a_user(email="grandma@example.org")
    a_guardian(a_child(), user=user, phone="13800001234")
    choose(user, by_sms=True)
    for one in (user, a_helper(phone="13800005678").user, a_coordinator(a_county())):
        mail, mobile = mail_and_mobile(one)
        person = person_of(one)
        assert person.addresses.get("email", "") == mail
        assert person.addresses.get("sms", mobile) == mobile
    assert mail_and_mobile(user) == ("grandma@example.org", "13800001234")
