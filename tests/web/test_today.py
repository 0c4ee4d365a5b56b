"""What waits for a coordinator, the most harmful first."""

from __future__ import annotations

import re

import pytest

from backend.reports.answers import answers_of
from backend.roster.access import reader_for
from backend.web.coordinator.plots import plot_of
from matching.models import HelperLoad, Vacancy
from notifications.models import Message
from tests.factories.matching import a_pairing, a_proposal, a_scheme, a_slot, an_offer
from tests.factories.roster import NOW, a_child, a_clearance, a_coordinator, a_county, a_helper, a_village, timedelta


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


def card(client, title):
    text = client.get("/today/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", text.split(f"<h2>{title}</h2>")[1].split("</section>")[0]).split())


def test_loads_say_how_many_hold_how_many(visitor):
    one, two = a_helper("一个", total_limit=5), a_helper("两个", total_limit=5)
    a_helper("空着")
    for helper in (one, two, two):
        a_pairing(helper=helper)
    said = card(visitor(a_coordinator(a_county())), "帮扶人负担")
    assert said == "3 人 没有孩子 1 1 名 1 2 名 1 3 名以上 0 都在各人的上限以内。"


def test_whoever_is_above_the_own_limit_is_counted(visitor):
    helper = a_helper(total_limit=5)
    a_pairing(helper=helper), a_pairing(helper=helper)
    HelperLoad.objects.filter(helper=helper, scheme=None).update(limit=1)
    assert "1 人超过了自己的上限" in card(visitor(a_coordinator(a_county())), "帮扶人负担")


def test_levels_say_how_many_have_somebody(visitor):
    a_pairing(a_child(level=4))
    a_child(level=4), a_child(level=2), a_child(level=None)
    client = visitor(a_coordinator(a_county()))
    said = card(client, "四级儿童配齐")
    assert said.endswith("四级 1 / 2 二级 0 / 1 未评 0 / 1")
    assert "1 名" in client.get("/children/?level=none").content.decode().split("<table")[0]


@pytest.mark.django_db
def test_answers_leave_out_terms_that_are_over_and_grow_day_by_day():
    reader = reader_for(a_coordinator(a_county()), NOW)
    old = an_offer(state="DECLINED", answered_at=NOW)
    term = old.slot.rule.scheme.term
    term.__class__.objects.filter(pk=term.pk).update(end_date=NOW.date() - timedelta(days=1))
    assert answers_of(reader, NOW.date()).all == 0
    term.__class__.objects.filter(pk=term.pk).update(end_date=NOW.date() + timedelta(days=60))
    a_pairing(now=NOW + timedelta(days=1))
    told = answers_of(reader, (NOW + timedelta(days=2)).date())
    assert (told.all, told.accepted, told.declined, told.percent) == (2, 1, 1, 50)
    assert [(accepted, lost) for _day, accepted, lost in told.days] == [(0, 1), (1, 1), (1, 1)]


def test_a_plot_needs_two_days_and_something_to_show():
    day = NOW.date()
    assert plot_of([]) is None and plot_of([(day, (3, 1))]) is None
    assert plot_of([(day, (0, 0)), (day, (0, 0))]) is None
    assert plot_of([(day, (0, 0)), (day, (4, 2))]).upper == "4.0,82.0 296.0,10.0"


def test_offers_that_end_soon_are_reminded_by_one_click_and_no_others(visitor):
    soon, later = (an_offer(expires_at=NOW + timedelta(hours=hours)) for hours in (20, 90))
    client = visitor(a_coordinator(a_county()))
    text = client.get("/today/").content.decode()
    assert "提醒 1 人…" in text and 'href="/offers/many/remind/?due=soon"' in text
    board = client.get("/offers/?due=soon").content.decode()
    assert soon.public_id in board and later.public_id not in board
    assert "提醒 1 人" in client.get("/offers/many/remind/?due=soon").content.decode()


def test_townships_say_what_waits_there_and_each_number_leads_to_its_list(visitor):
    village = a_village()
    child = a_child(village=village)
    helper = a_helper(village=village, is_cleared=False)
    check = a_clearance(helper)
    a_pairing(child, helper)
    helper.clearances.filter(pk=check.pk).update(expires_date=(NOW + timedelta(days=20)).date())
    an_offer(a_child(village=village), expires_at=NOW + timedelta(hours=20))
    declined = an_offer(a_child(village=village), state="DECLINED", decline_reason="TOO_FAR")
    Vacancy.objects.create(slot=declined.slot, cause="DECLINED", state="NOBODY", freed_at=NOW)
    client, place = visitor(a_coordinator(a_county())), village.parent.public_id
    text = client.get("/today/").content.decode()
    for url in (
        f"/repairs/?township={place}", f"/offers/?due=soon&amp;township={place}",
        f"/clearances/?tab=ending&amp;busy=yes&amp;township={place}",
    ):  # fmt: skip
        assert f'<a href="{url}">1</a>' in text
        page = client.get(url.replace("&amp;", "&")).content.decode()
        assert page.count("<tr data-row>") == 1


def test_a_check_that_has_ended_is_not_said_to_end_soon(visitor):
    helper = a_helper(is_cleared=False)
    a_clearance(helper, expires_date=(NOW + timedelta(days=200)).date())
    a_pairing(helper=helper)
    helper.clearances.update(expires_date=(NOW - timedelta(days=2)).date())
    assert not [title for title in titles(visitor(a_coordinator(a_county()))) if "60 天内到期" in title]


def test_a_message_is_found_by_whom_it_was_for(visitor):
    one, other = an_offer(helper=a_helper("任可")), an_offer(helper=a_helper("周明"))
    for offer in (one, other):
        Message.objects.create(
            key=offer.public_id, kind="OFFER_SENT", helper=offer.helper, offer=offer, created_at=NOW, due_at=NOW
        )
    text = visitor(a_coordinator(a_county())).get("/messages/?q=renke").content.decode()
    assert "任可" in text and "周明" not in text


def test_a_new_county_is_led_to_its_first_matching_and_to_whom_it_leaves_out(visitor):
    scheme = a_scheme()
    a_child(level=4), a_child(level=None)
    client = visitor(a_coordinator(a_county()))
    assert titles(client) == ["二对一：1 名四级儿童还没有匹配过", "1 名孩子还没有评心级"]
    assert f"/runs/new/?scheme={scheme.public_id}" in client.get("/today/").content.decode()
    a_proposal(scheme)
    assert "还没有匹配过" not in client.get("/today/").content.decode()
