"""Every role against every field of a child, through the API: what the matrix says, and 404 for what is not theirs."""

from __future__ import annotations

import json

import pytest
import time_machine
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.field_matrix import COLUMNS, FIELD_COLUMN, LINK_HOLDER, Rule
from backend.roster.models import Child, Guardian, Reveal
from tests.factories.readers import SECRETS, a_neighbourhood, plan_a_visit
from tests.factories.roster import NOW, a_token

pytestmark = pytest.mark.django_db

P, M, B, V, G, N, X, K, A, T = (
    Rule.PLAIN, Rule.MASKED, Rule.REVEAL, Rule.VILLAGE, Rule.GIVEN_NAME, Rule.NEAR_VISIT, Rule.ABSENT,
    Rule.CLASSMATE, Rule.AGE_BAND, Rule.MEETING_POINT,
)  # fmt: skip
ROLES = [
    Role.ADMIN, Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR, Role.VILLAGE_DIRECTOR,
    Role.TEACHER, Role.CADRE, Role.ELDER, Role.VOLUNTEER, Role.GUARDIAN, LINK_HOLDER, Role.AUDITOR, Role.API_CLIENT,
]  # fmt: skip

# Written down a second time, by hand, from the promises: the code's table must equal it.
#                  ADM CTY TWN SCH DIR TEA CAD ELD VOL GUA LNK AUD API
PROMISED = {
    "name":            [X, P, P, P, P, P, P, G, G, P, K, M, X],
    "about":           [X, P, P, P, P, P, P, P, P, P, X, P, X],
    "age":             [X, P, P, P, P, P, P, P, P, P, A, P, X],
    "school":          [X, P, P, P, P, P, P, P, P, P, P, P, X],
    "village":         [X, P, P, P, P, P, P, P, X, P, P, P, X],
    "id_number":       [X, B, B, B, M, X, X, X, X, M, X, M, X],
    "address":         [X, P, P, P, P, N, N, V, T, P, V, M, X],
    "medical_history": [X, B, P, P, X, X, X, X, X, P, X, X, X],
    "care_alert":      [X, P, P, P, P, P, P, P, P, P, X, X, X],
    "psych_notes":     [X, B, B, B, X, X, X, X, X, X, X, X, X],
    "heart_level":     [X, P, P, P, P, X, X, X, X, X, X, P, P],
    "phones":          [X, P, P, P, P, B, B, X, X, P, X, M, X],
    "particulars":     [X, P, P, P, P, X, X, X, X, P, X, M, X],
    "scores":          [X, P, P, P, X, X, X, X, X, P, X, M, X],
}  # fmt: skip


def test_the_table_in_the_code_is_the_promised_one():
    found = {column: [COLUMNS[column].get(role, X) for role in ROLES] for column in COLUMNS}
    assert found == PROMISED


def test_fields_without_a_column_are_absent_for_everyone():
    fields = {field.name for field in Child._meta.get_fields() if field.concrete}
    assert fields - set(FIELD_COLUMN) == {
        "id", "public_id", "name_sort", "name_search", "id_hash", "phone_hash", "x_m", "y_m", "created_at",
        "changed_at", "version", "need_level",
    }  # fmt: skip


def test_a_guardians_own_identity_is_absent_for_everyone():
    shown = {
        "kind", "is_in_charge", "name", "relation", "birth_year", "occupation", "health", "address", "phone",
        "workplace", "workplace_address",
    }  # fmt: skip
    hidden = {field.name for field in Guardian._meta.get_fields() if field.concrete} - shown
    assert hidden == {
        "id", "public_id", "child", "id_number", "id_hash", "phone_hash", "qq", "workplace_phone", "user",
    }  # fmt: skip


def client_of(user) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


# What of the secrets may stand in the answer about the child, in plain.
_ALL = set(SECRETS)
_FILE = {"guardian_name", "personality", "study_state", "away_reason"}
VISIBLE = {
    Role.COUNTY_COORDINATOR: _ALL - {"id_number", "medical_history", "psych_notes"},
    Role.TOWNSHIP_COORDINATOR: _ALL - {"id_number", "psych_notes"},
    Role.SCHOOL_COORDINATOR: _ALL - {"id_number", "psych_notes"},
    Role.VILLAGE_DIRECTOR: {"address", "care_alert", "phone", "guardian_phone", "interests"} | _FILE,
    Role.TEACHER: {"care_alert", "interests"},
    Role.CADRE: {"care_alert", "interests"},
    Role.ELDER: {"care_alert", "interests"},
    Role.VOLUNTEER: {"care_alert", "interests"},
    Role.GUARDIAN: _ALL - {"id_number", "psych_notes"},
    Role.AUDITOR: {"interests"},
}


@pytest.mark.parametrize("role", sorted(VISIBLE))
def test_each_role_reads_what_it_may_of_a_child_and_no_secret_more(role):
    place = a_neighbourhood()

    answer = client_of(place.users[role]).get(f"/api/v1/children/{place.child.public_id}/")

    assert answer.status_code == 200
    text = json.dumps(answer.json(), ensure_ascii=False)
    assert {name for name, value in SECRETS.items() if value in text} == VISIBLE[role]
    assert AuditEntry.objects.filter(verb="child.read", subject_id=place.child.public_id).count() == 1


