"""Every operation of the API against every role: the row of the permission table decides, and nothing else."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch, reverse
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.accounts.permission_table import PERMISSIONS, PUBLIC, SIGNED_IN
from tests.factories.readers import a_neighbourhood
from tests.factories.roster import a_token

pytestmark = pytest.mark.django_db
OPERATIONS = sorted(key for key in PERMISSIONS if " api:" in key)
_IDS = ({}, {"public_id": "z" * 16}, {"public_id": "z" * 16, "consent_id": "z" * 16})
_CHECKS = ({"public_id": "z" * 16, "clearance_id": "z" * 16}, {"public_id": "z" * 16, "row_id": "z" * 16})
_MORE = ({"number": 1}, {"kind": "CHILDREN"}, {"public_id": "z" * 16, "number": 1}, {"token": "z" * 43})


def address_of(name: str) -> str:
    for kwargs in (*_IDS, *_CHECKS, *_MORE):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(f"no address for {name}")


def answer(client, key: str) -> int:
    method, name = key.split(" ", 1)
    return client.generic(method, address_of(name), "{}", content_type="application/json").status_code


def test_every_operation_refuses_exactly_the_roles_it_does_not_name():
    place = a_neighbourhood()
    wrong = []
    for role, user in place.users.items():
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
        for key in OPERATIONS:
            allowed = PERMISSIONS[key]
            is_open = bool({PUBLIC, SIGNED_IN, role} & allowed)
            status = answer(client, key)
            refused = 404 if " api:child-" in key else 403
            if (not is_open and status != refused) or (is_open and status == 403) or status >= 500:
                wrong.append((role, key, status))
    assert wrong == []


def test_whoever_has_not_signed_in_gets_nothing():
    wrong = [key for key in OPERATIONS if PUBLIC not in PERMISSIONS[key] and answer(APIClient(), key) != 401]
    assert wrong == []


@pytest.mark.parametrize("header", ["Token", "Token x", "Token " + "x" * 43, "Bearer abc", "Token a b"])
def test_a_wrong_token_is_refused_alike(header):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)

    assert client.get("/api/v1/me/").status_code == 401


def test_a_closed_account_ends_at_the_next_request():
    place = a_neighbourhood()
    user = place.users[Role.COUNTY_COORDINATOR]
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    assert client.get("/api/v1/me/").status_code == 200

    type(user).objects.filter(pk=user.pk).update(is_active=False)

    assert client.get("/api/v1/me/").status_code == 401


def test_a_grant_that_ended_opens_nothing():
    place = a_neighbourhood()
    user = place.users[Role.COUNTY_COORDINATOR]
    user.memberships.update(expires_at=user.memberships.get().starts_at.replace(year=2027))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    assert client.get("/api/v1/children/").json()["count"] == 1

    from datetime import timedelta

    from django.utils import timezone

    user.memberships.update(
        expires_at=timezone.now() - timedelta(seconds=1), starts_at=timezone.now() - timedelta(days=1)
    )

    assert client.get("/api/v1/children/").status_code == 404


def test_unknown_keys_are_refused_not_ignored():
    place = a_neighbourhood()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(place.users[Role.COUNTY_COORDINATOR])}")

    refused = client.patch(
        f"/api/v1/children/{place.child.public_id}/", {"version": 1, "heart_level": 1}, format="json"
    )

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["attr"] == "heart_level"
