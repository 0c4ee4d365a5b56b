"""Preview and publication of a draft, and what coordinators do with the offers."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.roster.models import Clearance
from backend.web.coordinator import publish
from backend.web.shared import counted
from matching.models import Offer, Pairing
from tests.factories.matching import a_proposal, a_scheme, a_slot, an_offer
from tests.factories.roster import (
    a_child,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_school,
    a_token,
    a_township,
    a_village,
)


@pytest.fixture
def draft():
    scheme = a_scheme()
    proposal = a_proposal(scheme)
    for email in ("a@example.org", ""):
        child = a_child()
        proposal.pairs.create(
            slot=a_slot(child, scheme=scheme),
            child=child,
            helper=a_helper(email=email, has_account=bool(email)),
            fit=500,
        )
    return proposal


def test_looking_at_the_preview_sends_nothing(visitor, draft):
    text = visitor(a_coordinator(a_county())).get(f"/proposals/{draft.public_id}/publish/").content.decode()
    assert "将发给 2 人：邮件 1 人，1 人没有邮箱" in text
    assert "发给 2 人" in text
    assert not Offer.objects.exists()


def test_the_preview_counts_people_and_offers_apart(visitor, draft):
    first, second = draft.pairs.order_by("pk")
    draft.pairs.filter(pk=second.pk).update(helper=first.helper)
    text = visitor(a_coordinator(a_county())).get(f"/proposals/{draft.public_id}/publish/").content.decode()
    assert "1 人，共 2 个邀请" in text
    assert "发给 1 人" in text


def test_pairs_that_cannot_go_out_and_are_not_listed_are_counted(visitor, draft, monkeypatch):
    monkeypatch.setattr(publish, "_SHOWN_BROKEN", 1)
    Clearance.objects.update(result="FOUND")
    text = visitor(a_coordinator(a_county())).get(f"/proposals/{draft.public_id}/publish/").content.decode()
    assert "2 对现在不能发" in text
    assert "还有 1 对没有列在这里" in text


def test_publishing_asks_everybody_once(visitor, draft):
    client = visitor(a_coordinator(a_county()))
    url = f"/proposals/{draft.public_id}/publish/"
    answer = client.post(url, {"days": 5, "seen": 2})
    assert answer.status_code == 302
    assert Offer.objects.filter(state="SENT").count() == 2
    again = client.post(url, {"days": 5, "seen": 0})
    assert again.status_code == 200
    assert Offer.objects.count() == 2


def test_a_number_that_changed_since_the_preview_is_shown_again(visitor, draft):
    client = visitor(a_coordinator(a_county()))
    answer = client.post(f"/proposals/{draft.public_id}/publish/", {"days": 5, "seen": 3})
    assert "人数刚才变成了 2" in answer.content.decode()
    assert not Offer.objects.exists()


def test_many_people_need_the_number_typed(visitor, draft, monkeypatch):
    monkeypatch.setattr(counted, "TYPE_THE_NUMBER_ABOVE", 1)
    client = visitor(a_coordinator(a_county()))
    url = f"/proposals/{draft.public_id}/publish/"
    client.post(url, {"days": 5, "seen": 2, "number": 3})
    assert not Offer.objects.exists()
    client.post(url, {"days": 5, "seen": 2, "number": 2})
    assert Offer.objects.count() == 2


def test_a_township_publishes_when_the_county_lets_it(visitor, draft):
    town = visitor(a_member(Role.TOWNSHIP_COORDINATOR, area=a_township()))
    url = f"/proposals/{draft.public_id}/publish/"
    assert "县里还没有让乡镇和学校自己发布" in town.get(url).content.decode()
    town.post(url, {"days": 5, "seen": 2})
    assert not Offer.objects.exists()

    visitor(a_coordinator(a_county())).post("/county/", {"is_on": "on"})

    town.post(url, {"days": 5, "seen": 2})
    assert Offer.objects.count() == 2


def test_a_coordinator_accepts_on_behalf_with_a_note(visitor):
    offer = an_offer()
    client = visitor(a_coordinator(a_county()))
    client.post(f"/offers/{offer.public_id}/accept/", {"note": ""})
    assert not Pairing.objects.exists()
    client.post(f"/offers/{offer.public_id}/accept/", {"note": "电话里答应的"})
    assert Pairing.objects.filter(offer=offer).count() == 1


def test_withdrawing_takes_a_reason(visitor):
    offer = an_offer()
    client = visitor(a_coordinator(a_county()))
    client.post(f"/offers/{offer.public_id}/withdraw/", {"reason": ""})
    assert Offer.objects.get(pk=offer.pk).state == "SENT"
    client.post(f"/offers/{offer.public_id}/withdraw/", {"reason": "孩子转学"})
    assert Offer.objects.get(pk=offer.pk).state == "WITHDRAWN"


def test_a_printed_link_is_shown_once_with_a_code_to_scan(visitor):
    offer = an_offer()
    page = visitor(a_coordinator(a_county())).post(f"/offers/{offer.public_id}/link/", {"way": "PRINT"})
    text = page.content.decode()
    assert "/o/" in text
    assert "<svg" in text
    assert page["Cache-Control"] == "no-store"
    assert offer.links.count() == 1


def test_the_board_lists_what_has_to_be_acted_on_first(visitor):
    accepted, waiting, declined = an_offer(), an_offer(), an_offer()
    Offer.objects.filter(pk=accepted.pk).update(state="ACCEPTED", answered_at=accepted.sent_at)
    Offer.objects.filter(pk=declined.pk).update(
        state="DECLINED", answered_at=declined.sent_at, decline_reason="TOO_FAR"
    )
    text = visitor(a_coordinator(a_county())).get("/offers/").content.decode()
    places = [text.index(offer.public_id) for offer in (declined, waiting, accepted)]
    assert places == sorted(places)


def test_a_school_goes_first_and_the_rest_stays_in_the_draft(visitor, draft):
    far = a_school(name="桑木小学")
    child = a_child(school=far)
    pair = draft.pairs.create(slot=a_slot(child, scheme=draft.scheme), child=child, helper=a_helper(unit=far), fit=500)
    client = visitor(a_coordinator(a_county()))
    url = f"/proposals/{draft.public_id}/publish/?part={far.public_id}"
    text = client.get(url).content.decode()
    assert "发给 1 人" in text
    assert "其余的留在稿子里" in text

    client.post(url, {"days": 5, "seen": 1})

    draft.refresh_from_db()
    assert list(Offer.objects.values_list("slot", flat=True)) == [pair.slot_id]
    assert draft.state == "OPEN"
    assert "桑木小学（都发过了）" in client.get(url).content.decode()
    client.post(f"/proposals/{draft.public_id}/publish/", {"days": 5, "seen": 2})
    draft.refresh_from_db()
    assert (Offer.objects.count(), draft.state) == (3, "PUBLISHED")


def test_a_draft_that_went_out_in_part_says_how_much_of_it(visitor, draft):
    far = a_school(name="桑木小学")
    child = a_child(school=far)
    draft.pairs.create(slot=a_slot(child, scheme=draft.scheme), child=child, helper=a_helper(unit=far), fit=500)
    client = visitor(a_coordinator(a_county()))
    pages = ["/proposals/", f"/proposals/{draft.public_id}/"]
    assert ["未发布" in client.get(page).content.decode() for page in pages] == [True, True]

    client.post(f"/proposals/{draft.public_id}/publish/?part={far.public_id}", {"days": 5, "seen": 1})

    assert ["部分已发（1）" in client.get(page).content.decode() for page in pages] == [True, True]
    elsewhere = a_township(number=108, name="别的镇")
    stranger = visitor(a_member(Role.TOWNSHIP_COORDINATOR, area=elsewhere))
    assert "部分已发" not in stranger.get("/proposals/").content.decode()
    client.post(f"/proposals/{draft.public_id}/publish/", {"days": 5, "seen": 2})
    assert ["部分已发" in client.get(page).content.decode() for page in pages] == [False, False]


def test_a_part_that_is_none_of_the_drafts_is_not_there(visitor, draft):
    elsewhere = a_school(a_village(a_township(number=109, name="远乡"), number=209, name="远村"), name="远小学")
    client = visitor(a_coordinator(a_county()))
    assert client.get(f"/proposals/{draft.public_id}/publish/?part={elsewhere.public_id}").status_code == 404


def test_programs_publish_a_township_of_a_draft(draft):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator(a_county()))}")
    url = f"/api/v1/proposals/{draft.public_id}"
    parts = client.get(f"{url}/publish-parts/").json()
    assert [(one["kind"], one["places"]) for one in parts] == [("TOWNSHIP", 2), ("SCHOOL", 2)]
    assert client.get(f"{url}/publish-preview/?part={parts[0]['id']}").json()["offers"] == 2
    assert client.post(f"{url}/publish/", {"part": "zzz"}, format="json").status_code == 404
    answer = client.post(f"{url}/publish/", {"part": parts[0]["id"]}, format="json").json()
    assert (answer["offers"], answer["proposal"]["state"]) == (2, "OPEN")
