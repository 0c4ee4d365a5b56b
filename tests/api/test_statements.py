"""Responsibility statements over the API: the same steps as on the pages, in the same scope."""

from __future__ import annotations

import pytest
import time_machine
from rest_framework.test import APIClient

from backend.accounts.models import Role
from matching.models import Statement
from tests.factories.matching import a_scheme
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import NOW, a_coordinator, a_token, a_township

pytestmark = pytest.mark.django_db
URL = "/api/v1/statements/"
SIGNED = "2026-11-20"


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def place():
    a_scheme()
    return a_neighbourhood()


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def test_made_printed_signed_and_taken_back(place):
    client = client_of(place.users[Role.SCHOOL_COORDINATOR])
    assert client.get(f"{URL}missing/", {"kind": "GUARDIAN"}).json() == {"count": 1}
    assert client.post(f"{URL}make/", {"kind": "GUARDIAN"}, format="json").json() == {"count": 1}
    row = client.get(URL, {"kind": "GUARDIAN"}).json()["results"][0]
    ids = {"ids": [row["id"]]}
    paper = client.post(f"{URL}print/", ids, format="json").json()[0]
    assert place.child.name in paper["body"]
    assert [name for name, value in SECRETS.items() if value in paper["body"]] == ["guardian_name"]
    assert client.post(f"{URL}sign/", ids | {"signed_date": SIGNED}, format="json").json() == {"count": 1}
    assert client.post(f"{URL}sign/", ids | {"signed_date": SIGNED}, format="json").json() == {"count": 0}
    signed = client.get(URL).json()["results"][0]
    assert (signed["state"], signed["signed_date"]) == ("SIGNED", SIGNED)
    assert client.post(f"{URL}unsign/", ids, format="json").json() == {"count": 1}
    assert Statement.objects.get().state == "PRINTED"


def test_another_township_finds_nothing_to_sign_or_print(place):
    client_of(place.users[Role.COUNTY_COORDINATOR]).post(f"{URL}make/", {"kind": "GUARDIAN"}, format="json")
    stranger = client_of(a_coordinator(a_township(number=117, name="另一个镇")))
    ids = {"ids": [Statement.objects.get().public_id]}
    assert stranger.get(URL).json()["results"] == []
    assert stranger.post(f"{URL}print/", ids, format="json").json() == []
    assert stranger.post(f"{URL}sign/", ids | {"signed_date": SIGNED}, format="json").json() == {"count": 0}


def test_a_day_nobody_can_mean_is_refused_with_its_code(place):
    client = client_of(place.users[Role.SCHOOL_COORDINATOR])
    client.post(f"{URL}make/", {"kind": "GUARDIAN"}, format="json")
    ids = {"ids": [Statement.objects.get().public_id], "signed_date": "2030-01-01"}
    answer = client.post(f"{URL}sign/", ids, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "statement.wrong_day")


def test_a_county_words_its_own(place):
    client = client_of(place.users[Role.COUNTY_COORDINATOR])
    texts = "/api/v1/statement-texts/"
    assert [row["is_own"] for row in client.get(texts).json()] == [False] * 3
    wanted = {"kind": "GUARDIAN", "title": "责任书", "body": "请照管好 {child}。"}
    assert "某某同学" in client.post(f"{texts}preview/", wanted, format="json").json()["body"]
    assert client.post(f"{texts}keep/", wanted, format="json").json()["is_own"] is True
    assert client.post(f"{texts}reset/", {"kind": "GUARDIAN"}, format="json").json()["is_own"] is False
    assert client_of(place.users[Role.SCHOOL_COORDINATOR]).get(texts).status_code == 403
