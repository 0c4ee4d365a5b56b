"""Wishes and exclusions of a child over the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.roster.models import Exclusion, PairWish
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper, a_token

pytestmark = pytest.mark.django_db


def caller(user) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def test_a_wish_and_an_exclusion_are_written_down_listed_and_taken_back():
    child, helper, desk = a_child(), a_helper("罗被请"), caller(a_coordinator(a_county()))
    url = f"/api/v1/children/{child.public_id}"
    made = desk.post(f"{url}/wishes/", {"helper": helper.public_id, "asked_by": "CHILD"}, format="json")
    assert made.status_code == 201
    assert [row["helper_name"] for row in desk.get(f"{url}/wishes/").json()] == ["罗被请"]
    assert desk.post(f"{url}/wishes/{made.json()['id']}/withdraw/").status_code == 204

    said = desk.post(f"{url}/exclude/", {"helper": helper.public_id, "reason": "KIN"}, format="json")

    refused = desk.post(f"{url}/wishes/", {"helper": helper.public_id, "asked_by": "CHILD"}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "wish.pair_is_excluded")
    assert [row["reason"] for row in desk.get(f"{url}/exclusions/").json()] == ["KIN"]
    assert desk.post(f"{url}/exclusions/{said.json()['id']}/lift/").status_code == 204
    assert not Exclusion.objects.exists()


def test_rows_of_another_child_are_not_taken_back_through_this_one():
    desk, child = caller(a_coordinator(a_county())), a_child()
    row = PairWish.objects.create(child=a_child(), helper=a_helper(), asked_by="CHILD")
    assert desk.post(f"/api/v1/children/{child.public_id}/wishes/{row.public_id}/withdraw/").status_code == 404
    assert PairWish.objects.exists()
