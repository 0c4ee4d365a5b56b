"""Entering children and helpers over the API, changing a helper, and single background checks."""

from __future__ import annotations

import pytest
import time_machine
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.roster.models import Child, Clearance, Helper
from tests.factories.readers import a_neighbourhood
from tests.factories.roster import (
    NOW,
    a_clearance,
    a_coordinator,
    a_county,
    a_helper,
    a_school,
    a_token,
    a_township,
    a_village,
)

pytestmark = pytest.mark.django_db

FILE_KEYS = {
    "id", "name", "sex", "roles", "unit", "township", "village", "skills", "total_limit", "state", "cleared_until",
    "email", "phone", "version", "elder_kind", "share_permille", "paused_until_date", "hours", "classes", "given_limit",
}  # fmt: skip
A_CHECK = {"issuer": "清溪县公安局", "issued_date": "2026-11-20", "expires_date": "2027-11-19"}


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def post(client, path, body, key=""):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/{path}", body, format="json", headers=headers)


def a_new_child():
    return {
        "name": "袁小禾", "sex": "F", "birth_date": "2016-03-05", "village": a_village().public_id,
        "school": a_school().public_id, "grade": 4, "class_name": "四(1)班", "is_boarding": True,
        "needs": ["学习缺导"], "medical_history": "哮喘", "father": {"name": "袁建国", "phone": "19900111111"},
        "carer": {"kind": "DELEGATED", "name": "袁桂英", "relation": "祖母", "rating": "GOOD"},
        "assessment": {"assessed_date": "2026-09-10", "heart_level": 4, "aspects": {"mind": 3}, "guardianship_type": 3},
        "consent": {"given_date": "2026-09-12", "given_by": "袁桂英"},
    }  # fmt: skip


def a_new_helper():
    return {
        "name": "何国平", "sex": "F", "phone": "19900333333", "email": "he@qianshou.example", "roles": ["TEACHER"],
        "unit": a_school().public_id, "classes": [{"class_name": "四年级1班", "subject": "语文", "is_head": True}],
        "skills": ["学习辅导"], "hours": [{"weekday": 1, "start_minute": 840, "end_minute": 960}], "total_limit": 3,
        "share_permille": 500, "clearance": A_CHECK,
    }  # fmt: skip


def test_a_child_is_entered_once_per_key():
    client = client_of(a_coordinator())
    first = post(client, "children/", a_new_child(), key="once")
    again = post(client, "children/", a_new_child(), key="once")

    assert (first.status_code, set(first.json())) == (201, {"id", "version"})
    assert again.json() == first.json()
    child = Child.objects.get()
    assert (child.name, child.heart_level, child.medical_history, child.is_boarding) == ("袁小禾", 4, "哮喘", True)
    assert child.consents.count() == 1
    assert child.assessments.get().guardianship_type == 3
    assert client.get(f"/api/v1/children/{child.public_id}/").status_code == 200


def test_a_helper_is_entered_and_its_file_has_exactly_these_keys():
    client = client_of(a_coordinator())
    made = post(client, "helpers/", a_new_helper())
    body = client.get(f"/api/v1/helpers/{made.json()['id']}/").json()

    assert set(body) == FILE_KEYS
    assert (body["hours"], body["share_permille"], body["township"]) == (a_new_helper()["hours"], 500, "土城镇")
    assert body["classes"] == a_new_helper()["classes"]
    assert set(client_of(Helper.objects.get().user).get(f"/api/v1/helpers/{body['id']}/").json()) == FILE_KEYS - {
        "version", "elder_kind", "share_permille", "paused_until_date", "hours", "classes", "given_limit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"heart_level": 4}, "heart_level"),
        ({"father": {"name": "袁建国", "user": 1}}, "father.user"),
        ({"id_number": "529981201603051229"}, "id_number"),
        ({"father": {"phone": "123"}}, "father.phone"),
        ({"needs": ["想要手机"]}, "needs"),
        ({"village": "z" * 16}, "village"),
        ({"consent": {"given_date": "2027-01-01", "given_by": "袁桂英"}}, "consent.given_date"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(changes, field):
    answer = post(client_of(a_coordinator()), "children/", a_new_child() | changes)

    assert answer.status_code == 400
    assert field in [error["attr"] for error in answer.json()["errors"]]
    assert Child.objects.count() == 0


def test_places_of_another_county_or_township_are_refused():
    place = a_neighbourhood()
    far, town = place.stranger, client_of(place.users[Role.TOWNSHIP_COORDINATOR])
    other = a_village(a_township(number=109, name="水田乡"), number=209, name="水田村")
    for client, village in (
        (client_of(place.users[Role.COUNTY_COORDINATOR]), far.village),
        (town, far.village),
        (town, other),
    ):
        answer = post(client, "children/", {"name": "袁小禾", "sex": "F", "village": village.public_id})
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "village")
    refused = post(town, "helpers/", a_new_helper() | {"unit": far.school.public_id})
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "unit")
    assert not Child.objects.filter(name="袁小禾").exists()


