"""意愿和回避: found by search, written down, taken back; nobody else's children."""

from __future__ import annotations

import pytest

from backend.roster.models import Exclusion, PairWish
from tests.factories.matching import a_pairing
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper

pytestmark = pytest.mark.django_db


@pytest.fixture
def child():
    return a_child("唐有愿")


@pytest.fixture
def desk(visitor):
    return visitor(a_coordinator(a_county()))


def test_a_wish_is_written_down_and_taken_back(desk, child):
    helper = a_helper("罗被请")
    url = f"/children/{child.public_id}/wishes/"
    assert "罗被请" not in desk.get(url).content.decode()
    assert "罗被请" in desk.get(f"{url}?q=罗被请").content.decode()

    desk.post(f"{url}?q=罗被请", {"helper": helper.public_id, "said": "GUARDIAN"})

    assert "监护人希望由罗被请来帮" in desk.get(f"/children/{child.public_id}/").content.decode()
    desk.post(f"{url}{PairWish.objects.get().public_id}/withdraw/")
    assert not PairWish.objects.exists()


def test_a_pair_not_to_be_is_written_down_and_lifted(desk, child):
    helper = a_helper("罗亲戚")
    url = f"/children/{child.public_id}/wishes/"
    desk.post(f"{url}?q=罗亲戚", {"helper": helper.public_id, "said": "KIN"})
    row = Exclusion.objects.get()

    refused = desk.post(f"{url}?q=罗亲戚", {"helper": helper.public_id, "said": "CHILD"})

    assert "这两个人登记为不可结对" in refused.content.decode()
    desk.post(f"/children/{child.public_id}/exclusions/{row.public_id}/lift/")
    assert not Exclusion.objects.exists()


def test_that_a_pairing_still_stands_is_said(desk, child):
    pairing = a_pairing(child, a_helper("罗亲戚"))
    url = f"/children/{child.public_id}/wishes/?q=罗亲戚"
    text = desk.post(url, {"helper": pairing.helper.public_id, "said": "KIN"}, follow=True).content.decode()
    assert "两人现在还在结对" in text


def test_another_countys_coordinator_finds_no_such_page(visitor, child):
    row = PairWish.objects.create(child=child, helper=a_helper(), asked_by="CHILD")
    stranger = visitor(a_coordinator(a_county(code="530000")))
    url = f"/children/{child.public_id}/wishes/"
    assert stranger.get(url).status_code == 404
    assert stranger.post(f"{url}{row.public_id}/withdraw/").status_code == 404
    assert PairWish.objects.exists()
