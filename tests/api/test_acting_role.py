"""`X-Acting-Role`: in which role a program acts for somebody who holds several."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.roster.models import Membership
from tests.factories.roster import NOW, a_care_link, a_child, a_helper, a_token, a_user, timedelta

pytestmark = pytest.mark.django_db


@pytest.fixture
def both():
    helper, child = a_helper(), a_child(medical_history="先天性心脏病史")
    Membership.objects.create(
        user=helper.user, role=Role.TOWNSHIP_COORDINATOR, area=child.village.parent, reason="兼任",
        starts_at=NOW - timedelta(days=1), expires_at=NOW + timedelta(days=90),
    )  # fmt: skip
    a_care_link(child, helper)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(helper.user)}")
    return client, child


def acting(role):
    return {"X-Acting-Role": role}


def test_fields_and_operations_follow_the_header(both):
    client, child = both
    address = f"/api/v1/children/{child.public_id}/"
    assert "medical_history" in client.get(address).json()
    assert "medical_history" in client.get(address, headers=acting("TOWNSHIP_COORDINATOR")).json()
    assert "medical_history" not in client.get(address, headers=acting("TEACHER")).json()
    assert client.get("/api/v1/runs/").status_code == 200
    assert client.get("/api/v1/runs/", headers=acting("TEACHER")).status_code == 403
    assert client.get("/api/v1/feeds/", headers=acting("TEACHER")).status_code == 200
    me = client.get("/api/v1/me/", headers=acting("TEACHER")).json()
    assert (me["role"], me["roles"]) == ("TEACHER", ["TOWNSHIP_COORDINATOR", "TEACHER"])


@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/children/", "/api/v1/tokens/", "/api/v1/runs/"])
@pytest.mark.parametrize(
    ("role", "status", "code"),
    [
        ("CHIEF", 400, "acting_role.unknown"),
        ("teacher", 400, "acting_role.unknown"),
        ("ADMIN", 403, "acting_role.not_held"),
        ("GUARDIAN", 403, "acting_role.not_held"),
    ],
)
def test_a_wrong_role_is_refused_whatever_is_asked(both, path, role, status, code):
    answer = both[0].get(path, headers=acting(role))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


def test_whoever_has_no_role_holds_none():
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_user())}")
    assert client.get("/api/v1/me/").status_code == 200
    assert client.get("/api/v1/me/", headers=acting("TEACHER")).status_code == 403


def test_an_ended_role_is_not_held(both):
    Membership.objects.update(revoked_at=NOW)
    assert both[0].get("/api/v1/me/", headers=acting("TOWNSHIP_COORDINATOR")).status_code == 403


def test_an_idempotency_key_of_one_role_gives_another_nothing(both):
    client, _child = both
    body = {"kind": "CHILDREN", "reason": "学期初核对一次台账内容"}
    headers = {"Idempotency-Key": "one"}
    first = client.post("/api/v1/exports/", body, format="json", headers=headers)
    assert first.status_code in {201, 400}
    answer = client.post("/api/v1/exports/", body, format="json", headers=headers | acting("TEACHER"))
    assert answer.status_code in {403, 422}


def test_the_schema_tells_of_it():
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            named = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"]
            assert "X-Acting-Role" in named, (path, method)
