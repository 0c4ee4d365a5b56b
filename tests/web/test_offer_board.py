"""The board of offers: a link to hand over is one step away, and is written down."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from backend.audit.models import AuditEntry
from backend.outbox.sweeper import sweep
from backend.web.shared import counted
from matching.models import Offer, Pairing
from notifications.handlers import tell_of_offers
from notifications.inbox import letters_of
from notifications.models import Message, OfferLink
from tests.factories.matching import an_offer
from tests.factories.roster import (
    NOW,
    a_child,
    a_class,
    a_coordinator,
    a_county,
    a_helper,
    a_school,
    a_token,
    a_township,
    a_village,
)

THAT_EVENING = NOW.replace(hour=12)  # 20:00 in Shanghai, where offers end


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


def test_a_script_is_given_the_address_alone_to_copy(visitor):
    offer = an_offer()
    client = visitor(a_coordinator(a_county()))
    assert 'data-copies data-done="已复制"' in row_of(client.get("/offers/").content.decode(), offer)
    answer = client.post(f"/offers/{offer.public_id}/link/", {"way": "COPY"}, headers={"Accept": "application/json"})
    assert re.fullmatch(r"http\S+/o/[^/]+/", answer.json()["url"])
    assert (answer["Cache-Control"], OfferLink.objects.get().way) == ("no-store", "COPY")


def test_two_children_of_one_name_are_told_apart_by_where_they_live_and_learn(visitor):
    school = a_school(name="土城小学")
    one = an_offer(a_child("王小明", school=school, school_class=a_class(school, name="三年级1班")))
    far = a_village(number=209, name="远村")
    other = an_offer(a_child("王小明", village=far, school=school))
    text = visitor(a_coordinator(a_county())).get("/offers/").content.decode()
    assert f"{one.child.village.name}·三年级1班" in row_of(text, one)
    assert "远村" in row_of(text, other)


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


# --- many at once ---------------------------------------------------------------------------------------------------

MANY = "/offers/many/"


@pytest.fixture
def desk(visitor):
    return visitor(a_coordinator(a_county()))


def test_the_board_finds_by_reason_scheme_and_returned_message(desk):
    declined = an_offer(state="DECLINED", decline_reason="TOO_FAR")
    other = an_offer(state="DECLINED", decline_reason="HEALTH")
    returned, waiting = an_offer(), an_offer()
    tell_of_offers(Offer.objects.filter(pk__in=[returned.pk, waiting.pk]), now=NOW)
    Message.objects.filter(offer=returned, channel="email").update(state="RETURNED")
    scheme = returned.slot.rule.scheme.public_id

    def shown(query):
        text = desk.get(f"/offers/?{query}").content.decode()
        return [one for one in (declined, other, returned, waiting) if one.public_id in text]

    assert shown("reason=TOO_FAR") == [declined]
    assert shown("tab=returned") == [returned]
    assert shown(f"scheme={scheme}") == [declined, other, returned, waiting]
    assert shown("scheme=zzz&reason=HEALTH") == [other]


@pytest.mark.parametrize("what", ["remind", "extend", "withdraw"])
def test_a_step_says_whom_it_reaches_and_looking_does_nothing(desk, what):
    an_offer(helper=a_helper("何国平"))
    an_offer(state="ACCEPTED")
    text = desk.get(f"{MANY}{what}/").content.decode()
    assert "何国平" in text
    assert "1 人" in text
    assert (Offer.objects.filter(state="SENT").count(), Message.objects.count()) == (1, 0)
    assert desk.get(f"{MANY}eat/").status_code == 404


def test_reminding_reaches_who_has_not_answered_once_a_day(desk):
    offer = an_offer()
    an_offer(state="DECLINED")
    for _each in range(2):
        assert desk.post(f"{MANY}remind/", {"seen": 1}).status_code == 302
    told = Message.objects.filter(kind="OFFER_REMINDER", channel="email")
    assert [one.offer for one in told] == [offer]
    assert AuditEntry.objects.filter(verb="offer.reminded").count() == 1


def test_more_time_moves_the_deadline_of_those_who_had_less_and_tells_them(desk):
    short, long = an_offer(expires_at=NOW + timedelta(hours=3)), an_offer()
    desk.post(f"{MANY}extend/", {"seen": 2, "days": 3})
    short.refresh_from_db()
    long.refresh_from_db()
    assert (short.expires_at, long.expires_at) == (THAT_EVENING + timedelta(days=3), NOW + timedelta(days=7))
    sweep(now=NOW)
    assert [one.offer for one in Message.objects.filter(kind="OFFER_REMINDER", channel="email")] == [short]


def test_withdrawing_many_takes_back_those_of_the_list_only_and_asks_why(desk):
    mine, other = an_offer(), an_offer(child=a_child(school=a_school(name="桑木小学")))
    url = f"{MANY}withdraw/?school={mine.child.school.public_id}"
    assert desk.post(url, {"seen": 1}).status_code == 200
    assert desk.post(url, {"seen": 1, "reason": "方案要改"}).status_code == 302
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, mine.note, other.state) == ("WITHDRAWN", "方案要改", "SENT")


def test_a_number_that_changed_meanwhile_is_shown_again(desk):
    an_offer()
    page = desk.post(f"{MANY}withdraw/", {"seen": 2, "reason": "方案要改"})
    assert "人数刚才变成了 1" in page.content.decode()
    assert Offer.objects.filter(state="SENT").exists()


def test_many_are_named_by_their_number(desk, monkeypatch):
    monkeypatch.setattr(counted, "TYPE_THE_NUMBER_ABOVE", 1)
    an_offer()
    an_offer()
    assert desk.post(f"{MANY}withdraw/", {"seen": 2, "reason": "方案要改"}).status_code == 200
    assert desk.post(f"{MANY}withdraw/", {"seen": 2, "number": 2, "reason": "方案要改"}).status_code == 302


def test_another_townships_offers_are_out_of_reach(visitor):
    an_offer()
    away = a_coordinator(a_township(number=109, name="远乡"))
    visitor(away).post(f"{MANY}withdraw/", {"seen": 1, "reason": "方案要改"})
    assert Offer.objects.get().state == "SENT"


def test_the_list_leaves_as_a_table_with_its_reason_written_down(desk):
    an_offer(child=a_child("冉欣怡"), helper=a_helper("=何国平"))
    an_offer(child=a_child("孙同学"), state="DECLINED", decline_reason="HEALTH")
    assert desk.post("/offers/export/", {"reason": "短"}).status_code == 200
    answer = desk.post("/offers/export/?tab=sent", {"reason": "交给教育局核对邀请名单"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert (rows[1][0], rows[1][2]) == ("'=何国平", "冉欣怡")
    assert not any("孙同学" in row for row in rows)
    assert AuditEntry.objects.get(verb="offer.exported").reason == "交给教育局核对邀请名单"


def test_too_many_rows_are_filtered_first(desk, monkeypatch):
    monkeypatch.setattr("backend.roster.services.list_export.MOST_ROWS", 0)
    an_offer()
    answer = desk.post("/offers/export/", {"reason": "交给教育局核对邀请名单"})
    assert answer["Content-Type"].startswith("text/html")


def test_accepting_for_somebody_shows_whose_word_it_was_and_tells_the_helper(desk):
    offer = an_offer(helper=a_helper("何国平"))
    desk.post(f"/offers/{offer.public_id}/accept/", {"note": "11 月 23 日电话里说的"})
    pairing = Pairing.objects.get()
    who = Offer.objects.get().answered_by.display_name
    text = desk.get(f"/pairings/{pairing.public_id}/").content.decode()
    assert f"{who} 代为接受" in text
    assert "11 月 23 日电话里说的" in text
    sweep(now=NOW)
    message = Message.objects.get(kind="OFFER_ACCEPTED_FOR", channel="inbox")
    (letter,) = letters_of([message], language="zh-hans", now=NOW)
    assert who in letter.subject
    assert not Message.objects.filter(kind="OFFER_ACCEPTED").exists()


def test_programs_remind_extend_and_withdraw_what_they_may_see():
    offer, away = an_offer(), an_offer(child=a_child(village=a_village(a_township(a_county("529902", "云河县")))))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator(a_county()))}")
    ids = {"ids": [offer.public_id, away.public_id]}

    def post(act, **more):
        return client.post(f"/api/v1/offers/{act}/", ids | more, format="json")

    assert post("remind").json() == {"done": 1}
    assert post("extend", days=6).status_code == 409
    assert [row["id"] for row in client.get("/api/v1/offers/?is_returned=true").json()["results"]] == []
    assert post("withdraw-many", reason="方案要改").json() == {"done": 1}
    assert dict(Offer.objects.values_list("pk", "state")) == {offer.pk: "WITHDRAWN", away.pk: "SENT"}


def test_one_offer_is_reminded_or_extended_from_its_own_page(desk):
    offer, other = an_offer(expires_at=NOW + timedelta(hours=3)), an_offer(expires_at=NOW + timedelta(hours=3))
    text = desk.get(f"/offers/{offer.public_id}/").content.decode()
    url = f"{MANY}extend/?only={offer.public_id}"
    assert url in text
    answer = desk.post(url, {"seen": 1, "days": 2})
    assert answer["Location"] == f"/offers/{offer.public_id}/"
    offer.refresh_from_db()
    other.refresh_from_db()
    assert (offer.expires_at, other.expires_at) == (THAT_EVENING + timedelta(days=2), NOW + timedelta(hours=3))