@pytest.mark.parametrize("role", sorted(VISIBLE))
def test_lists_carry_no_secret_and_write_nothing(role):
    place = a_neighbourhood()
    client = client_of(place.users[role])
    before = AuditEntry.objects.count()

    answer = client.get("/api/v1/children/")

    text = json.dumps(answer.json(), ensure_ascii=False)
    assert answer.json()["count"] == (2 if role == Role.AUDITOR else 1)
    assert [name for name, value in SECRETS.items() if value in text] == []
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("role", sorted(set(VISIBLE) - {Role.AUDITOR}))
def test_a_child_out_of_reach_does_not_exist(role):
    place = a_neighbourhood()
    client = client_of(place.users[role])

    strange = client.get(f"/api/v1/children/{place.stranger.public_id}/")
    missing = client.get("/api/v1/children/zzzzzzzzzzzzzzzz/")

    assert (strange.status_code, strange.json()) == (404, missing.json())


def test_the_platforms_administrator_sees_no_child():
    place = a_neighbourhood()
    client = client_of(place.users[Role.ADMIN])

    assert client.get("/api/v1/children/").status_code == 404
    assert client.get(f"/api/v1/children/{place.child.public_id}/").status_code == 404


def test_a_program_gets_ids_and_levels_only():
    place = a_neighbourhood()

    rows = client_of(place.users[Role.API_CLIENT]).get("/api/v1/children/").json()["results"]

    assert rows == [{"id": place.child.public_id, "heart_level": 4}]


def test_the_auditor_sees_masks():
    place = a_neighbourhood()
    body = client_of(place.users[Role.AUDITOR]).get(f"/api/v1/children/{place.child.public_id}/").json()

    assert (body["name"], body["id_number"], body["address"]) == ("冉*", "529900********0121", "水狮坝村")
    assert body["guardian_phones"] == [{"relation": "祖母", "phone": "136****7777"}]


def reveal(client, child, field, reason="核对身份信息，补录台账"):
    return client.post(f"/api/v1/children/{child.public_id}/reveal/", {"field": field, "reason": reason}, format="json")


def test_a_hidden_field_opens_with_a_reason_for_a_quarter_of_an_hour_and_is_noted():
    place = a_neighbourhood()
    client = client_of(place.users[Role.COUNTY_COORDINATOR])
    address = f"/api/v1/children/{place.child.public_id}/"

    with time_machine.travel(NOW, tick=False):
        token = client_of(place.users[Role.COUNTY_COORDINATOR])
        assert reveal(token, place.child, "id_number", "太短").status_code == 400
        assert reveal(token, place.child, "id_number").json()["value"] == SECRETS["id_number"]
        assert token.get(address).json()["id_number"] == SECRETS["id_number"]
    with time_machine.travel(NOW.replace(hour=NOW.hour + 1), tick=False):
        assert "id_number" not in token.get(address).json()

    assert Reveal.objects.count() == 1
    assert AuditEntry.objects.get(verb="child.revealed").after == {"field": "id_number"}
    assert client is not token


@pytest.mark.parametrize(
    ("role", "field"),
    [
        (Role.TEACHER, "psych_notes"),
        (Role.TEACHER, "id_number"),
        (Role.ELDER, "guardian_phones"),
        (Role.VOLUNTEER, "address"),
        (Role.AUDITOR, "id_number"),
        (Role.VILLAGE_DIRECTOR, "psych_notes"),
        (Role.GUARDIAN, "psych_notes"),
    ],
)
def test_what_the_matrix_hides_does_not_open(role, field):
    place = a_neighbourhood()

    answer = reveal(client_of(place.users[role]), place.child, field)

    assert answer.status_code == 403
    assert not Reveal.objects.exists()


@pytest.mark.parametrize(("days_ahead", "opens"), [(None, False), (4, False), (3, True), (0, True), (-1, False)])
def test_the_address_opens_three_days_before_a_planned_visit(days_ahead, opens):
    place = a_neighbourhood()
    if days_ahead is not None:
        plan_a_visit(place, Role.TEACHER, days_ahead=days_ahead)

    with time_machine.travel(NOW, tick=False):
        answer = reveal(client_of(place.users[Role.TEACHER]), place.child, "address", "约定的家访，需要找到家")

    assert (answer.status_code == 200) is opens


def test_filters_are_no_oracle_for_hidden_fields():
    place = a_neighbourhood()
    teacher = client_of(place.users[Role.TEACHER])
    elder = client_of(place.users[Role.ELDER])

    assert teacher.get("/api/v1/children/?heart_level=4").json()["count"] == 0
    assert elder.get("/api/v1/children/?search=冉").json()["count"] == 0
    assert teacher.get("/api/v1/children/?search=冉").json()["count"] == 1
    assert teacher.get("/api/v1/children/?id_number=529900201605040121").json()["count"] == 1


def test_a_read_only_token_cannot_write():
    place = a_neighbourhood()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(place.users[Role.COUNTY_COORDINATOR], scope='READ')}")

    assert client.get("/api/v1/children/").status_code == 200
    assert reveal(client, place.child, "id_number").status_code == 403
