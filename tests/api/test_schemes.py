"""Rule books over the API: exact keys, who may write, versions."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from matching.models import Scheme
from matching.models.targets import CHOICES, FLAGS, NUMBER_LISTS, RANGES, WORD_LISTS
from tests.factories.matching import the_schemes
from tests.factories.roster import a_coordinator, a_county, a_token, a_township

pytestmark = pytest.mark.django_db

BODY = {"name": "夏令营伙伴", "target_levels": [2, 1], "places": [{"name": "伙伴", "roles": ["VOLUNTEER", "ELDER"]}]}


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


@pytest.fixture
def county():
    the_schemes()
    return client_of(a_coordinator(a_county()))


@pytest.fixture
def scheme(county):
    return Scheme.objects.get(key="two-to-one")


def path(scheme, action=""):
    return f"/api/v1/schemes/{scheme.public_id}/{action}"


def test_make_change_switch_restore(county, scheme):
    made = county.post("/api/v1/schemes/", BODY, format="json")
    assert made.status_code == 201, made.json()
    assert made.json()["places"][0] | {"key": ""} == {
        "key": "", "name": "伙伴", "roles": ["VOLUNTEER", "ELDER"], "elder_kinds": [], "count": 1, "is_required": True,
        "reach": "TOWNSHIP", "radius_m": 0, "sex_rule": "NONE", "age_gap_years": 0, "required_skills": [],
        "weights": {}, "monthly_minutes": 120,
    }  # fmt: skip

    changed = county.patch(path(scheme), {"version": 1, "limit_per_helper": 3}, format="json").json()
    assert (changed["limit_per_helper"], changed["version"], changed["changed"]) == (3, 2, ["limit_per_helper"])
    late = county.patch(path(scheme), {"version": 1, "limit_per_helper": 4}, format="json")
    assert (late.status_code, late.json()["errors"][0]["code"]) == (409, "scheme.changed_meanwhile")

    off = county.post(path(scheme, "switch/"), {"is_on": False}, format="json").json()
    assert off["is_active"] is False
    back = county.post(path(scheme, "restore/"), {"version": off["version"]}, format="json").json()
    assert (back["limit_per_helper"], back["changed"]) == (None, [])


def test_a_target_by_sex_and_grade(county):
    girls = {"sex": "F", "grades": [4, 6]}
    made = county.post("/api/v1/schemes/", BODY | {"target": girls}, format="json")
    assert (made.status_code, made.json()["target"]) == (201, girls)


@pytest.mark.parametrize(
    ("target", "field", "allowed"),
    [
        ({"gender": "F"}, "target.gender", "one of ages, categories, grades, guardianship_types, is_boarding, needs, "),
        ({"sex": "W"}, "target.sex", "one of M, F"),
        ({"ages": [18, 2]}, "target.ages", "[from, to], each 0 .. 17 or null, not both null"),
        ({"severities": [9]}, "target.severities", "a list of some of 1 .. 4"),
        ({"is_boarding": 1}, "target.is_boarding", "true or false"),
        ({"categories": ["不存在"]}, "target.categories", "a list of some of 辍学"),
    ],
)
def test_a_wrong_target_is_told_what_it_may_be(county, target, field, allowed):
    said = county.post("/api/v1/schemes/", BODY | {"target": target}, format="json").json()["errors"][0]
    assert field in str(said) and allowed in str(said), said


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"is_active": False}, "is_active"),
        ({"places": [{"name": "x", "roles": ["KING"]}]}, "places"),
        ({"places": [{"name": "x", "roles": ["ELDER"], "version": 3}]}, "places"),
        ({"target": {"ages": [18, 2]}}, "target"),
    ],
)
def test_wrong_bodies_are_refused(county, scheme, change, where):
    answer = county.patch(path(scheme), {"version": 1} | change, format="json")
    assert answer.status_code == 400
    assert where in str(answer.json()), answer.json()
    scheme.refresh_from_db()
    assert scheme.version == 1


def test_the_schema_names_every_key_of_a_target(county):
    schema = county.get("/api/v1/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()["components"][
        "schemas"
    ]
    assert set(schema["TargetShapeRequest"]["properties"]) == {*FLAGS, *RANGES, *NUMBER_LISTS, *WORD_LISTS, *CHOICES}
    assert "TargetShape" in str(schema["SchemeInputRequest"]["properties"]["target"])


@pytest.mark.parametrize("path", ["/api/v1/schemes/not-an-id/", "/api/v1/nothing/"])
def test_an_address_nobody_has_answers_in_the_shape_of_all_errors(county, path):
    answer = county.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json() == {
        "type": "client_error", "errors": [{"code": "not_found", "detail": "Not found.", "attr": None}],
    }  # fmt: skip


def test_a_township_reads_and_does_not_write(county, scheme):
    township = client_of(a_coordinator(a_township()))
    assert township.get(path(scheme)).status_code == 200
    assert township.patch(path(scheme), {"version": 1, "offer_days": 3}, format="json").status_code == 403
    assert township.post("/api/v1/schemes/", BODY, format="json").status_code == 403
    assert township.post(path(scheme, "switch/"), {"is_on": False}, format="json").status_code == 403


def test_another_county_finds_nothing(county, scheme):
    other = client_of(a_coordinator(a_county("529902", "云河县")))
    assert other.get(path(scheme)).status_code == 404
    assert other.patch(path(scheme), {"version": 1, "offer_days": 3}, format="json").status_code == 404
