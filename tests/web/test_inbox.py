"""The inbox and the choice of channels: one's own only, read by POST, a robot's address never shown again."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from matching.models import Offer
from notifications.handlers import tell_of_offers
from notifications.models import Contact, Message
from tests.factories.matching import an_offer
from tests.factories.readers import a_neighbourhood
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper

WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


def an_asked_helper(**columns):
    helper = a_helper(**columns)
    offer = an_offer(a_child("冉欣怡"), helper)
    tell_of_offers(Offer.objects.filter(pk=offer.pk), now=NOW)
    return helper, offer, Message.objects.get(channel="inbox", helper=helper)


def test_looking_marks_nothing_and_saying_so_marks_the_offer_seen(visitor):
    helper, offer, message = an_asked_helper()
    client = visitor(helper.user)
    url = f"/inbox/{message.public_id}/"
    text = client.get(url).content.decode()
    offer.refresh_from_db()
    assert "冉同学" in text
    assert "冉欣怡" not in text
    assert f"/my/offers/{offer.public_id}/" in text
    assert "/o/" not in text
    assert offer.seen_at is None
    assert "1 条没看过" in client.get("/inbox/").content.decode()

    assert client.post(f"{url}read/").status_code == 204

    offer.refresh_from_db()
    assert offer.seen_at == NOW
    assert "都看过了" in client.get("/inbox/").content.decode()


def test_marking_everything_as_read_says_nothing_about_offers(visitor):
    helper, offer, message = an_asked_helper()
    visitor(helper.user).post("/inbox/read/")
    message.refresh_from_db()
    offer.refresh_from_db()
    assert (message.read_at, offer.seen_at) == (NOW, None)


def test_somebody_elses_message_is_not_there(visitor):
    _helper, _offer, message = an_asked_helper()
    for user in (a_helper().user, a_coordinator(a_county())):
        client = visitor(user)
        assert client.get(f"/inbox/{message.public_id}/").status_code == 404
        assert client.post(f"/inbox/{message.public_id}/read/").status_code == 404
        client.post("/inbox/read/")
    message.refresh_from_db()
    assert message.read_at is None


def test_a_message_about_something_over_says_so(visitor):
    helper, offer, message = an_asked_helper()
    Offer.objects.filter(pk=offer.pk).update(state="WITHDRAWN")
    assert "这件事已经过去了" in visitor(helper.user).get(f"/inbox/{message.public_id}/").content.decode()


@pytest.mark.parametrize("role", [Role.TEACHER, Role.GUARDIAN, Role.VILLAGE_DIRECTOR, Role.COUNTY_COORDINATOR])
def test_the_choice_of_channels_opens_for_whoever_is_told(visitor, role):
    client = visitor(a_neighbourhood().users[role])
    for url in ("/inbox/", "/my/contact/"):
        assert client.get(url).status_code == 200


def test_a_robots_address_goes_in_and_never_comes_out(visitor):
    user = a_helper().user
    client = visitor(user)
    saved = client.post("/my/contact/", {"by_mail": "on", "robot": WECOM, "language": "zh-hans"})
    assert saved.status_code == 302
    text = client.get("/my/contact/").content.decode()
    assert "现在发到企业微信群" in text
    assert "693a91f6" not in text

    client.post("/my/contact/", {"by_mail": "on", "language": "en"})
    contact = Contact.objects.get(user=user)
    assert (contact.robot_kind, contact.language) == ("WECOM", "en")
    client.post("/my/contact/", {"by_mail": "on", "no_robot": "on", "language": "en"})
    contact.refresh_from_db()
    assert (contact.robot_kind, contact.robot_url) == ("", "")


def test_a_wrong_address_is_refused_in_place(visitor):
    client = visitor(a_helper().user)
    text = client.post("/my/contact/", {"by_mail": "on", "robot": "http://evil.example", "language": "zh-hans"})
    assert "这不是企业微信、钉钉或飞书群机器人的地址" in text.content.decode()


def test_the_test_button_says_over_how_many_ways(visitor):
    client = visitor(a_helper().user)
    assert "发出 1 条测试" in client.post("/my/contact/test/", follow=True).content.decode()
    assert "不到一分钟前刚发过" in client.post("/my/contact/test/", follow=True).content.decode()


def test_the_rail_and_the_tabs_count_what_was_not_read(visitor):
    helper, _offer, _message = an_asked_helper()
    assert '<span class="n">1</span>' in visitor(helper.user).get("/week/").content.decode()


def test_a_lost_message_is_sent_again_by_who_may_see_it(visitor):
    helper, _offer, _message = an_asked_helper()
    lost = Message.objects.get(channel="email", helper=helper)
    Message.objects.filter(pk=lost.pk).update(state="DEAD", attempts=9)
    elsewhere = visitor(a_coordinator(a_county("529902", "云河县")))
    assert elsewhere.post(f"/messages/{lost.public_id}/again/").status_code == 404
    client = visitor(a_coordinator(a_county()))
    assert "1 个人没有收到消息" in client.get("/today/").content.decode()
    assert "又发了一次" in client.post(f"/messages/{lost.public_id}/again/", follow=True).content.decode()
    lost.refresh_from_db()
    assert (lost.state, lost.attempts) == ("WAITING", 0)


def test_the_api_keeps_choices_and_reads_the_inbox(visitor):
    helper, _offer, message = an_asked_helper()
    client = visitor(helper.user)
    row = client.post(
        "/api/v1/contact/choose/", {"by_mail": True, "by_sms": False, "robot": WECOM}, content_type="application/json"
    )
    assert row.json() == {
        "by_mail": True, "by_sms": False, "robot_kind": "WECOM", "wants_digest": True, "language": "zh-hans",
        "mail": helper.email, "mobile": "",
    }  # fmt: skip
    (letter,) = client.get("/api/v1/inbox/").json()["results"]
    assert (letter["id"], letter["read_at"]) == (message.public_id, None)
    assert client.post(f"/api/v1/inbox/{message.public_id}/read/").json()["read_at"] is not None
    assert client.post("/api/v1/contact/test/").json() == {"sent_over": 2}
    assert client.post("/api/v1/contact/test/").status_code == 429


def test_a_closed_account_has_no_inbox_row():
    helper = a_helper()
    type(helper.user).objects.filter(pk=helper.user.pk).update(is_active=False)
    offer = an_offer(helper=helper)
    tell_of_offers(Offer.objects.filter(pk=offer.pk), now=NOW)
    assert not Message.objects.filter(channel="inbox").exists()


def test_over_the_api_what_is_not_said_stays_as_it_is(client):
    from tests.factories.roster import a_token

    helper = a_helper()
    Contact.objects.create(user=helper.user, language="en", wants_digest=False, changed_at=NOW)
    answer = client.post(
        "/api/v1/contact/choose/",
        {"by_mail": True, "by_sms": False},
        content_type="application/json",
        headers={"Authorization": f"Token {a_token(helper.user)}", "Idempotency-Key": "k1"},
    )
    assert (answer.status_code, answer.json()["language"], answer.json()["wants_digest"]) == (200, "en", False)
