"""Mandatory reports over the API: made in one call, taken up once, recorded, and read where they belong."""

from __future__ import annotations

import pytest
import time_machine
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.models import Concern
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import NOW, a_coordinator, a_token, a_township

pytestmark = pytest.mark.django_db
URL = "/api/v1/concerns/"


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def place():
    return a_neighbourhood()


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def report(place, role=Role.TEACHER, **said):
    return client_of(place.users[role]).post(URL, {"situation": "HURT"} | said, format="json")


@pytest.mark.parametrize("role", [Role.TEACHER, Role.VOLUNTEER, Role.VILLAGE_DIRECTOR])
def test_whoever_looks_after_children_reports_once_however_often_it_is_sent(place, role):
    answers = [report(place, role, key="device-1", child=place.child.public_id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Concern.objects.get().child == place.child


def test_a_coordinator_takes_it_up_once_and_records_the_result(place):
    report(place, child=place.child.public_id)
    town = client_of(place.users[Role.TOWNSHIP_COORDINATOR])
    row = town.get(URL).json()["results"][0]
    assert (row["situation"], row["child"], row["state"]) == ("HURT", place.child.public_id, "OPEN")
    one = f"{URL}{row['id']}/"
    assert town.post(f"{one}take/").json()["state"] == "TAKEN"
    assert client_of(place.users[Role.COUNTY_COORDINATOR]).post(f"{one}take/").status_code == 409
    assert (
        town.post(f"{one}close/", {"note": "好"}, format="json").json()["errors"][0]["code"] == "concern.result_missing"
    )
    closed = town.post(f"{one}close/", {"note": "已报派出所"}, format="json").json()
    assert (closed["state"], [step["kind"] for step in closed["steps"]]) == ("CLOSED", ["RAISED", "TAKEN", "CLOSED"])
    assert town.post(f"{one}note/", {"note": "第二天回访，平安"}, format="json").json()["steps"][-1]["kind"] == "NOTED"
    assert AuditEntry.objects.filter(verb="concern.read").count() == 2
    assert town.delete(one).status_code in (403, 405)


def test_it_is_nobody_elses_business(place):
    report(place, child=place.child.public_id)
    one = f"{URL}{Concern.objects.get().public_id}/"
    stranger = client_of(a_coordinator(a_township(number=117, name="另一个镇")))
    assert stranger.get(URL).json()["results"] == []
    assert [stranger.get(one).status_code, stranger.post(f"{one}take/").status_code] == [404, 404]
    for role in (Role.TEACHER, Role.GUARDIAN, Role.AUDITOR, Role.ADMIN):
        assert client_of(place.users[role]).get(URL).status_code == 403


def test_an_answer_tells_the_reporter_nothing_of_the_child(place):
    said = report(place, child=place.child.public_id).content.decode()
    assert [value for value in (place.child.name, *SECRETS.values()) if value in said] == []
    assert report(place, child=place.stranger.public_id).status_code == 201
    assert Concern.objects.filter(child=place.stranger).count() == 0
