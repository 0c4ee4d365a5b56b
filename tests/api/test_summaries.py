"""The numbers of a term over the API: the pages' numbers, in the same scope, without a child."""

from __future__ import annotations

import pytest
import time_machine
from rest_framework.test import APIClient

from backend.accounts.models import Role
from tests.factories.matching import a_pairing, a_scheme
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import NOW, a_coordinator, a_helper, a_token, a_township

pytestmark = pytest.mark.django_db
URL = "/api/v1/summaries/"


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def test_numbers_by_person_by_unit_and_for_the_wall_without_a_child():
    a_scheme()
    place = a_neighbourhood()
    a_pairing(place.child, a_helper("柳春生"))
    client = client_of(place.users[Role.SCHOOL_COORDINATOR])
    people, units, wall = (client.get(f"{URL}{part}") for part in ("", "units/", "wall/"))
    assert people.json()["results"][0]["work"]["running"] == 1
    assert units.json()[0] | {"work": ""} == {"name": "土城小学", "place": "土城镇", "helpers": 1, "work": ""}
    assert wall.json() == [{"name": "柳春生", "unit": "土城小学", "children": 1}]
    said = "".join(answer.content.decode() for answer in (people, units, wall))
    assert [value for value in (place.child.name, *SECRETS.values()) if value in said] == []


def test_another_township_counts_nobody():
    a_scheme()
    place = a_neighbourhood()
    a_pairing(place.child, a_helper("柳春生"))
    stranger = client_of(a_coordinator(a_township(number=117, name="另一个镇")))
    assert [stranger.get(f"{URL}{part}").json() for part in ("units/", "wall/")] == [[], []]
    assert stranger.get(URL).json()["results"] == []
