"""From an empty database to two people who can sign in, without the demo."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backend.accounts.models import Role, User
from backend.audit.models import AuditEntry
from backend.roster.access import reader_for
from backend.roster.models import Area, Membership
from matching.models import Scheme, Term
from tests.factories.roster import a_user, timedelta

pytestmark = pytest.mark.django_db


def new_county(**options):
    said = StringIO()
    facts = {"code": "529901", "name": "清溪县", "admin_email": "a@example.org", "coordinator_email": "c@example.org"}
    call_command("new_county", stdout=said, **facts | options)
    return said.getvalue()


def test_a_county_its_first_people_and_its_schemes():
    said = new_county(coordinator_name="郑晓芸")

    county = Area.objects.get()
    admin, coordinator = User.objects.get(email="a@example.org"), User.objects.get(email="c@example.org")
    now = timezone.now()
    assert (county.code, county.name, county.kind) == ("529901", "清溪县", Area.Kind.COUNTY)
    assert reader_for(admin, now).role == Role.ADMIN
    assert (reader_for(coordinator, now).role, reader_for(coordinator, now).area_codes) == (
        Role.COUNTY_COORDINATOR,
        ("529901",),
    )
    assert coordinator.display_name == "郑晓芸"
    for user in (admin, coordinator):
        assert user.needs_second_factor
        assert not user.has_usable_password()
        assert not user.is_superuser
    assert (Term.objects.count(), Scheme.objects.filter(county=county).exists()) == (1, True)
    assert {"county.made", "membership.granted", "user.made", "scheme.made"} <= set(
        AuditEntry.objects.values_list("verb", flat=True)
    )
    assert max(row.expires_at - row.starts_at for row in Membership.objects.all()) <= timedelta(days=366)
    assert "c@example.org" in said


def test_the_first_coordinator_signs_in_by_a_mailed_code_and_is_asked_for_a_second_factor(client, mailoutbox):
    new_county()
    client.post("/accounts/login/code/", {"email": "c@example.org"})
    code = re.search(r"\b(\d{6})\b", mailoutbox[-1].body)[1]
    client.post("/accounts/login/code/confirm/", {"code": code})
    answer = client.get("/today/")
    assert answer.status_code == 302
    assert "/2fa/" in answer["Location"]
    assert client.get(answer["Location"]).status_code == 200


def test_a_second_county_has_the_same_administrator():
    new_county()
    new_county(code="529902", name="云河县", coordinator_email="d@example.org")
    assert Membership.objects.filter(role=Role.ADMIN).count() == 1
    assert Membership.objects.filter(role=Role.COUNTY_COORDINATOR).count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "5299"},
        {"code": "52990a"},
        {"name": " "},
        {"coordinator_email": "a@example.org"},
        {"coordinator_email": "A@Example.org"},
        {"admin_email": "nobody"},
    ],
)
def test_what_cannot_be_a_county_is_refused_whole(wrong):
    with pytest.raises(CommandError):
        new_county(**wrong)
    assert (Area.objects.count(), User.objects.count(), Membership.objects.count()) == (0, 0, 0)


def test_a_county_is_made_once():
    new_county()
    with pytest.raises(CommandError, match="529901"):
        new_county(coordinator_email="d@example.org")
    assert not User.objects.filter(email="d@example.org").exists()


def test_an_account_that_is_closed_gets_no_grant():
    a_user(email="c@example.org", is_active=False)
    with pytest.raises(CommandError):
        new_county()
    assert not Area.objects.exists()
