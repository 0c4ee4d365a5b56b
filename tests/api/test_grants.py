"""Roles, the audit and the county's switch over the API."""

from __future__ import annotations

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Role, User
from backend.audit.models import AuditEntry
from backend.audit.services import record
from backend.roster.models import Membership
from tests.factories.roster import (
    a_child,
    a_coordinator,
    a_county,
    a_member,
    a_school,
    a_token,
    a_township,
    a_user,
    timedelta,
)

pytestmark = pytest.mark.django_db


def as_program(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


@pytest.fixture
def admins():
    return [as_program(a_member(Role.ADMIN)) for _each in range(2)]


def a_proposal(**options):
    end = (timezone.now() + timedelta(days=200)).isoformat()
    facts = {"email": "wang@example.org", "name": "王敏", "role": "COUNTY_COORDINATOR", "area": a_county().public_id}
    return facts | {"reason": "县里的任命", "expires_at": end} | options


def test_one_proposes_another_confirms_and_one_takes_back(admins):
    first, second = admins
    proposed = first.post("/api/v1/grant-proposals/", a_proposal(), format="json")
    assert (proposed.status_code, proposed.json()["state"]) == (201, "PROPOSED")
    assert proposed.json()["area"] == a_county().public_id
    address = f"/api/v1/grant-proposals/{proposed.json()['id']}"
    refused = first.post(f"{address}/confirm/")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "grant.second_person")

    confirmed = second.post(f"{address}/confirm/")
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "CONFIRMED")
    assert second.post(f"{address}/confirm/").status_code == 409

    granted = second.get(f"/api/v1/memberships/{confirmed.json()['membership']}/").json()
    assert (granted["email"], granted["role"]) == ("wang@example.org", "COUNTY_COORDINATOR")
    user = as_program(User.objects.get(email="wang@example.org"))
    assert user.get("/api/v1/runs/").status_code == 200

    revoked = first.post(f"/api/v1/memberships/{granted['id']}/revoke/", {"reason": "已经调走"}, format="json")
    assert (revoked.status_code, revoked.json()["revoke_reason"]) == (200, "已经调走")
    assert user.get("/api/v1/runs/").status_code == 403


