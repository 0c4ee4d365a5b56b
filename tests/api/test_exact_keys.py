"""For every role the exact keys of a child's file and of a list row, written by hand from the promised matrix."""

from __future__ import annotations

import pytest
import time_machine
from rest_framework.test import APIClient

from backend.accounts.models import Role
from tests.factories.readers import a_neighbourhood, plan_a_visit
from tests.factories.roster import NOW, a_token

pytestmark = pytest.mark.django_db

ABOUT = {"id", "revealable", "name", "sex", "interests", "school_class", "age", "school"}
PHONES = {"phone", "guardian_phones"}
PARTICULARS = {
    "birth_date", "is_boarding", "categories", "needs", "personality", "study_state", "away_reason", "away_since_date",
    "guardians", "guardianship_type", "severity", "guardian_rating", "state",
}  # fmt: skip
COORDINATORS = ABOUT | PHONES | PARTICULARS | {"version", "village", "address", "care_alert", "heart_level", "aspects"}

FILE = {
    Role.COUNTY_COORDINATOR: COORDINATORS,
    Role.TOWNSHIP_COORDINATOR: COORDINATORS | {"medical_history"},
    Role.SCHOOL_COORDINATOR: COORDINATORS | {"medical_history"},
    Role.VILLAGE_DIRECTOR: ABOUT | PHONES | PARTICULARS
    | {"village", "id_number", "address", "care_alert", "heart_level"},
    Role.TEACHER: ABOUT | {"village", "address", "care_alert"},
    Role.CADRE: ABOUT | {"village", "address", "care_alert"},
    Role.ELDER: ABOUT | {"village", "address", "care_alert"},
    Role.VOLUNTEER: ABOUT | {"address", "care_alert"},
    Role.GUARDIAN: ABOUT | PHONES | PARTICULARS
    | {"village", "id_number", "address", "medical_history", "care_alert", "aspects"},
    Role.AUDITOR: ABOUT | PHONES | PARTICULARS | {"village", "id_number", "address", "heart_level", "aspects"},
}  # fmt: skip
REVEALABLE = {
    Role.COUNTY_COORDINATOR: {"id_number", "medical_history", "psych_notes"},
    Role.TOWNSHIP_COORDINATOR: {"id_number", "psych_notes"},
    Role.SCHOOL_COORDINATOR: {"id_number", "psych_notes"},
    Role.VILLAGE_DIRECTOR: set(),
    Role.TEACHER: {"phone", "guardian_phones"},
    Role.CADRE: {"phone", "guardian_phones"},
    Role.ELDER: set(),
    Role.VOLUNTEER: set(),
    Role.GUARDIAN: set(),
    Role.AUDITOR: set(),
}
_NAMED = {"id", "name", "sex", "age", "school", "school_class"}
ROW = {
    Role.COUNTY_COORDINATOR: _NAMED | {"village", "heart_level", "is_boarding"},
    Role.TOWNSHIP_COORDINATOR: _NAMED | {"village", "heart_level", "is_boarding"},
    Role.SCHOOL_COORDINATOR: _NAMED | {"village", "heart_level", "is_boarding"},
    Role.VILLAGE_DIRECTOR: _NAMED | {"village", "heart_level", "is_boarding"},
    Role.TEACHER: _NAMED | {"village"},
    Role.CADRE: _NAMED | {"village"},
    Role.ELDER: _NAMED | {"village"},
    Role.VOLUNTEER: _NAMED,
    Role.GUARDIAN: _NAMED | {"village", "is_boarding"},
    Role.AUDITOR: _NAMED | {"village", "heart_level", "is_boarding"},
    Role.API_CLIENT: {"id", "heart_level"},
}


@pytest.fixture
def place():
    return a_neighbourhood()


def asked(place, role, path=""):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(place.users[role])}")
    return client.get(f"/api/v1/children/{path}")


def test_every_role_stands_in_each_table():
    assert set(FILE) == set(REVEALABLE) == set(Role) - {Role.ADMIN, Role.API_CLIENT}
    assert set(ROW) == set(Role) - {Role.ADMIN}


@pytest.mark.parametrize("role", FILE)
def test_the_file_has_exactly_these_keys(place, role):
    body = asked(place, role, f"{place.child.public_id}/").json()
    assert set(body) == FILE[role]
    assert set(body["revealable"]) == REVEALABLE[role]


@pytest.mark.parametrize("role", ROW)
def test_a_row_of_the_list_has_exactly_these_keys(place, role):
    for row in asked(place, role).json()["results"]:
        assert set(row) == ROW[role]


@pytest.mark.parametrize("role", sorted(set(Role) - set(FILE)))
def test_nobody_else_has_a_file(place, role):
    assert asked(place, role, f"{place.child.public_id}/").status_code in {403, 404}


@pytest.mark.parametrize("role", [Role.TEACHER, Role.CADRE, Role.ELDER, Role.VOLUNTEER])
def test_a_visit_near_by_opens_the_address_to_those_who_go_to_the_home(place, role):
    plan_a_visit(place, role, days_ahead=2)
    with time_machine.travel(NOW, tick=False):
        body = asked(place, role, f"{place.child.public_id}/").json()
    visits = {"address"} if role in {Role.TEACHER, Role.CADRE} else set()
    assert (set(body), set(body["revealable"])) == (FILE[role], REVEALABLE[role] | visits)
