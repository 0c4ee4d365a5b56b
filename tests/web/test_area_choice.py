"""Choosing a township in the top bar: lists open with it, the address says so, and nobody comes to more than they see."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Role
from tests.factories.roster import (
    a_child,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_school,
    a_township,
    a_village,
)
from tests.matching.test_publishing import a_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def towns():
    """Two townships with a child each."""
    here, there = a_township(), a_township(number=107, name="云台镇")
    village = a_village(there, number=207, name="云台村")
    a_child("冉欣怡"), a_child("穆子轩", village=village, school=a_school(village, name="云台小学"))
    return here, there


@pytest.fixture
def county(visitor):
    return visitor(a_coordinator(a_county()))


def look_at(client, area, back="/children/"):
    return client.post("/look-at/", {"area": area, "next": back})


def test_lists_open_with_the_township_looked_at_and_the_address_says_so(county, towns):
    _here, there = towns
    back = look_at(county, there.public_id, "/children/?page=3&level=4&township=x")["Location"]
    assert back == f"/children/?level=4&township={there.public_id}"
    assert look_at(county, there.public_id, "/today/?page=3")["Location"] == "/today/?page=3"
    assert county.get("/children/")["Location"] == f"/children/?township={there.public_id}"

    text = county.get("/children/", follow=True).content.decode()

    assert "穆子轩" in text and "冉欣怡" not in text and "清溪县·云台镇" in text
    for name in ("helpers", "clearances", "offers", "pairings", "repairs", "talks", "statements", "summaries"):
        assert county.get(f"/{name}/")["Location"] == f"/{name}/?township={there.public_id}"


def test_chosen_where_only_an_answer_stood_the_page_it_belongs_to_opens(county, towns):
    """A swap that asks why is shown at an address that takes nothing but what is sent."""
    draft = a_draft((a_child("丙"), a_helper(), None))
    back = look_at(county, towns[1].public_id, f"/proposals/{draft.public_id}/edit/")["Location"]
    assert back.startswith(f"/proposals/{draft.public_id}/") and county.get(back, follow=True).status_code == 200


def test_an_address_with_a_filter_of_its_own_shows_what_it_says(county, towns):
    here, there = towns
    look_at(county, there.public_id)
    text = county.get(f"/children/?township={here.public_id}").content.decode()
    assert "冉欣怡" in text and "穆子轩" not in text
    text = county.get("/children/?township=").content.decode()
    assert "冉欣怡" in text and "穆子轩" in text


def test_all_townships_are_looked_at_again(county, towns):
    look_at(county, towns[1].public_id)
    assert look_at(county, "", "/children/?township=x")["Location"] == "/children/"
    text = county.get("/children/").content.decode()
    assert "冉欣怡" in text and "穆子轩" in text and "云台镇</b>" not in text


def test_nobody_chooses_what_they_do_not_see_and_one_township_is_no_choice(visitor, towns):
    here, there = towns
    client = visitor(a_member(Role.TOWNSHIP_COORDINATOR, area=here))
    assert "/look-at/" not in client.get("/children/").content.decode()
    assert look_at(client, there.public_id).status_code == 404
    assert client.get("/children/").status_code == 200
    school = visitor(a_member(Role.SCHOOL_COORDINATOR, organisation=a_school()))
    assert look_at(school, "").status_code == 404


def test_a_choice_leads_to_no_other_site(county, towns):
    assert look_at(county, towns[0].public_id, "https://example.org/children/")["Location"] == "/"
    assert look_at(county, towns[0].public_id, "//example.org/")["Location"] == "/"
    assert look_at(county, towns[0].public_id, "/no-such-page/")["Location"] == "/"


@pytest.mark.parametrize("name", ["children", "helpers", "offers", "pairings", "repairs", "talks", "find", "today"])
def test_a_page_asks_once_which_townships_there_are(county, towns, name):
    """The top bar and the filter of a list are two questions with one answer."""
    look_at(county, towns[1].public_id)
    with CaptureQueriesContext(connection) as asked:
        assert county.get(f"/{name}/?q=云").status_code == 200
    wanted = [one["sql"] for one in asked if one["sql"].startswith('SELECT "roster_area"."public_id"')]
    assert len(wanted) == 1
