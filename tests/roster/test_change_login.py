"""Where a helper's codes go is changed by a coordinator, and what the old address opened ends."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from backend.accounts.models import ApiToken, Role, User
from backend.accounts.phones import phone_hash, user_with_phone
from backend.accounts.services import WrongAddress
from backend.audit.models import AuditEntry
from backend.kernel.errors import NotAllowed
from backend.roster.access import reader_for
from backend.roster.models import Membership
from backend.roster.services import logins
from backend.roster.services.logins import change_login
from tests.factories.roster import (
    NOW,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_token,
    a_user,
    timedelta,
)

pytestmark = pytest.mark.django_db
PHONE = "19900333333"


def change(helper, actor=None, **options):
    actor = actor or a_coordinator()
    facts = {"email": "new@example.org", "phone": PHONE, "actor": actor, "reader": reader_for(actor, NOW), "now": NOW}
    return change_login(helper=helper, **facts | options)


def test_the_ledger_and_the_login_change_together():
    helper = a_helper(email="old@example.org")
    actor = a_coordinator()
    change(helper, actor, email=" New@Example.org ", phone="199 0033 3333")

    user = User.objects.get(pk=helper.user_id)
    assert (user.email, user.phone, user_with_phone(PHONE)) == ("new@example.org", PHONE, user)
    assert (helper.email, helper.phone, helper.version) == ("new@example.org", PHONE, 2)
    notes = AuditEntry.objects.filter(subject_id=user.public_id).order_by("pk")
    assert [note.verb for note in notes] == ["user.email_changed", "user.phone_changed"]
    assert {note.actor_id for note in notes} == {actor.public_id}
    assert PHONE not in "".join(f"{note.before}{note.after}" for note in AuditEntry.objects.all())


def test_what_the_old_address_opened_ends_at_the_next_request():
    helper = a_helper()
    user = helper.user
    user.set_password("a long enough passphrase")
    user.save()
    client, program = Client(), APIClient()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    program.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    assert (client.get("/week/").status_code, program.get("/api/v1/me/").status_code) == (200, 200)

    change(helper)

    assert (client.get("/week/").status_code, program.get("/api/v1/me/").status_code) == (302, 401)
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert not ApiToken.objects.filter(user=user, revoked_at=None).exists()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"email": "no address"}, WrongAddress),
        ({"phone": "12345"}, logins.WrongPhone),
        ({"email": "", "phone": ""}, logins.LoginUnreachable),
    ],
)
def test_what_cannot_be_a_login_is_refused(options, error):
    helper = a_helper(email="old@example.org")
    with pytest.raises(error):
        change(helper, **options)
    assert User.objects.get(pk=helper.user_id).email == "old@example.org"


@pytest.mark.parametrize("taken", [{"email": "new@example.org"}, {"phone": PHONE, "phone_hash": "x"}])
def test_one_address_and_one_number_open_one_account(taken):
    if "phone" in taken:
        taken["phone_hash"] = phone_hash(PHONE)
    a_user(**taken)
    helper = a_helper(email="old@example.org")
    with pytest.raises(logins.LoginTaken):
        change(helper)
    helper.refresh_from_db()
    assert (helper.email, helper.version) == ("old@example.org", 1)
    assert not AuditEntry.objects.filter(verb__startswith="user.").exists()


def test_a_login_with_other_rights_is_not_a_coordinators_to_change():
    helper = a_helper()
    Membership.objects.create(
        user=helper.user, role=Role.ADMIN, starts_at=NOW, expires_at=NOW + timedelta(days=9), reason="兼任"
    )
    with pytest.raises(logins.LoginGuarded):
        change(helper)


def test_a_helper_without_an_account_has_none_to_change():
    with pytest.raises(logins.NoLogin):
        change(a_helper(has_account=False))


@pytest.mark.parametrize("role", [Role.TEACHER, Role.ADMIN, Role.AUDITOR, Role.VILLAGE_DIRECTOR])
def test_who_may_not(role):
    helper = a_helper()
    other = helper.user if role == Role.TEACHER else a_member(role)
    with pytest.raises(NotAllowed):
        change(helper, other)


def test_a_coordinator_of_elsewhere_may_not_and_finds_nobody(client):
    helper, other = a_helper(), a_coordinator(a_county("529902", "云河县"))
    with pytest.raises(NotAllowed):
        change(helper, other)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(other)}")
    body = {"email": "new@example.org", "phone": ""}
    assert client.post(f"/api/v1/helpers/{helper.public_id}/change-login/", body, format="json").status_code == 404


def test_the_api_changes_it_and_says_what_is_wrong():
    helper = a_helper()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator())}")
    address = f"/api/v1/helpers/{helper.public_id}/change-login/"
    answer = client.post(address, {"email": "new@example.org", "phone": PHONE}, format="json")
    assert (answer.status_code, answer.json()["email"], answer.json()["phone"]) == (200, "new@example.org", PHONE)
    refused = client.post(address, {"email": "", "phone": ""}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "login.unreachable")
    a_user(email="taken@example.org")
    refused = client.post(address, {"email": "taken@example.org", "phone": ""}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "login.taken")
    assert client.post(address, {"email": "a@example.org"}, format="json").status_code == 400
