"""What waits for a coordinator, the most harmful first."""

from __future__ import annotations

from notifications.models import Message
from tests.factories.matching import a_pairing, a_proposal, a_scheme, a_slot, an_offer
from tests.factories.roster import NOW, a_child, a_clearance, a_coordinator, a_county, a_helper, timedelta


def titles(client):
    text = client.get("/today/").content.decode()
    return [part.partition("</div>")[0].partition("<span")[0] for part in text.split('<div class="t">')[1:]]


def test_nothing_due_says_so(visitor):
    a_scheme()
    text = visitor(a_coordinator(a_county())).get("/today/").content.decode()
    assert "今天没有等您的事" in text


def test_things_are_ordered_by_harm(visitor):
    scheme = a_scheme()
    proposal = a_proposal(scheme)
    child = a_child()
    proposal.pairs.create(slot=a_slot(child, scheme=scheme), child=child, helper=None)
    offer = an_offer(expires_at=NOW + timedelta(hours=20), proposal=proposal)
    Message.objects.create(
        key="x",
        kind="OFFER_SENT",
        helper=offer.helper,
        offer=offer,
        state="RETURNED",
        created_at=NOW,
        due_at=NOW,
        dead_at=NOW,
    )
    a_clearance(a_helper(is_cleared=False), confirmed_at=None, confirmed_by=None)

    assert titles(visitor(a_coordinator(a_county()))) == [
        "二对一：1 名四级儿童缺人手",
        "1 个邀请 48 小时内截止，还没答复",
        "二对一第 1 稿算好了，还没发布",
        "1 份背景核查等第二个人确认",
        "1 个人没有收到消息",
    ]


def test_coverage_counts_each_child_once(visitor):
    a_scheme()
    a_child()
    an_offer()
    text = visitor(a_coordinator(a_county())).get("/today/").content.decode()
    assert "/ 2 名" in text
    assert "0 名等答复，2 名没配齐" in text
    assert "已有一个人" not in text  # nobody has: said only of somebody


def test_a_draft_of_which_only_a_part_went_out_says_what_is_left(visitor):
    scheme = a_scheme()
    proposal = a_proposal(scheme, published_at=NOW)
    sent, waits, stands = (a_slot(a_child(), scheme=scheme) for _ in range(3))
    for slot in (sent, waits, stands):
        proposal.pairs.create(slot=slot, child=slot.child, helper=a_helper())
    an_offer(sent.child, proposal=proposal)
    client = visitor(a_coordinator(a_county()))
    assert "二对一第 1 稿还有 2 个名额没发" in titles(client)

    a_pairing(stands.child)

    assert "二对一第 1 稿还有 1 个名额没发" in titles(client)
    assert f"/proposals/{proposal.public_id}/publish/" in client.get("/today/").content.decode()
