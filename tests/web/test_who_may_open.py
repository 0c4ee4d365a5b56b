"""Every page that needs no id, against every role: what the permission table says, and 404 for the rest."""

from __future__ import annotations

import pytest
from django.urls import reverse

from backend.accounts.models import Role
from backend.accounts.permission_table import PERMISSIONS, SIGNED_IN
from tests.factories.matching import a_scheme
from tests.factories.readers import a_neighbourhood

PAGES = [
    "today", "children", "helpers", "clearances", "imports", "export", "schemes", "talks", "homes", "events", "event-new", "runs", "run-new", "proposals",
    "offers", "repairs", "pairings", "statements", "summaries", "wall", "concerns", "messages", "inbox", "contact", "county-settings", "county-telling", "county-texts", "week", "week-list", "my-children", "calendar", "my-details", "my-child",
    "my-village", "audit", "system", "grants", "grant-new",
]  # fmt: skip


@pytest.fixture
def place():
    a_scheme()
    return a_neighbourhood()


@pytest.mark.parametrize("role", Role)
def test_a_page_opens_for_those_the_table_names(visitor, place, role):
    client = visitor(place.users[role])
    opened = {page for page in PAGES if client.get(reverse(f"web:{page}")).status_code == 200}
    assert opened == {page for page in PAGES if PERMISSIONS[f"GET web:{page}"] & {role, SIGNED_IN}}


@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_sent_to_sign_in(visitor, page):
    answer = visitor().get(reverse(f"web:{page}"))
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.COUNTY_COORDINATOR, "/today/"),
        (Role.TEACHER, "/week/"),
        (Role.GUARDIAN, "/my/child/"),
        (Role.VILLAGE_DIRECTOR, "/my/village/"),
        (Role.AUDITOR, "/audit/"),
        (Role.ADMIN, "/system/"),
    ],
)
def test_each_role_lands_on_its_page(visitor, place, role, page):
    assert visitor(place.users[role]).get("/")["Location"] == page


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/"])
def test_sign_in_pages_are_in_the_house_look(visitor, path):
    text = visitor().get(path).content.decode()
    assert "qs-gate" in text
    assert "tokens.css" in text
