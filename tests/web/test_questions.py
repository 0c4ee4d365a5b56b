"""A question before the answer: from the link or signed in, to the desk, and back."""

from __future__ import annotations

import pytest

from backend.outbox.sweeper import sweep
from matching.models import OfferQuestion
from matching.services.offers import accept_offer
from notifications.inbox import letters_of
from notifications.models import Message
from notifications.services import mint_offer_link
from tests.factories.matching import an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper


@pytest.fixture
def offer():
    return an_offer(a_child("冉欣怡"), a_helper("何国平"))


def link_of(offer):
    return mint_offer_link(offer=offer, way="COPY", actor=None, now=NOW).split("/o/")[1].strip("/")


def test_a_question_from_the_link_reaches_the_desk_and_its_answer_the_link(offer, visitor):
    coordinator = a_coordinator(a_county())
    desk, link = visitor(coordinator), f"/o/{link_of(offer)}/"
    assert "先问协调员一句" in visitor().get(link).content.decode()
    assert visitor().get(f"{link}ask/").status_code == 200
    assert not OfferQuestion.objects.exists()

    assert visitor().post(f"{link}ask/", {"text": "一个月要去几次？"}).status_code == 302

    text = desk.get("/today/").content.decode()
    assert "何国平问了一个问题" in text
    assert "一个月要去几次" in text
    question = OfferQuestion.objects.get()
    url = f"/offers/{offer.public_id}/answer/{question.public_id}/"
    assert "请不写孩子的姓名" in desk.post(url, {"text": "冉欣怡家很近"}).content.decode()
    desk.post(url, {"text": "一次就够。"})
    page = visitor().get(link).content.decode()
    assert "一次就够。" in page
    assert "冉欣怡" not in page
    assert "问了一个问题" not in desk.get("/today/").content.decode()
    offer.refresh_from_db()
    assert offer.state == "SENT"

    sweep(now=NOW)
    told = Message.objects.filter(channel="inbox", kind__startswith="OFFER_A").order_by("pk")
    assert [(one.kind, one.account) for one in told if one.account in (coordinator, offer.helper.user)] == [
        ("OFFER_ASKED", coordinator), ("OFFER_ANSWERED", offer.helper.user),
    ]  # fmt: skip
    for letter in letters_of(list(told), language="en", now=NOW):
        assert "几次" not in letter.body + letter.subject


def test_one_question_waits_at_a_time_and_none_after_the_answer(offer, visitor):
    link = f"/o/{link_of(offer)}/ask/"
    visitor().post(link, {"text": "远吗？"})
    assert "已经交给协调员" in visitor().post(link, {"text": "远吗？"}).content.decode()
    accept_offer(offer=offer, actor=None, now=NOW)
    assert visitor().post(link, {"text": "远吗？"}).status_code == 302
    assert OfferQuestion.objects.count() == 1


def test_whoever_is_signed_in_asks_too_and_nobody_else(offer, visitor):
    url = f"/my/offers/{offer.public_id}/ask/"
    assert visitor(a_helper().user).post(url, {"text": "远吗？"}).status_code == 404
    assert visitor(offer.helper.user).post(url, {"text": "远吗？"}).status_code == 302
    assert "远吗？" in visitor(offer.helper.user).get(f"/my/offers/{offer.public_id}/").content.decode()


def test_english_readers_find_the_page_in_english(offer, visitor):
    page = visitor().get(f"/o/{link_of(offer)}/ask/?lang=en").content.decode()
    assert "Ask the coordinator" in page
    assert "问协调员" not in page
