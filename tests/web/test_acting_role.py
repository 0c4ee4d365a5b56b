"""Choosing a role in the head of the page: everything follows it, and it ends with the role."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.models import Membership
from tests.factories.roster import NOW, a_care_link, a_child, a_helper, a_token, timedelta


@pytest.fixture
def both():
    """A township's coordinator who also looks after one child as a teacher."""
    helper, child = a_helper(), a_child("冉欣怡", medical_history="先天性心脏病史")
    Membership.objects.create(
        user=helper.user, role=Role.TOWNSHIP_COORDINATOR, area=child.village.parent, reason="兼任",
        starts_at=NOW - timedelta(days=1), expires_at=NOW + timedelta(days=9),
    )  # fmt: skip
    a_care_link(child, helper)
    return helper.user, child


def test_the_menu_offers_the_other_role_and_everything_follows_the_choice(visitor, both):
    user, child = both
    client = visitor(user)
    assert client.get("/")["Location"] == "/today/"
    page = client.get("/today/").content.decode()
    assert 'value="TEACHER"' in page
    assert 'value="TOWNSHIP_COORDINATOR"' not in page
    assert "先天性心脏病史" in client.get(f"/children/{child.public_id}/").content.decode()

    assert client.post("/act-as/", {"role": "TEACHER"})["Location"] == "/"

    assert client.get("/")["Location"] == "/week/"
    assert client.get("/today/").status_code == 404
    text = client.get(f"/children/{child.public_id}/").content.decode()
    assert "冉欣怡" in text
    assert "先天性心脏病史" not in text
    assert 'value="TOWNSHIP_COORDINATOR"' in client.get("/week/").content.decode()
    reads = AuditEntry.objects.filter(verb="child.read").order_by("pk").values_list("actor_role", flat=True)
    assert list(reads) == ["TOWNSHIP_COORDINATOR", "TEACHER"]


@pytest.mark.parametrize("role", ["ADMIN", "AUDITOR", "GUARDIAN", "", "nonsense"])
def test_a_role_not_held_is_not_there_to_choose(visitor, both, role):
    client = visitor(both[0])
    assert client.post("/act-as/", {"role": role}).status_code == 404
    assert client.get("/")["Location"] == "/today/"


def test_the_choice_falls_back_when_the_role_ends(visitor, both):
    client = visitor(both[0])
    client.post("/act-as/", {"role": "TEACHER"})
    client.post("/act-as/", {"role": "TOWNSHIP_COORDINATOR"})
    assert client.get("/today/").status_code == 200
    Membership.objects.update(revoked_at=NOW)
    assert client.get("/")["Location"] == "/week/"
    assert "换一个身份" not in client.get("/week/").content.decode()


def test_only_a_post_chooses_and_nobody_chooses_unsigned(visitor, both):
    assert visitor(both[0]).get("/act-as/").status_code in {404, 405}
    assert visitor().post("/act-as/", {"role": "TEACHER"})["Location"].startswith("/accounts/login/")


def test_the_second_factor_is_asked_for_whichever_role_is_chosen(visitor, both):
    user, _child = both
    client = visitor(user)
    client.post("/act-as/", {"role": "TEACHER"})
    type(user).objects.filter(pk=user.pk).update(needs_second_factor=True)
    assert client.get("/week/")["Location"] == "/accounts/2fa/totp/activate/"


def test_the_choice_of_one_session_is_not_another_ones(visitor, both):
    first, second = visitor(both[0]), visitor(both[0])
    first.post("/act-as/", {"role": "TEACHER"})
    assert second.get("/")["Location"] == "/today/"


def test_the_api_in_the_same_session_follows_and_a_token_does_not(visitor, both):
    client = visitor(both[0])
    client.post("/act-as/", {"role": "TEACHER"})
    assert client.get("/api/v1/me/").json()["role"] == "TEACHER"
    token = {"Authorization": f"Token {a_token(both[0])}"}
    assert client.get("/api/v1/me/", headers=token).json()["role"] == "TOWNSHIP_COORDINATOR"
