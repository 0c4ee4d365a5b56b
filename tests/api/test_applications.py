"""Applications over the API, with a child of another village that must not be reached."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Role
from matching.models import Application, Scheme
from tests.factories.matching import a_scheme
from tests.factories.roster import a_checker, a_child, a_member, a_token, a_village

pytestmark = pytest.mark.django_db


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def test_apply_check_twice_and_list():
    a_scheme()
    scheme = Scheme.objects.get(key="daily-guardian")
    child, stranger = a_child(), a_child("别村孩子", village=a_village(number=202, name="别的村"))
    director = client_of(a_member(Role.VILLAGE_DIRECTOR, area=a_village()))
    body = {"child": child.public_id, "scheme": scheme.public_id, "reason": "单亲，奶奶病重"}

    assert (
        director.post("/api/v1/applications/", body | {"child": stranger.public_id}, format="json").status_code == 404
    )
    made = director.post("/api/v1/applications/", body, format="json")
    assert (made.status_code, made.json()["state"]) == (201, "APPLIED")
    assert director.post("/api/v1/applications/", body, format="json").status_code == 409
    path = f"/api/v1/applications/{made.json()['id']}/"
    assert director.post(f"{path}check/", {"body": "BUREAU", "is_fine": True}, format="json").status_code == 403
    for speaks_for in ("ASSOCIATION", "BUREAU"):
        said = {"body": speaks_for, "is_fine": True, "note": "上门看过"}
        answer = client_of(a_checker(said["body"])).post(f"{path}check/", said, format="json")
        assert answer.status_code == 200

    rows = director.get("/api/v1/applications/?state=CHECKED").json()["results"]
    assert [row["state"] for row in rows] == ["CHECKED"]
    assert [check["body"] for check in rows[0]["checks"]] == ["ASSOCIATION", "BUREAU"]
    other = client_of(a_member(Role.VILLAGE_DIRECTOR, area=stranger.village))
    assert other.get("/api/v1/applications/").json()["results"] == []
    assert other.get(path).status_code == 404
    assert Application.objects.count() == 1