def test_a_refusal_keeps_its_reason(admins):
    first, second = admins
    row = first.post("/api/v1/grant-proposals/", a_proposal(), format="json").json()
    answer = second.post(f"/api/v1/grant-proposals/{row['id']}/refuse/", {"reason": "人不对"}, format="json")
    assert (answer.json()["state"], answer.json()["answer_reason"]) == ("REFUSED", "人不对")
    assert [one["id"] for one in first.get("/api/v1/grant-proposals/?state=REFUSED").json()["results"]] == [row["id"]]
    assert first.get("/api/v1/grant-proposals/?state=PROPOSED").json()["count"] == 0


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"area": "z" * 16}, 400, "invalid"),
        ({"role": "TEACHER"}, 400, "invalid_choice"),
        ({"role": "AUDITOR"}, 400, "membership.wrong_place"),
        ({"expires_at": "2030-01-01T00:00:00+08:00"}, 400, "membership.too_long"),
        ({"expires_at": "2020-01-01T00:00:00+08:00"}, 400, "membership.over"),
        ({"surprise": "1"}, 400, "invalid"),
    ],
)
def test_what_cannot_be_proposed(admins, options, status, code):
    answer = admins[0].post("/api/v1/grant-proposals/", a_proposal(**options), format="json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert not User.objects.filter(email="wang@example.org").exists()  # nor is an account left behind


def test_grants_are_filtered(admins):
    school, town = a_school(), a_township()
    at_school = a_member(Role.SCHOOL_COORDINATOR, organisation=school)
    at_town = a_member(Role.TOWNSHIP_COORDINATOR, area=town)
    Membership.objects.filter(user=at_town).update(expires_at=timezone.now() + timedelta(days=9))
    Membership.objects.filter(user=at_school).update(revoked_at=timezone.now())

    def users(query):
        return {row["user_id"] for row in admins[0].get(f"/api/v1/memberships/?{query}").json()["results"]}

    assert users("role=SCHOOL_COORDINATOR") == users(f"organisation={school.public_id}") == {at_school.public_id}
    assert users(f"area={town.public_id}") == {at_town.public_id}
    assert users("ending_within_days=30") == {at_town.public_id}
    assert users("which=over") == {at_school.public_id}
    assert at_school.public_id not in users("which=standing")
    assert users(f"user={at_town.public_id}") == {at_town.public_id}


def test_nobody_else_sees_or_makes_a_grant(admins):
    row = admins[0].post("/api/v1/grant-proposals/", a_proposal(), format="json").json()
    standing = Membership.objects.first().public_id
    for role, place in (
        (Role.COUNTY_COORDINATOR, {"area": a_county()}),
        (Role.TOWNSHIP_COORDINATOR, {"area": a_township()}),
        (Role.AUDITOR, {}),
        (Role.API_CLIENT, {"area": a_county()}),
    ):
        client = as_program(a_member(role, **place))
        assert client.get("/api/v1/memberships/").status_code == 403
        assert client.get("/api/v1/grant-proposals/").status_code == 403
        assert client.post("/api/v1/grant-proposals/", a_proposal(), format="json").status_code == 403
        assert client.post(f"/api/v1/grant-proposals/{row['id']}/confirm/").status_code == 403
        assert client.post(f"/api/v1/memberships/{standing}/revoke/", {"reason": "x"}).status_code == 403


@pytest.fixture
def entries():
    actor, child = a_user(display_name="周敏"), a_child("冉欣怡")
    actor.acting_role = Role.TEACHER
    record(actor=actor, verb="child.read", subject=child)
    record(actor=actor, verb="child.revealed", subject=child, after={"field": "address"}, reason="上门家访要找路")
    record(actor=actor, verb="child.edited", subject=child, before={"address": "石榴巷"}, after={"address": "三组"})
    record(actor=None, verb="run.done", subject=a_user())
    return actor, child


def test_the_auditor_reads_the_audit_masked_and_filtered(entries):
    actor, child = entries
    client = as_program(a_member(Role.AUDITOR))

    def verbs(query=""):
        return [row["verb"] for row in client.get(f"/api/v1/audit/?{query}").json()["results"]]

    answer = client.get(f"/api/v1/audit/?subject={child.public_id}&verb=child.revealed").json()
    assert answer["results"] == [
        {
            "at": answer["results"][0]["at"], "actor_id": actor.public_id, "actor_name": "周*", "actor_role": "TEACHER",
            "verb": "child.revealed", "subject_kind": "roster.child", "subject_id": child.public_id,
            "field": "address", "reason": "上门家访要找路",
        }
    ]  # fmt: skip
    assert verbs("about=child") == ["child.edited", "child.revealed", "child.read"]
    assert verbs("kind=read") == ["child.revealed", "child.read"]
    assert set(verbs("kind=write")) == {"run.done", "child.edited", "token.made"}
    assert verbs(f"actor={actor.public_id}&about=child&kind=write") == ["child.edited"]
    assert verbs("day=2020-01-01") == []
    assert client.get("/api/v1/audit/?day=yesterday").status_code == 400
    text = client.get("/api/v1/audit/").content.decode()
    assert "石榴巷" not in text
    assert "冉欣怡" not in text
    assert "周敏" not in text
    assert client.get("/api/v1/audit/?page_size=2").json()["next"]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.COUNTY_COORDINATOR])
def test_nobody_else_reads_the_audit(entries, role):
    place = {"area": a_county()} if role == Role.COUNTY_COORDINATOR else {}
    assert as_program(a_member(role, **place)).get("/api/v1/audit/").status_code == 403


def test_the_countys_switch():
    client = as_program(a_coordinator())
    assert client.get("/api/v1/county/").json()["townships_may_publish"] is False
    address = "/api/v1/county/let-townships-publish/"
    answer = client.post(address, {"is_on": True}, format="json")
    assert (answer.status_code, answer.json()["townships_may_publish"]) == (200, True)
    assert client.post(address, {"is_on": True}, format="json").status_code == 200
    assert AuditEntry.objects.filter(verb="county.publishing_set").count() == 1
    assert client.post(address, {}, format="json").status_code == 400

    for other in (a_coordinator(a_township()), a_member(Role.ADMIN), a_member(Role.AUDITOR)):
        assert as_program(other).post(address, {"is_on": False}, format="json").status_code == 403
        assert as_program(other).get("/api/v1/county/").status_code == 403
    far = as_program(a_coordinator(a_county("529902", "云河县")))
    far.post(address, {"is_on": True}, format="json")
    assert client.post(address, {"is_on": False}, format="json").json()["townships_may_publish"] is False
    assert far.get("/api/v1/county/").json()["townships_may_publish"] is True
