"""A child's own page: each role against each field, with data present that could leak."""

from __future__ import annotations

import pytest
import time_machine

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from tests.factories.readers import SECRETS, a_neighbourhood, plan_a_visit
from tests.factories.roster import NOW, timedelta

_PARTICULARS = {"guardian_name", "personality", "study_state", "away_reason"}
_PHONES = {"phone", "guardian_phone"}
# Written by hand from the promised matrix: what stands on a role's page in plain before anything is opened.
MAY_READ = {
    Role.ADMIN: set(),
    Role.COUNTY_COORDINATOR: _PARTICULARS | _PHONES | {"interests", "address", "care_alert"},
    Role.TOWNSHIP_COORDINATOR: _PARTICULARS | _PHONES | {"interests", "address", "care_alert", "medical_history"},
    Role.SCHOOL_COORDINATOR: _PARTICULARS | _PHONES | {"interests", "address", "care_alert", "medical_history"},
    Role.VILLAGE_DIRECTOR: _PARTICULARS | _PHONES | {"interests", "address", "care_alert"},
    Role.TEACHER: {"interests", "care_alert"},
    Role.CADRE: {"interests", "care_alert"},
    Role.ELDER: {"interests", "care_alert"},
    Role.VOLUNTEER: {"interests", "care_alert"},
    Role.GUARDIAN: _PARTICULARS | _PHONES | {"interests", "address", "care_alert", "medical_history"},
    Role.AUDITOR: {"interests"},
    Role.API_CLIENT: set(),
}
NAMES = dict.fromkeys(Role, "冉欣怡") | {
    Role.ADMIN: None, Role.API_CLIENT: None, Role.ELDER: "欣怡", Role.VOLUNTEER: "欣怡", Role.AUDITOR: "冉*",
}  # fmt: skip
READERS = [role for role in Role if role not in {Role.ADMIN, Role.API_CLIENT}]


def page_of(visitor, place, role, child=None):
    return visitor(place.users[role]).get(f"/children/{(child or place.child).public_id}/")


@pytest.mark.parametrize("role", Role)
def test_page_shows_what_the_matrix_says_and_nothing_more(visitor, role):
    place = a_neighbourhood()

    page = page_of(visitor, place, role)
    text = page.content.decode()

    assert page.status_code == (200 if role in READERS else 404)
    assert {name for name, secret in SECRETS.items() if secret in text} == MAY_READ[role]
    assert ("冉欣怡" in text, NAMES[role] is None or NAMES[role] in text) == (NAMES[role] == "冉欣怡", True)
    assert ("水狮坝村" in text) == (role in READERS and role != Role.VOLUNTEER)


@pytest.mark.parametrize("role", Role)
def test_a_refused_reveal_shows_no_more_than_the_page(visitor, role):
    place = a_neighbourhood()
    answer = visitor(place.users[role]).post(
        f"/children/{place.child.public_id}/reveal/", {"field": "psych_notes", "reason": "看看"}
    )
    text = answer.content.decode()
    assert answer.status_code == (400 if role in READERS else 404)
    assert {name for name, secret in SECRETS.items() if secret in text} == MAY_READ[role]


@pytest.mark.parametrize("role", Role)
def test_a_child_of_another_county_does_not_exist(visitor, role):
    place = a_neighbourhood()
    page = page_of(visitor, place, role, child=place.stranger)
    assert page.status_code == (200 if role == Role.AUDITOR else 404)
    assert "穆子轩" not in page.content.decode()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.API_CLIENT])
def test_administrators_and_programs_open_no_child(visitor, role):
    place = a_neighbourhood()
    assert page_of(visitor, place, role).status_code == 404


def test_opening_the_page_is_noted_and_says_so(visitor):
    place = a_neighbourhood()
    page = page_of(visitor, place, Role.TOWNSHIP_COORDINATOR)
    assert "已记下是您看的" in page.content.decode()
    assert list(AuditEntry.objects.values_list("verb", "subject_id")) == [("child.read", place.child.public_id)]


def test_title_never_names_the_child(visitor):
    place = a_neighbourhood()
    for role in READERS:
        text = page_of(visitor, place, role).content.decode()
        assert "冉欣怡" not in text.partition("<title>")[2].partition("</title>")[0]


def test_reveal_needs_a_reason_of_ten_characters(visitor):
    place = a_neighbourhood()
    client = visitor(place.users[Role.COUNTY_COORDINATOR])

    answer = client.post(f"/children/{place.child.public_id}/reveal/", {"field": "id_number", "reason": "看看"})

    assert answer.status_code == 400
    assert SECRETS["id_number"] not in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="child.revealed").exists()


def test_reveal_opens_one_field_for_a_quarter_of_an_hour(visitor):
    place = a_neighbourhood()
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    where = f"/children/{place.child.public_id}/"

    answer = client.post(f"{where}reveal/", {"field": "id_number", "reason": "核对学籍系统里的证件号码"})

    assert answer.status_code == 302
    text = client.get(where).content.decode()
    assert SECRETS["id_number"] in text
    assert SECRETS["medical_history"] not in text
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        assert SECRETS["id_number"] not in client.get(where).content.decode()


@pytest.mark.parametrize(("days_ahead", "opens"), [(3, True), (4, False)])
def test_a_teacher_opens_the_address_from_three_days_before_a_visit(visitor, days_ahead, opens):
    place = a_neighbourhood()
    plan_a_visit(place, Role.TEACHER, days_ahead=days_ahead)
    client = visitor(place.users[Role.TEACHER])

    client.post(
        f"/children/{place.child.public_id}/reveal/", {"field": "address", "reason": "为这次家访，查看详细地址和路线"}
    )

    assert (SECRETS["address"] in client.get(f"/children/{place.child.public_id}/").content.decode()) is opens


def test_nobody_opens_what_the_matrix_does_not_let_them_open(visitor):
    place = a_neighbourhood()
    client = visitor(place.users[Role.TEACHER])
    answer = client.post(
        f"/children/{place.child.public_id}/reveal/", {"field": "psych_notes", "reason": "想多了解一点孩子的情况"}
    )
    assert answer.status_code == 400
    assert SECRETS["psych_notes"] not in answer.content.decode()


def test_two_editors_never_overwrite_each_other(visitor):
    place = a_neighbourhood()
    client = visitor(place.users[Role.TOWNSHIP_COORDINATOR])
    where = f"/children/{place.child.public_id}/edit/"

    shown = client.get(where).context["form"]["shown"].value()

    first = client.post(where, {"version": 1, "shown": shown, "interests": "画画", "address": "甲"})
    second = client.post(where, {"version": 1, "shown": shown, "interests": "下棋", "address": "乙"})

    place.child.refresh_from_db()
    assert (first.status_code, second.status_code, place.child.interests) == (302, 200, "画画")
    assert "下棋" in second.content.decode()