def test_a_look_alike_is_asked_about_without_its_name():
    client = client_of(a_coordinator())
    first = post(client, "children/", a_new_child()).json()["id"]
    twin = a_new_child() | {"name": "袁晓禾"}

    question = post(client, "children/", twin)
    error = question.json()["errors"][0]
    assert (question.status_code, error["code"], first in error["detail"]) == (409, "entry.looks_alike", True)
    assert "袁" not in question.content.decode()
    assert post(client, "children/", a_new_child()).json()["errors"][0]["code"] == "entry.on_file"
    assert post(client, "children/", twin | {"unlike": first}).status_code == 201


def test_a_helper_is_changed_emptied_paused_and_not_overwritten():
    client = client_of(a_coordinator())
    helper_id = post(client, "helpers/", a_new_helper()).json()["id"]
    path = f"/api/v1/helpers/{helper_id}/"

    done = client.patch(path, {"version": 1, "skills": [], "total_limit": 5, "hours": []}, format="json").json()
    assert (done["version"], done["skills"], done["total_limit"], done["hours"]) == (2, [], 5, [])
    late = client.patch(path, {"version": 1, "total_limit": 9}, format="json")
    assert (late.status_code, late.json()["errors"][0]["code"]) == (409, "helper.changed_meanwhile")
    without = client.patch(path, {"version": 2, "state": "PAUSED"}, format="json")
    assert without.json()["errors"][0]["code"] == "helper.state_needs_reason"
    paused = {"version": 2, "state": "PAUSED", "paused_until_date": "2027-02-01", "reason": "产假"}
    assert client.patch(path, paused, format="json").json()["paused_until_date"] == "2027-02-01"
    assert client.patch(path, {"version": 3, "user": 1}, format="json").status_code == 400


def test_a_helper_elsewhere_is_not_there():
    far = a_helper(village=a_village(a_township(a_county("529902", "云河县"), number=102), number=202))
    client = client_of(a_coordinator())
    check = far.clearances.get().public_id
    assert client.patch(f"/api/v1/helpers/{far.public_id}/", {"version": 1}, format="json").status_code == 404
    assert client.get(f"/api/v1/helpers/{far.public_id}/clearances/").status_code == 404
    assert post(client, f"helpers/{far.public_id}/clearances/", A_CHECK).status_code == 404
    assert post(client, f"helpers/{far.public_id}/clearances/{check}/confirm/", {}).status_code == 404


def test_a_check_is_recorded_by_one_and_confirmed_by_another():
    helper, mine, second = a_helper(is_cleared=False), a_coordinator(), a_coordinator()
    path = f"helpers/{helper.public_id}/clearances/"

    made = post(client_of(mine), path, A_CHECK)
    assert (made.status_code, made.json()["confirmed_at"], made.json()["result"]) == (201, None, "CLEAR")
    confirm = f"{path}{made.json()['id']}/confirm/"
    assert post(client_of(mine), confirm, {}).json()["errors"][0]["code"] == "clearance.own_record"
    assert post(client_of(second), confirm, {}).status_code == 200
    assert post(client_of(second), confirm, {}).status_code == 409

    row = Clearance.objects.get()
    assert (row.recorded_by, row.confirmed_by) == (mine, second)
    assert [one["id"] for one in client_of(mine).get(f"/api/v1/{path}").json()] == [row.public_id]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expires_date": "2027-11-22"}, "clearance.expires_date"),
        ({"issued_date": "2026-11-24", "expires_date": "2027-01-01"}, "clearance.issued_date"),
        ({"expires_date": "2026-11-01"}, "clearance.expires_date"),
        ({"confirmed_at": "2026-11-20"}, "confirmed_at"),
    ],
)
def test_a_check_longer_than_a_year_or_in_the_future_is_refused(changes, field):
    helper = a_helper(is_cleared=False)
    answer = post(client_of(a_coordinator()), f"helpers/{helper.public_id}/clearances/", A_CHECK | changes)
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, field)
    assert not helper.clearances.exists()


def test_nobody_confirms_a_check_about_themselves():
    helper, mine = a_helper(is_cleared=False), a_coordinator()
    row = a_clearance(helper, confirmed_at=None, confirmed_by=None, recorded_by=a_coordinator())
    Helper.objects.filter(pk=helper.pk).update(user=mine)
    answer = post(client_of(mine), f"helpers/{helper.public_id}/clearances/{row.public_id}/confirm/", {})
    assert answer.json()["errors"][0]["code"] == "clearance.own_record"
    assert post(client_of(mine), "imports/confirm-clearances/", {}).json() == {"confirmed": 0}
