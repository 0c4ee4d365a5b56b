"""The board of offers: a link to hand over is one step away, and is written down."""

from __future__ import annotations

import re

import pytest

from backend.audit.models import AuditEntry
from notifications.models import OfferLink
from tests.factories.matching import an_offer
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper


def row_of(text, offer):
    return next(row for row in text.split("<tr") if offer.public_id in row)


def test_a_row_of_the_board_gives_a_link_by_post_and_says_so_in_the_audit(visitor):
    offer = an_offer()
    coordinator = a_coordinator(a_county())
    client = visitor(coordinator)
    row = row_of(client.get("/offers/").content.decode(), offer)
    assert re.search(rf'<form[^>]*method="post" action="/offers/{offer.public_id}/link/"', row)
    assert "复制链接" in row
    assert not OfferLink.objects.exists()  # looking makes nothing

    page = client.post(f"/offers/{offer.public_id}/link/", {"way": "COPY"})

    assert re.search(r'value="http\S+/o/[^"]+/"', page.content.decode())
    assert AuditEntry.objects.filter(verb="offer.link_made", actor_id=coordinator.public_id).count() == 1


def test_a_row_of_somebody_without_an_address_offers_the_code_to_print(visitor):
    offer = an_offer(helper=a_helper(email=""))
    row = row_of(visitor(a_coordinator(a_county())).get("/offers/").content.decode(), offer)
    assert 'value="PRINT"' in row
    assert "打印二维码" in row


@pytest.mark.parametrize("state", ["ACCEPTED", "DECLINED", "LAPSED", "WITHDRAWN"])
def test_a_settled_offer_gives_no_link(visitor, state):
    offer = an_offer(state=state, decline_reason="FAR" if state == "DECLINED" else "")
    row = row_of(visitor(a_coordinator(a_county())).get("/offers/").content.decode(), offer)
    assert "/link/" not in row


@pytest.mark.parametrize(("address", "is_warned"), [("http://127.0.0.1:8000", True), ("https://q.example", False)])
def test_a_link_that_no_phone_can_open_says_so(visitor, settings, address, is_warned):
    settings.PUBLIC_URL = address
    page = visitor(a_coordinator(a_county())).post(f"/offers/{an_offer().public_id}/link/", {"way": "COPY"})
    assert ("只在运行牵手的这台机器上" in page.content.decode()) == is_warned


def test_a_teacher_who_is_asked_for_two_classmates_is_found_by_name(visitor):
    teacher = a_helper("周老师")
    offer = an_offer(child=a_child("钱学习"), leader=teacher)
    other = an_offer(child=a_child("孙同学"))
    text = visitor(a_coordinator(a_county())).get("/offers/?q=周老师").content.decode()
    assert offer.public_id in text
    assert other.public_id not in text
