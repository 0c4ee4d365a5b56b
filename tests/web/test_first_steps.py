"""Where a list is empty it says what to do first, and a page of tabs opens on one that has something."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.accounts.models import Role
from backend.roster.models import Clearance
from tests.factories.matching import a_scheme
from tests.factories.roster import TODAY, a_child, a_clearance, a_coordinator, a_county, a_helper, a_member, a_township


@pytest.fixture
def desk(visitor):
    return visitor(a_coordinator(a_county()))


def test_without_lists_the_runs_lead_to_the_import_and_with_them_to_the_first_run(desk, visitor):
    a_scheme()
    text = desk.get("/runs/").content.decode()
    assert "第一步：先导入儿童和帮扶人名单" in text
    assert '<a class="btn btn-primary" href="/imports/">' in text
    a_helper()
    a_child()
    text = desk.get("/runs/").content.decode()
    assert "开始第一次匹配" in text
    assert "第一步" not in text
    township = visitor(a_member(Role.TOWNSHIP_COORDINATOR, area=a_township()))
    assert "县级协调员开始第一次匹配以后，会列在这里" in township.get("/runs/").content.decode()


def chosen_tab(client, query=""):
    return client.get(f"/clearances/{query}").context["tab"]


def test_background_checks_open_on_the_first_tab_that_has_any(desk):
    assert chosen_tab(desk) == ""
    a_helper("何过期")
    Clearance.objects.update(expires_date=TODAY - timedelta(days=1))
    assert chosen_tab(desk) == "ended"
    assert chosen_tab(desk, "?tab=") == ""
    a_clearance(a_helper("何快到", is_cleared=False), expires_date=TODAY + timedelta(days=9))
    assert chosen_tab(desk) == "ending"
    a_clearance(a_helper("何未定", is_cleared=False), confirmed_at=None, confirmed_by=None)
    assert chosen_tab(desk) == ""


def test_what_is_exported_is_the_tab_that_was_opened(desk):
    a_helper("何过期")
    Clearance.objects.update(expires_date=TODAY - timedelta(days=1))
    assert "/clearances/export/?tab=ended" in desk.get("/clearances/").content.decode()
