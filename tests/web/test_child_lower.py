"""The named second person confirms or refuses a lower level from a login of their own, on a page and over the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.models import PendingAssessment
from tests.factories.readers import a_neighbourhood
from tests.factories.roster import a_coordinator, a_county, a_token

KEYS = {
    "id", "child", "assessed_date", "level_before", "heart_level", "reason", "state", "asked_at", "answered_at",
    "is_yours",
}  # fmt: skip


@pytest.fixture
def place():
    return a_neighbourhood()


@pytest.fixture
def pending(visitor, place):
    """Asked by the county's coordinator on the page; the township's is to answer."""
    sent = {"assessed_date": "2026-11-20", "heart_level": "2", "reason": "妈妈回来了"}
    sent |= {"second": place.users[Role.TOWNSHIP_COORDINATOR].email}
    county = visitor(place.users[Role.COUNTY_COORDINATOR])
    text = county.post(f"/children/{place.child.public_id}/assess/", sent, follow=True).content.decode()
    assert "原来的心级照算" in text
    return PendingAssessment.objects.get()


def page_of(pending):
    return f"/children/{pending.child.public_id}/lower/{pending.public_id}/"


def level(place):
    place.child.refresh_from_db()
    return place.child.heart_level


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def test_the_second_person_finds_it_today_and_confirms(visitor, place, pending):
    second = visitor(place.users[Role.TOWNSHIP_COORDINATOR])
    assert page_of(pending) in second.get("/today/").content.decode()
    assert page_of(pending) in second.get(f"/children/{place.child.public_id}/").content.decode()
    reads = AuditEntry.objects.filter(verb="child.read").count()
    assert "妈妈回来了" in second.get(page_of(pending)).content.decode()
    assert AuditEntry.objects.filter(verb="child.read").count() == reads + 1
    assert level(place) == 4

    second.post(page_of(pending), {"answer": "yes"})

    assert level(place) == 2
    assert page_of(pending) not in second.get("/today/").content.decode()
    assert second.get(page_of(pending)).status_code == 404


def test_a_refusal_asks_why(visitor, place, pending):
    second = visitor(place.users[Role.TOWNSHIP_COORDINATOR])
    assert second.post(page_of(pending), {"answer": "no"}).context["form"].non_field_errors()
    assert second.post(page_of(pending), {"answer": "no", "reason": "才回来三天"}).status_code == 302
    pending.refresh_from_db()
    assert (pending.state, level(place)) == ("REFUSED", 4)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.TOWNSHIP_COORDINATOR}))
def test_nobody_else_opens_or_answers_it(visitor, place, pending, role):
    client = visitor(place.users[role])
    assert client.get(page_of(pending)).status_code in {302, 403, 404}
    client.post(page_of(pending), {"answer": "yes"})
    assert level(place) == 4


def test_over_the_api_the_answer_waits_too(place):
    first, second = place.users[Role.COUNTY_COORDINATOR], place.users[Role.TOWNSHIP_COORDINATOR]
    body = {"assessed_date": "2026-11-20", "heart_level": 3, "reason": "好转", "second": second.email}
    asked = client_of(first).post(f"/api/v1/children/{place.child.public_id}/assess/", body, format="json")
    assert (asked.status_code, set(asked.json()), asked.json()["is_yours"]) == (202, KEYS, False)
    path = f"/api/v1/pending-assessments/{asked.json()['id']}/"

    [row] = client_of(second).get("/api/v1/pending-assessments/", {"state": "WAITING"}).json()["results"]
    assert (row["is_yours"], row["child"]) == (True, place.child.public_id)
    assert client_of(first).post(f"{path}confirm/").status_code == 403
    far = client_of(a_coordinator(a_county("529902", "云河县")))
    assert far.post(f"{path}confirm/").status_code == 404
    assert far.get("/api/v1/pending-assessments/").json()["count"] == 0
    assert level(place) == 4
    assert client_of(second).post(f"{path}confirm/").json()["state"] == "CONFIRMED"
    assert client_of(second).post(f"{path}refuse/", {"reason": "晚了"}, format="json").status_code == 409
    assert level(place) == 3
